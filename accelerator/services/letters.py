"""Services · Letters — outbox rows written with the act they tell of, sent by the clock, at least once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import LetterState
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.models.accounts import User
from accelerator.models.letters import Letter
from accelerator.outbound import letters as letter_text
from accelerator.outbound import mail
from accelerator.queries.decision_letters import KINDS
from accelerator.rules import access
from accelerator.services import audit
from accelerator.services.transaction import changed_rows, transaction

LEASE = timedelta(minutes=5)
MAX_ATTEMPTS = 8
FROM_THE_OFFERS = Message("This e-mail tells a decision: send it from the offers of its batch.")


def write(
    user_id: int,
    kind: str,
    *,
    about: str,
    values: Mapping[str, object],
    as_draft: bool = False,
) -> int:
    """Put one letter in the outbox, in the recipient's language, in the caller's transaction.

    Args:    kind names the template `letters/<locale>/<kind>.txt`; as_draft keeps it until it is released.
    Returns: the letter id.
    """
    user = db.session.get_one(User, user_id)
    letter = _letter(user, kind, about, values, as_draft=as_draft)
    db.session.add(letter)
    db.session.flush()
    return letter.id


def _letter(user: User, kind: str, about: str, values: Mapping[str, object], *, as_draft: bool) -> Letter:
    subject, body = letter_text.render(kind, user.locale, {"recipient": user.name, **values})
    now = clock.now()
    return Letter(
        to_user_id=user.id,
        to_email=user.email,
        locale=user.locale,
        kind=kind,
        about=about,
        subject=subject,
        body=body,
        state=LetterState.DRAFT if as_draft else LetterState.QUEUED,
        message_id=f"<{uuid.uuid4()}@accelerator>",
        written_at=now,
        send_after=now,
    )


def forget_unsent(kind: str, about: str, user_id: int) -> None:
    """Discard what of one kind about one thing has not gone out to a person, in the caller's transaction."""
    db.session.execute(
        update(Letter)
        .where(
            Letter.kind == kind,
            Letter.about == about,
            Letter.to_user_id == user_id,
            Letter.state.in_((LetterState.DRAFT, LetterState.QUEUED, LetterState.FAILED)),
            Letter.leased_until.is_(None),
        )
        .values(state=LetterState.DISCARDED)
        .execution_options(synchronize_session=False)
    )


def release_drafts(*, actor: Actor, about: list[str]) -> int:
    """Queue the draft letters about these subjects; the number released."""
    with transaction():
        released = changed_rows(
            update(Letter)
            .where(Letter.state == LetterState.DRAFT, Letter.about.in_(about))
            .values(state=LetterState.QUEUED, send_after=clock.now())
        )
        audit.record(actor, "released letters", "outbox", letters=released)
        return released


def release_wave(*, actor: Actor, kind: str, upto_id: int) -> int:
    """Queue the drafts of one kind that a recap has counted, and none written since; the number released.

    Raises: NotAllowed, Conflict for letters about decisions: they leave from the offers of their batch.
    """
    _refuse_others(actor)
    if kind in KINDS:
        raise Conflict(FROM_THE_OFFERS)
    with transaction():
        released = changed_rows(
            update(Letter)
            .where(Letter.state == LetterState.DRAFT, Letter.kind == kind, Letter.id <= upto_id)
            .values(state=LetterState.QUEUED, send_after=clock.now())
        )
        audit.record(actor, "released letters", "outbox", letters=released, kind=kind)
        return released


def release_letter(*, actor: Actor, letter_id: int) -> None:
    """Queue one draft. Raises: NotAllowed, NotFound, Conflict when it is no longer a draft, or about a decision."""
    _refuse_others(actor)
    if db.session.scalar(select(Letter.decides_application_id).where(Letter.id == letter_id)) is not None:
        raise Conflict(FROM_THE_OFFERS)
    _move(actor, letter_id, {LetterState.DRAFT}, LetterState.QUEUED, "released letter")


def discard_letter(*, actor: Actor, letter_id: int) -> None:
    """Keep one letter that has not gone out from ever going out. Raises: NotAllowed, NotFound, Conflict."""
    _move(
        actor,
        letter_id,
        {LetterState.DRAFT, LetterState.QUEUED, LetterState.FAILED},
        LetterState.DISCARDED,
        "discarded letter",
    )


def retry_letter(*, actor: Actor, letter_id: int) -> None:
    """Put one letter that could not be sent back in the queue. Raises: NotAllowed, NotFound, Conflict."""
    _move(actor, letter_id, {LetterState.FAILED}, LetterState.QUEUED, "retried letter")


def retry_failed(*, actor: Actor) -> int:
    """Put every letter that could not be sent back in the queue; how many. Raises: NotAllowed."""
    _refuse_others(actor)
    with transaction():
        retried = changed_rows(
            update(Letter)
            .where(Letter.state == LetterState.FAILED)
            .values(state=LetterState.QUEUED, send_after=clock.now(), attempts=0, leased_until=None)
        )
        audit.record(actor, "retried letters", "outbox", letters=retried)
        return retried


def _refuse_others(actor: Actor) -> None:
    if not (verdict := access.may(actor, Permission.LETTER_MANAGE)):
        raise NotAllowed(verdict.reason)


def _move(actor: Actor, letter_id: int, from_states: set[LetterState], to: LetterState, verb: str) -> None:
    """Move one letter unless somebody, or the clock that is just sending it, was faster."""
    _refuse_others(actor)
    with transaction():
        moved = changed_rows(
            update(Letter)
            .where(Letter.id == letter_id, Letter.state.in_(from_states), Letter.leased_until.is_(None))
            .values(state=to, send_after=clock.now(), attempts=0)
        )
        if not moved:
            if db.session.get(Letter, letter_id) is None:
                raise NotFound(Message("There is no such e-mail."))
            raise Conflict(Message("This e-mail is no longer in the state you saw. Look again."))
        audit.record(actor, verb, f"letter:{letter_id}")


def send_due_letters(*, limit: int = 50) -> int:
    """Send what is due; each letter is leased first, so that two processes never share one.

    A letter whose server does not answer is tried again with a growing pause; the Message-ID stays the
    same, so that a repeat after a crash can be recognised.
    """
    now = clock.now()
    with transaction():
        due = (
            select(Letter.id)
            .where(
                Letter.state == LetterState.QUEUED,
                Letter.send_after <= now,
                (Letter.leased_until.is_(None)) | (Letter.leased_until < now),
            )
            .order_by(Letter.send_after, Letter.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        ids = list(db.session.scalars(due))
        db.session.execute(
            update(Letter).where(Letter.id.in_(ids)).values(leased_until=now + LEASE, attempts=Letter.attempts + 1)
        )
        letters = [
            (letter.id, letter.attempts, letter.message_id, letter.to_email, letter.subject, letter.body)
            for letter in db.session.scalars(select(Letter).where(Letter.id.in_(ids)).order_by(Letter.id))
        ]
    sent = 0
    for letter_id, attempts, message_id, to_email, subject, body in letters:
        try:
            mail.send(message_id=message_id, to=to_email, subject=subject, body=body)
        except mail.Refused as refusal:
            _note_failure(letter_id, str(refusal), final=True)
        except mail.Unavailable as failure:
            _note_failure(letter_id, str(failure), final=attempts >= MAX_ATTEMPTS)
        else:
            sent += 1
            with transaction():
                db.session.execute(
                    update(Letter)
                    .where(Letter.id == letter_id)
                    .values(state=LetterState.SENT, sent_at=clock.now(), leased_until=None, last_error="")
                )
    return sent


def _note_failure(letter_id: int, reason: str, *, final: bool) -> None:
    with transaction():
        letter = db.session.get_one(Letter, letter_id)
        letter.last_error = reason[:300]
        letter.leased_until = None
        if letter.state is LetterState.QUEUED and final:  # one discarded while it was being sent stays so
            letter.state = LetterState.FAILED
        letter.send_after = clock.now() + timedelta(minutes=2**letter.attempts)
