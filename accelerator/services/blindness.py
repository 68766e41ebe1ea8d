"""Services · Blindness — dossiers are searched for what identifies them; what reviewers see of it is decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, insert, select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import IdentifyingKind, MaskState
from accelerator.kernel.errors import NotAllowed, NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.models.applications import Application
from accelerator.models.blindness import BlindnessScan, IdentifyingPhrase
from accelerator.outbound import files, pdf_text
from accelerator.queries import blindness as queries
from accelerator.queries.blindness import DECK_PAGE, QUESTION, Due
from accelerator.rules import access, blindness
from accelerator.services import audit
from accelerator.services.transaction import changed_rows, transaction

AT_A_TIME = 100
FEWEST_LETTERS = 40
"""A deck with fewer letters in all is a deck of pictures: its names cannot be found."""


def search_due_dossiers() -> int:
    """Search the next dossiers that wait for it; how many. The clock's work."""
    return _search(queries.due(limit=AT_A_TIME))


def search_application(application_id: int) -> int:
    """Search one dossier now if it waits for it; 1 when it did."""
    return _search(queries.due(limit=1, application_id=application_id))


def search_batch(batch_id: int) -> int:
    """Search every dossier of a batch that waits for it, before it is handed out; how many."""
    done = 0
    while found := _search(queries.due(limit=AT_A_TIME, batch_id=batch_id)):
        done += found
    return done


def forget(startup_id: int) -> None:
    """Have the dossiers of a startup searched again, in the caller's transaction: its name or its people changed."""
    own = select(Application.id).where(Application.startup_id == startup_id)
    db.session.execute(
        update(BlindnessScan)
        .where(BlindnessScan.application_id.in_(own))
        .values(deck_sha256="again")
        .execution_options(synchronize_session=False)
    )


def show_phrase(*, actor: Actor, batch_id: int, phrase_id: int) -> str:
    """Let reviewers read one phrase: it identifies nobody. The phrase. Raises: NotAllowed, NotFound."""
    return _decide(actor, batch_id, phrase_id, MaskState.SHOWN, "showed a phrase to reviewers")


def mask_phrase(*, actor: Actor, batch_id: int, phrase_id: int) -> str:
    """Keep one phrase from reviewers. The phrase. Raises: NotAllowed, NotFound."""
    return _decide(actor, batch_id, phrase_id, MaskState.MASKED, "masked a phrase")


def add_phrase(*, actor: Actor, batch_id: int, application_id: int, phrase: str) -> None:
    """Mask one more phrase of a dossier.

    Raises: NotAllowed, NotFound, RuleViolation on "phrase" when it does not stand in the answers.
    """
    _refuse_others(actor)
    with transaction():
        queries.application_batch(application_id, batch_id)
        places = blindness.occurrences(queries.texts(application_id), phrase)
        if not places:
            raise RuleViolation(
                Message("This does not stand in the answers that reviewers read. Copy it as it is written there."),
                field="phrase",
            )
        row = db.session.scalar(
            select(IdentifyingPhrase).where(
                IdentifyingPhrase.application_id == application_id, IdentifyingPhrase.phrase == phrase
            )
        )
        if row is None:
            row = IdentifyingPhrase(
                application_id=application_id, phrase=phrase, kind=IdentifyingKind.BY_HAND, is_in_deck=False
            )
            db.session.add(row)
        row.places, row.is_in_answers, row.state = [list(place) for place in places], True, MaskState.MASKED
        row.decided_by_user_id, row.decided_at = actor.user_id, clock.now()
        audit.record(actor, "masked a phrase", f"application:{application_id}", phrase=phrase)


def withhold_deck(*, actor: Actor, batch_id: int, application_id: int) -> None:
    """Keep the deck of one dossier from reviewers. Raises: NotAllowed, NotFound."""
    _set_withheld(actor, batch_id, application_id, is_withheld=True, verb="withheld a deck from reviewers")


def hand_deck(*, actor: Actor, batch_id: int, application_id: int) -> None:
    """Let reviewers read the deck of one dossier. Raises: NotAllowed, NotFound."""
    _set_withheld(actor, batch_id, application_id, is_withheld=False, verb="handed a deck to reviewers")


def withhold_decks(*, actor: Actor, batch_id: int) -> int:
    """Keep every deck of a batch that names somebody, or cannot be searched, from reviewers; how many.

    Raises: NotAllowed.
    """
    _refuse_others(actor)
    with transaction():
        withheld = changed_rows(
            update(BlindnessScan)
            .where(BlindnessScan.application_id.in_(queries.decks_open(batch_id)))
            .values(is_deck_withheld=True)
            .execution_options(synchronize_session=False)
        )
        audit.record(actor, "withheld decks from reviewers", f"batch:{batch_id}", decks=withheld)
        return withheld


def _search(found: Sequence[Due]) -> int:
    """Search these dossiers and keep what was found; files are read before the write lock is taken."""
    results = [(one, *_found(one)) for one in found]
    if results:
        with transaction():
            # One search of a dossier at a time: on PostgreSQL the applications are the lock.
            ids = [one.application_id for one, _phrases, _is_unread in results]
            db.session.execute(
                select(Application.id)
                .where(Application.id.in_(ids))
                .order_by(Application.id)
                .with_for_update(key_share=True)
            )
            for one, phrases, is_unread in results:
                _keep(one, phrases, is_unread=is_unread)
    return len(results)


def _found(one: Due) -> tuple[list[blindness.Found], bool]:
    """What identifies the dossier; and whether it has a deck whose words cannot be read."""
    pages = _pages(one.deck_stored_as)
    is_unread = one.deck_stored_as is not None and sum(map(len, pages)) < FEWEST_LETTERS
    texts = {**one.texts, **{f"{DECK_PAGE}{number}": text for number, text in enumerate(pages, start=1)}}
    return blindness.find(texts, one.identity), is_unread


def _pages(stored_as: str | None) -> list[str]:
    if stored_as is None:
        return []
    try:
        return pdf_text.pages(files.path_of(stored_as)) or []
    except FileNotFoundError:
        return []


def _keep(one: Due, phrases: Sequence[blindness.Found], *, is_unread: bool) -> None:
    """Add what was found. What was found before stays while it is written there, and what was decided of it too."""
    before = {
        row.phrase: row
        for row in db.session.scalars(
            select(IdentifyingPhrase).where(IdentifyingPhrase.application_id == one.application_id)
        )
    }
    found = {phrase.phrase: _columns(phrase.places) for phrase in phrases}
    for phrase in before.keys() - found.keys():
        if places := blindness.occurrences(one.texts, phrase):
            found[phrase] = _columns(places)
    gone = [row.id for phrase, row in before.items() if phrase not in found]
    db.session.execute(delete(IdentifyingPhrase).where(IdentifyingPhrase.id.in_(gone)))
    kinds = {phrase.phrase: phrase.kind for phrase in phrases}
    new = []
    for phrase, columns in found.items():
        if phrase in before:
            for name, value in columns.items():
                setattr(before[phrase], name, value)
        else:
            new.append({"application_id": one.application_id, "phrase": phrase, "kind": kinds[phrase], **columns})
    if new:
        db.session.execute(insert(IdentifyingPhrase), new)
    scan = db.session.get(BlindnessScan, one.application_id)
    if scan is None:
        scan = BlindnessScan(application_id=one.application_id)
        db.session.add(scan)
    scan.scanned_at, scan.deck_sha256, scan.is_deck_unread = clock.now(), one.deck_sha256, is_unread
    db.session.flush()


def _columns(places: Sequence[tuple[str, int]]) -> Mapping[str, object]:
    return {
        "places": [list(place) for place in places],
        "is_in_answers": any(place.startswith(QUESTION) for place, _times in places),
        "is_in_deck": any(place.startswith(DECK_PAGE) for place, _times in places),
    }


def _decide(actor: Actor, batch_id: int, phrase_id: int, state: MaskState, verb: str) -> str:
    _refuse_others(actor)
    with transaction():
        row = db.session.get(IdentifyingPhrase, phrase_id)
        if row is None:
            raise NotFound(Message("This phrase is no longer in the list. Look at the list again."))
        queries.application_batch(row.application_id, batch_id)
        row.state, row.decided_by_user_id, row.decided_at = state, actor.user_id, clock.now()
        audit.record(actor, verb, f"application:{row.application_id}", phrase=row.phrase)
        return row.phrase


def _set_withheld(actor: Actor, batch_id: int, application_id: int, *, is_withheld: bool, verb: str) -> None:
    _refuse_others(actor)
    with transaction():
        queries.application_batch(application_id, batch_id)
        scan = db.session.get(BlindnessScan, application_id)
        if scan is None:
            raise NotFound(Message("This dossier has not been searched yet. Try again in a minute."))
        scan.is_deck_withheld = is_withheld
        audit.record(actor, verb, f"application:{application_id}")


def _refuse_others(actor: Actor) -> None:
    if not (verdict := access.may(actor, Permission.REVIEWING_MANAGE)):
        raise NotAllowed(verdict.reason)
