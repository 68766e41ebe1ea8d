"""Services · Letter texts — a manager writes the texts of decision letters; every version is kept."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.models.letter_texts import LetterText
from accelerator.models.programmes import Batch
from accelerator.outbound import letters as letter_text
from accelerator.queries import decision_letters as letter_queries
from accelerator.queries import letter_texts as queries
from accelerator.rules import access
from accelerator.rules import letter_texts as rules
from accelerator.services import audit, decision_letters
from accelerator.services.transaction import transaction

MEANWHILE = Message("Somebody else changed this text meanwhile. Compare, and save again.")


def save_text(*, actor: Actor, kind: str, locale: str, subject: str, body: str, version: int) -> int:
    """Use this text for the decision letters of one kind and language written from now on; its version.

    Args:   version is the one the page showed, 0 where the text that ships has never been changed.
    Raises: NotAllowed, NotFound, RuleViolation on the text, Conflict when somebody else saved.
    """
    _refuse_others(actor, kind, locale)
    rules.refuse_text(kind, subject, body)
    return _store(actor, kind, locale, " ".join(subject.split()), body.strip(), version)


def ship_again(*, actor: Actor, kind: str, locale: str, version: int) -> int:
    """Go back to the text that ships; the version. Raises: NotAllowed, NotFound, Conflict when somebody else saved."""
    _refuse_others(actor, kind, locale)
    return _store(actor, kind, locale, "", "", version)


def preview(*, actor: Actor, kind: str, locale: str, subject: str, body: str) -> tuple[str, str] | None:
    """The text as a real startup would read it; None while nobody was written to. Changes nothing.

    Raises: NotAllowed, NotFound, RuleViolation on the text.
    """
    _refuse_others(actor, kind, locale)
    rules.refuse_text(kind, subject, body)
    if (found := queries.example(kind)) is None:
        return None
    application_id, batch_id = found
    batch = db.session.get_one(Batch, batch_id)
    told = decision_letters.told(batch, kind, [application_id], locale=locale)
    if application_id not in told:
        return None
    return letter_text.fill(kind, locale, subject, body, told[application_id].values)


def _store(actor: Actor, kind: str, locale: str, subject: str, body: str, version: int) -> int:
    try:
        with transaction():
            stored = queries.versions(kind, locale)
            if (stored[0].version if stored else 0) != version:
                raise Conflict(MEANWHILE)
            values = {"kind": kind, "locale": locale, "version": version + 1, "subject": subject, "body": body}
            db.session.execute(
                insert(LetterText).values(**values, written_by_user_id=actor.user_id, written_at=clock.now())
            )
            audit.record(
                actor, "changed the text of an e-mail", "outbox", kind=kind, locale=locale, version=version + 1
            )
    except IntegrityError:  # somebody else saved in the same instant
        raise Conflict(MEANWHILE) from None
    return version + 1


def _refuse_others(actor: Actor, kind: str, locale: str) -> None:
    if not (verdict := access.may(actor, Permission.LETTER_MANAGE)):
        raise NotAllowed(verdict.reason)
    if kind not in letter_queries.KINDS or locale not in ("fr", "en"):
        raise NotFound(Message("There is nothing at this address."))


def text_in_use(kind: str, locale: str, versions: Sequence[queries.Version]) -> tuple[str, str]:
    """Subject and body as a manager edits them: the last version, or the text that ships with its names in braces."""
    if versions and not versions[0].is_shipped:
        return versions[0].subject, versions[0].body
    return letter_text.shipped(kind, locale)
