"""Services · Reviewing · Stepping back — a conflict of interest, a dossier given back; the managers are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import AssignmentState, ConflictSource
from accelerator.kernel.errors import Conflict, NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.models.applications import Application
from accelerator.models.reviewing import Assignment, ConflictOfInterest, Review, ReviewDraft
from accelerator.queries.reviewing import looking
from accelerator.rules import reviewing
from accelerator.services import audit, letters, rankings
from accelerator.services.discussion import LETTER
from accelerator.services.reviewing.duties import managers, own_duty
from accelerator.services.transaction import changed_rows, transaction

CHANGED = Message("One of these dossiers is reviewed, or off your desk, by now. Nothing was given back; look again.")


def declare_conflict(*, actor: Actor, assignment_id: int, reason: str) -> None:
    """Take the dossier off the reviewer's desk for good, with any review of it, and tell the managers.

    The conflict is with the startup: it holds for later batches too.

    Raises: NotFound; RuleViolation once the batch is decided.
    """
    with transaction():
        duty = own_duty(actor, assignment_id)
        _refuse_decided(duty)
        close_duty(duty, AssignmentState.CONFLICTED)
        db.session.execute(delete(ReviewDraft).where(ReviewDraft.assignment_id == assignment_id))
        known = db.session.scalar(
            select(ConflictOfInterest.id).where(
                ConflictOfInterest.reviewer_user_id == actor.user_id, ConflictOfInterest.startup_id == duty.startup_id
            )
        )
        if known is None:
            db.session.execute(
                insert(ConflictOfInterest).values(
                    reviewer_user_id=actor.user_id,
                    startup_id=duty.startup_id,
                    ground=reason,
                    source=ConflictSource.DECLARED,
                    declared_at=clock.now(),
                )
            )
        audit.record(actor, "declared a conflict of interest", f"assignment:{assignment_id}", reason=reason)
        _tell_managers("conflict_declared", actor, duty, reason)


def give_back(*, actor: Actor, assignment_id: int, reason: str) -> None:
    """Hand an open dossier back with a reason, and tell the managers; what was typed is kept.

    Raises: NotFound; RuleViolation when it is already reviewed, everybody scores it, or the batch is decided.
    """
    with transaction():
        duty = own_duty(actor, assignment_id)
        _refuse_decided(duty)
        if not (verdict := reviewing.can_give_back(duty.state, bool(duty.is_calibration))):
            raise RuleViolation(verdict.reason)
        close_duty(duty, AssignmentState.DECLINED)
        audit.record(actor, "gave a dossier back", f"assignment:{assignment_id}", reason=reason)
        _tell_managers("dossier_given_back", actor, duty, reason)


def give_some_back(*, actor: Actor, code: str, assignment_ids: Sequence[int], reason: str) -> int:
    """Hand several open dossiers of one batch back at once, all or none, and tell the managers in one letter; how many.

    Raises: NotFound for a dossier that is not there; Conflict when one of them is reviewed or gone by now;
            RuleViolation when the batch is decided, or everybody scores one of them.
    """
    with transaction():
        place = looking.seat(code, actor.user_id or 0)
        try:
            duties = [own_duty(actor, id_) for id_ in sorted(set(assignment_ids))]
        except NotFound:
            raise Conflict(CHANGED) from None
        if any(duty.batch_id != place.batch_id for duty in duties):
            raise NotFound(Message("There is no such dossier on your desk."))
        for duty in duties:
            _refuse_decided(duty)
            if duty.state is not AssignmentState.OPEN:
                raise Conflict(CHANGED)
            if not (verdict := reviewing.can_give_back(duty.state, bool(duty.is_calibration))):
                raise RuleViolation(verdict.reason)
        for duty in sorted(duties, key=lambda duty: duty.application_id):  # as everybody who locks several does
            close_duty(duty, AssignmentState.DECLINED)
            audit.record(actor, "gave a dossier back", f"assignment:{duty.id}", reason=reason)
        for user_id in managers() if duties else ():
            letters.write(
                user_id,
                "dossiers_given_back",
                about=f"batch:{place.batch_id}",
                values={
                    "reviewer": actor.name,
                    "codes": [reviewing.dossier_code(duty.application_id) for duty in duties],
                    "batch": place.name,
                    "batch_code": place.code,
                    "reason": reason,
                },
            )
        return len(duties)


def _refuse_decided(duty: Any) -> None:
    if not (verdict := reviewing.can_leave(duty.batch_state)):
        raise RuleViolation(verdict.reason)


def close_duty(duty: Any, state: AssignmentState) -> None:
    """Close the assignment, drop its review, and take both out of the application's counts."""
    db.session.execute(update(Assignment).where(Assignment.id == duty.id).values(state=state, closed_at=clock.now()))
    dropped = changed_rows(delete(Review).where(Review.assignment_id == duty.id))
    db.session.execute(
        update(Application)
        .where(Application.id == duty.application_id)
        .values(assigned=Application.assigned - 1, reviews=Application.reviews - dropped)
        .execution_options(synchronize_session=False)
    )
    if dropped:
        rankings.note_reviews_changed(duty.batch_id)
        letters.forget_unsent(LETTER, f"application:{duty.application_id}", reviewer_of(duty.id))


def reviewer_of(assignment_id: int) -> int:
    """Whose assignment it is."""
    return db.session.scalars(select(Assignment.reviewer_user_id).where(Assignment.id == assignment_id)).one()


def _tell_managers(kind: str, actor: Actor, duty: Any, reason: str) -> None:
    for user_id in managers():
        letters.write(
            user_id,
            kind,
            about=f"application:{duty.application_id}",
            values={
                "reviewer": actor.name,
                "dossier": reviewing.dossier_code(duty.application_id),
                "batch": Bilingual(duty.name_fr, duty.name_en),
                "batch_code": duty.batch_code,
                "application_id": duty.application_id,
                "reason": reason,
            },
        )
