"""Services · Reviewing · By hand — one dossier given, moved or taken away, with the conflict check and a reason."""

from __future__ import annotations

from sqlalchemy import delete, select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import AssignmentState, InvitationState
from accelerator.kernel.errors import NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.models.applications import Application
from accelerator.models.reviewing import Assignment, BatchReviewer
from accelerator.queries.reviewing import planning
from accelerator.queries.reviewing.desk import DUTIES
from accelerator.rules import reviewing
from accelerator.services import audit, blindness
from accelerator.services.reviewing.committee import managed_batch
from accelerator.services.reviewing.duties import recount, take_back
from accelerator.services.reviewing.handing_out import assignable, store, tell_reviewers
from accelerator.services.transaction import transaction


def give(
    *,
    actor: Actor,
    batch_id: int,
    application_id: int,
    to_user_id: int,
    from_assignment_id: int | None = None,
    reason: str = "",
) -> None:
    """Give one application to one more reviewer, or move an open assignment to them, and tell them.

    Args:   reason is asked for where the dossier then has more reviewers than the batch wants.
    Raises: NotAllowed, NotFound, RuleViolation.
    """
    blindness.search_application(application_id)
    with transaction():
        now = clock.now()
        batch = assignable(actor, batch_id, now)
        _refuse_unfit(batch_id, application_id, to_user_id)
        if from_assignment_id is not None:
            mine = (Assignment.id == from_assignment_id) & (Assignment.application_id == application_id)
            if not take_back(mine & (Assignment.batch_id == batch_id), now):
                raise RuleViolation(Message("This dossier has been reviewed or given back meanwhile: nothing to move."))
        elif not reason and _readers(application_id) >= batch.reviews_per_application:
            raise RuleViolation(
                Message("It has all its reviewers: write why it gets one more, or choose instead of whom."),
                field="reason",
            )
        db.session.execute(
            delete(Assignment).where(
                Assignment.application_id == application_id,
                Assignment.reviewer_user_id == to_user_id,
                Assignment.state == AssignmentState.DECLINED,
            )
        )
        store(batch, [(application_id, to_user_id)], now)
        recount(Application.id == application_id)
        tell_reviewers(batch, {to_user_id: 1})
        audit.record(
            actor,
            "assigned a dossier by hand",
            f"application:{application_id}",
            to=to_user_id,
            instead_of=from_assignment_id,
            reason=reason,
        )


def take_away(*, actor: Actor, batch_id: int, application_id: int, assignment_id: int, reason: str) -> None:
    """Take one open assignment off a reviewer's desk; what was typed is kept. A review that is in stays.

    Raises: NotAllowed, NotFound, RuleViolation.
    """
    with transaction():
        managed_batch(actor, batch_id)
        held = db.session.execute(
            select(Assignment.state, Assignment.reviewer_user_id).where(
                Assignment.id == assignment_id,
                Assignment.application_id == application_id,
                Assignment.batch_id == batch_id,
            )
        ).first()
        if held is None:
            raise NotFound(Message("There is no such assignment."))
        if not reason.strip():
            raise RuleViolation(Message("Write a sentence."), field="reason")
        if not take_back((Assignment.id == assignment_id) & (Assignment.batch_id == batch_id), clock.now()):
            raise RuleViolation(
                Message("This dossier has been reviewed or given back meanwhile: nothing to take away.")
            )
        audit.record(
            actor,
            "took a dossier away",
            f"application:{application_id}",
            reviewer=held.reviewer_user_id,
            reason=reason,
        )


def _readers(application_id: int) -> int:
    """How many hold or have reviewed it."""
    return len(
        db.session.scalars(
            select(Assignment.id).where(Assignment.application_id == application_id, Assignment.state.in_(DUTIES))
        ).all()
    )


def _refuse_unfit(batch_id: int, application_id: int, to_user_id: int) -> None:
    readable = select(Application.id).where(
        Application.id == application_id,
        Application.batch_id == batch_id,
        Application.state.not_in(reviewing.UNREADABLE),
    )
    if db.session.scalar(readable) is None:
        raise NotFound(Message("There is no such application."))
    capacity = db.session.scalar(
        select(BatchReviewer.capacity)
        .where(
            BatchReviewer.batch_id == batch_id,
            BatchReviewer.user_id == to_user_id,
            BatchReviewer.state == InvitationState.ACCEPTED,
        )
        .with_for_update()
    )
    if capacity is None:
        raise RuleViolation(Message("This person is not on the committee."), field="to")
    held = db.session.execute(
        select(Assignment.application_id, Assignment.state).where(
            Assignment.batch_id == batch_id, Assignment.reviewer_user_id == to_user_id
        )
    ).all()
    if any(row.application_id == application_id and row.state is not AssignmentState.DECLINED for row in held):
        raise RuleViolation(Message("This reviewer has, or had, this dossier already."), field="to")
    if sum(row.state in DUTIES for row in held) >= capacity:
        raise RuleViolation(Message("This reviewer already holds the number of dossiers agreed."), field="to")
    if grounds := planning.grounds_between(to_user_id, application_id):
        raise RuleViolation(Message("Conflict of interest: %(ground)s", ground=grounds[0].reason), field="to")
