"""Services · Reviewing · Duties — a reviewer's own assignment, locked; and taking open ones back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, exists, func, select, update

from accelerator.extensions import db
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import AssignmentState, Role
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.models.accounts import RoleGrant, User
from accelerator.models.applications import Application
from accelerator.models.discussion import DiscussionReading
from accelerator.models.interests import InterestStatement
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import Assignment, ReviewDraft
from accelerator.queries.reviewing.desk import CALIBRATION_LEFT, DUTIES, FREE_OF_CONFLICT, IS_CALIBRATION
from accelerator.rules import reviewing

# Built once: putting a statement together costs more than running it.
_OWN_DUTY = (
    select(
        Assignment.id,
        Assignment.application_id,
        Assignment.batch_id,
        Assignment.state,
        Assignment.active_seconds,
        Application.startup_id,
        Batch.code.label("batch_code"),
        Batch.name_fr,
        Batch.name_en,
        Batch.rubric_id,
        Batch.state.label("batch_state"),
        Batch.reviews_due_at,
        exists().where(InterestStatement.user_id == Assignment.reviewer_user_id).label("has_stated"),
        exists()
        .where(
            DiscussionReading.user_id == Assignment.reviewer_user_id,
            DiscussionReading.application_id == Assignment.application_id,
        )
        .label("has_read_discussion"),
        IS_CALIBRATION.label("is_calibration"),
        CALIBRATION_LEFT.label("calibration_left"),
    )
    .join(Application, Application.id == Assignment.application_id)
    .join(Batch, Batch.id == Assignment.batch_id)
    .where(
        Assignment.id == bindparam("assignment_id"),
        Assignment.reviewer_user_id == bindparam("reviewer_id"),
        Assignment.state.in_(DUTIES),
        Application.state.not_in(reviewing.UNREADABLE),
        FREE_OF_CONFLICT,
    )
    .with_for_update(of=Assignment)
)


_HOLD_BATCH = (
    select(Batch.id)
    .join(Assignment, Assignment.batch_id == Batch.id)
    .where(Assignment.id == bindparam("assignment_id"))
    .with_for_update(read=True, of=Batch)
)


def own_duty(actor: Actor, assignment_id: int) -> Any:
    """The actor's own assignment with its batch, until the transaction ends nobody else's to change.

    Nor is the batch decided meanwhile: what is frozen holds every review that was taken. SQLite's write lock sees to it.

    Raises: NotFound when it is another reviewer's, given back, in conflict, or its application is withdrawn.
    """
    if db.engine.dialect.name == "postgresql":
        db.session.execute(_HOLD_BATCH, {"assignment_id": assignment_id})
    row = db.session.execute(_OWN_DUTY, {"assignment_id": assignment_id, "reviewer_id": actor.user_id}).first()
    if row is None:
        raise NotFound(Message("There is no such dossier on your desk."))
    return row


def worked_seconds(before: int, reported: int) -> int:
    """Active time after one more report; a report and the whole are capped, so that a forgotten tab counts little."""
    return min(reviewing.MOST_SECONDS, before + max(0, min(reported, reviewing.MOST_SECONDS_A_REPORT)))


def take_back(condition: ColumnElement[bool], now: datetime) -> int:
    """Take open assignments off their desks; what somebody has typed is kept with a closed one. How many."""
    ids = list(
        db.session.scalars(
            select(Assignment.id)
            .where(condition, Assignment.state == AssignmentState.OPEN)
            .order_by(Assignment.id)
            .with_for_update()
        )
    )
    applications = set(db.session.scalars(select(Assignment.application_id).where(Assignment.id.in_(ids))))
    drafted = select(ReviewDraft.assignment_id).where(ReviewDraft.assignment_id.in_(ids))
    db.session.execute(
        update(Assignment)
        .where(Assignment.id.in_(drafted))
        .values(state=AssignmentState.DECLINED, closed_at=now)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        delete(Assignment)
        .where(Assignment.id.in_(ids), Assignment.state == AssignmentState.OPEN)
        .execution_options(synchronize_session=False)
    )
    recount(Application.id.in_(applications))
    return len(ids)


def recount(condition: ColumnElement[bool]) -> None:
    """Set `assigned` of these applications to the number of their open and reviewed assignments.

    They are locked first, by number: what is counted is then what whoever changed them before has left.
    """
    db.session.execute(select(Application.id).where(condition).order_by(Application.id).with_for_update(key_share=True))
    held = (
        select(func.count())
        .where(Assignment.application_id == Application.id, Assignment.state.in_(DUTIES))
        .correlate(Application)
        .scalar_subquery()
    )
    db.session.execute(
        update(Application).where(condition).values(assigned=held).execution_options(synchronize_session=False)
    )


def managers() -> Sequence[int]:
    """The programme managers, who are told when something needs their hand."""
    return list(
        db.session.scalars(
            select(User.id)
            .join(RoleGrant, RoleGrant.user_id == User.id)
            .where(RoleGrant.role == Role.MANAGER, User.is_active)
            .order_by(User.id)
        )
    )
