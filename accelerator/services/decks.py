"""Services · Decks — an application's PDF is checked, made harmless, kept, replaced, taken away, handed out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.errors import NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.models.applications import Application, Deck
from accelerator.outbound import files, pdf_check
from accelerator.queries import applications as queries
from accelerator.rules import lifecycle
from accelerator.rules.applications import kept_file_name
from accelerator.rules.lifecycle import ApplicantAct
from accelerator.services import audit
from accelerator.services.applications import locked_application
from accelerator.services.transaction import after_commit, transaction


@dataclass(frozen=True)
class DeckFile:
    """A deck as it is handed out."""

    path: Path
    file_name: str


def attach_deck(
    *, actor: Actor, application_id: int, file_name: str, content: bytes, max_bytes: int, max_pages: int
) -> None:
    """Keep a PDF with a draft, in place of the one it had.

    Raises: NotFound to strangers; Conflict once submitted; RuleViolation on "deck" when the file is not one to keep.
    """
    lifecycle.after(queries.dossier(actor.user_id, application_id).application.state, ApplicantAct.SAVE)
    if len(content) > max_bytes:
        raise RuleViolation(Message("A deck has at most %(most)s MB.", most=max_bytes // 1_048_576), field="deck")
    if not content:
        raise RuleViolation(Message("This file is empty."), field="deck")
    checked = pdf_check.clean(content, max_pages=max_pages)
    stored_as, sha256 = files.keep(checked.content, folder=f"decks/{application_id}", suffix=".pdf")
    try:
        with transaction():
            application = _draft(actor, application_id)
            deck = db.session.scalar(select(Deck).where(Deck.application_id == application_id))
            replaced = deck.stored_as if deck else None
            if deck is None:
                deck = Deck(application_id=application_id)
                db.session.add(deck)
            deck.file_name, deck.stored_as, deck.sha256 = kept_file_name(file_name), stored_as, sha256
            deck.size_bytes, deck.pages = len(checked.content), checked.pages
            deck.uploaded_at, deck.uploaded_by_user_id = clock.now(), actor.user_id
            _note_saved(application)
            audit.record(actor, "attached deck", f"application:{application_id}", sha256=sha256, pages=checked.pages)
            if replaced and replaced != stored_as:
                after_commit(lambda: files.remove(replaced))
    except BaseException:
        _remove_if_unused(application_id, stored_as)
        raise


def remove_deck(*, actor: Actor, application_id: int) -> None:
    """Take the deck away from a draft; the file goes once that is stored.

    Raises: NotFound to strangers or when there is none; Conflict once submitted.
    """
    with transaction():
        application = _draft(actor, application_id)
        deck = db.session.scalar(select(Deck).where(Deck.application_id == application_id))
        if deck is None:
            raise NotFound(Message("This application has no deck."))
        stored_as = deck.stored_as
        db.session.delete(deck)
        _note_saved(application)
        audit.record(actor, "removed deck", f"application:{application_id}", sha256=deck.sha256)
        after_commit(lambda: files.remove(stored_as))


def own_deck(*, actor: Actor, application_id: int) -> DeckFile:
    """The deck of an application, to one of its people.

    Raises: NotFound to strangers, or when there is none.
    """
    queries.dossier(actor.user_id, application_id)
    return deck_of(application_id)


def deck_of(application_id: int) -> DeckFile:
    """The deck of an application, to whoever has been found to have the right to it.

    Raises: NotFound when there is none, or its file is gone.
    """
    deck = db.session.execute(
        select(Deck.stored_as, Deck.file_name).where(Deck.application_id == application_id)
    ).first()
    if deck is None:
        raise NotFound(Message("This application has no deck."))
    try:
        return DeckFile(files.path_of(deck.stored_as), deck.file_name)
    except FileNotFoundError as error:
        raise NotFound(Message("The file of this deck is missing. Write to the programme team.")) from error


def _draft(actor: Actor, application_id: int) -> Application:
    application = locked_application(actor, application_id)
    lifecycle.after(application.state, ApplicantAct.SAVE)
    return application


def _note_saved(application: Application) -> None:
    application.version += 1
    application.saved_at = clock.now()


def _remove_if_unused(application_id: int, stored_as: str) -> None:
    kept = db.session.scalar(select(Deck.stored_as).where(Deck.application_id == application_id))
    if kept != stored_as:
        files.remove(stored_as)
