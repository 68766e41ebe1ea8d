"""Services · Interests · Register — a reviewer declares, corrects and ends ties, and says that the register is complete."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import delete, func, insert, select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.errors import NotAllowed, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.models.interests import Interest, InterestStatement
from accelerator.queries.interests import register
from accelerator.rules import access, interests
from accelerator.rules.interests import InterestEntry
from accelerator.services import audit, request_keys
from accelerator.services.interests.stepping_aside import step_aside
from accelerator.services.transaction import transaction


def declare_interest(*, actor: Actor, entry: InterestEntry, request_key: str = "") -> int:
    """Put one more tie into the actor's register; dossiers it speaks against leave the desk. The entry's id.

    Raises: NotAllowed, RuleViolation on the field to blame.
    """
    _refuse_others(actor)
    entry = interests.checked_interest(entry, present_year=register.present_year())
    with transaction():
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        held = select(func.count()).select_from(Interest).where(Interest.user_id == actor.user_id)
        if db.session.scalars(held).one() >= interests.MAX_INTERESTS:
            raise RuleViolation(
                Message("A register holds at most %(most)s entries.", most=interests.MAX_INTERESTS), field="kind"
            )
        now = clock.now()
        interest_id: int = db.session.execute(
            insert(Interest)
            .values(user_id=actor.user_id, declared_at=now, changed_at=now, **_columns(entry))
            .returning(Interest.id)
        ).scalar_one()
        _state(actor)
        audit.record(actor, "declared an interest", f"interest:{interest_id}", **asdict(entry))
        request_keys.keep(actor, request_key, interest_id)
        step_aside(actor, reviewer_id=actor.user_id)
        return interest_id


def edit_interest(*, actor: Actor, interest_id: int, entry: InterestEntry) -> None:
    """Correct one of the actor's own entries; the trail keeps how it read before.

    Raises: NotAllowed, NotFound, RuleViolation on the field to blame.
    """
    _refuse_others(actor)
    entry = interests.checked_interest(entry, present_year=register.present_year())
    with transaction():
        before = register.interest(actor.user_id or 0, interest_id)
        db.session.execute(
            update(Interest).where(Interest.id == interest_id).values(changed_at=clock.now(), **_columns(entry))
        )
        audit.record(actor, "changed an interest", f"interest:{interest_id}", before=_said(before), after=asdict(entry))
        step_aside(actor, reviewer_id=actor.user_id)


def end_interest(*, actor: Actor, interest_id: int) -> int:
    """Say that a tie ended this year; it counts on for the years the rules state. The year.

    Raises: NotAllowed, NotFound, RuleViolation when it has ended already.
    """
    _refuse_others(actor)
    with transaction():
        before = register.interest(actor.user_id or 0, interest_id)
        if before.until_year is not None:
            raise RuleViolation(Message("This tie has ended already: change its year instead."))
        year = register.present_year()
        db.session.execute(
            update(Interest).where(Interest.id == interest_id).values(until_year=year, changed_at=clock.now())
        )
        audit.record(actor, "ended an interest", f"interest:{interest_id}", year=year)
        step_aside(actor, reviewer_id=actor.user_id)
        return year


def remove_interest(*, actor: Actor, interest_id: int) -> None:
    """Take out an entry that was a mistake; the trail keeps what it said.

    Raises: NotAllowed, NotFound.
    """
    _refuse_others(actor)
    with transaction():
        before = register.interest(actor.user_id or 0, interest_id)
        db.session.execute(delete(Interest).where(Interest.id == interest_id))
        audit.record(actor, "removed an interest", f"interest:{interest_id}", **_said(before))
        step_aside(actor, reviewer_id=actor.user_id)


def state_register(*, actor: Actor, interests_seen: int) -> None:
    """Say that the register is complete as it stands: "nothing to declare" when it is empty.

    Args:   interests_seen is how many entries the person was looking at.
    Raises: NotAllowed, RuleViolation when it holds another number of entries.
    """
    _refuse_others(actor)
    with transaction():
        held = db.session.scalars(
            select(func.count()).select_from(Interest).where(Interest.user_id == actor.user_id)
        ).one()
        if held != interests_seen:
            raise RuleViolation(Message("Your register changed since you looked. Read it again."))
        _state(actor)
        audit.record(actor, "stated interests", f"user:{actor.user_id}", interests=held)


def _state(actor: Actor) -> None:
    held = select(func.count()).select_from(Interest).where(Interest.user_id == actor.user_id)
    db.session.execute(
        insert(InterestStatement).values(
            user_id=actor.user_id, interests=db.session.scalars(held).one(), stated_at=clock.now()
        )
    )


def _columns(entry: InterestEntry) -> dict[str, object]:
    return {**asdict(entry), "siren": entry.siren or None}


def _said(row: register.InterestRow) -> dict[str, object]:
    names = ("kind", "organisation", "siren", "person", "note", "since_year", "until_year")
    return {name: getattr(row, name) for name in names}


def _refuse_others(actor: Actor) -> None:
    if not (verdict := access.may(actor, Permission.REVIEW_SUBMIT)):
        raise NotAllowed(verdict.reason)
