"""Queries · Discussion · Readers — who may read the discussion of a dossier, and whether one person may. Others: nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, literal, select, union

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import AssignmentState, InvitationState, Role
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.kernel.verdict import Verdict
from accelerator.models.accounts import RoleGrant, User
from accelerator.models.applications import Application
from accelerator.models.discussion import DiscussionReading
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import Assignment, BatchReviewer, ConflictOfInterest
from accelerator.queries.discussion import talk
from accelerator.queries.discussion.talk import Talk
from accelerator.rules import access, discussion, reviewing

COMMITTEE_ROLES: Final = access.roles_with(Permission.REVIEW_SUBMIT)
STAFF_ROLES: Final = access.roles_with(Permission.SELECTION_READ)
"""Whose roles read the results of a round, and so what is said about them."""


@dataclass(frozen=True)
class Place:
    """One dossier under discussion, for one person who takes part; `verdict` says whether they may write now.

    `assignment_id` is that of their own review; None for staff without one. Never opened: `last_seen_at` is None.
    """

    application_id: int
    startup_id: int
    code: str
    batch_id: int
    batch_code: str
    batch: Bilingual
    assignment_id: int | None
    last_seen_at: datetime | None
    verdict: Verdict


@dataclass(frozen=True)
class Reader:
    """Somebody who may read the discussion, and so be named in it."""

    user_id: int
    name: str
    assignment_id: int | None


def application_of(assignment_id: int, reviewer_id: int) -> int:
    """The dossier of the reviewer's own sent review. Raises: NotFound, whatever else it is."""
    found = db.session.scalar(
        select(Assignment.application_id).where(
            Assignment.id == assignment_id,
            Assignment.reviewer_user_id == reviewer_id,
            Assignment.state == AssignmentState.REVIEWED,
        )
    )
    if found is None:
        raise _nothing()
    return found


def place(application_id: int, user_id: int) -> Place:
    """The dossier, for a person who takes part in its discussion. One statement. Raises: NotFound for anybody else."""
    row = db.session.execute(
        select(
            Application.id,
            Application.startup_id,
            Application.state,
            Batch.id.label("batch_id"),
            Batch.code,
            Batch.name_fr,
            Batch.name_en,
            Batch.state.label("batch_state"),
            Assignment.id.label("assignment_id"),
            Assignment.state.label("own"),
            DiscussionReading.last_seen_at,
            _has_conflict(literal(user_id)).label("has_conflict"),
            _is_member(literal(user_id)).label("is_reviewer"),
            _has_role(literal(user_id), STAFF_ROLES).label("is_staff"),
        )
        .join(Batch, Batch.id == Application.batch_id)
        .outerjoin(
            Assignment,
            (Assignment.application_id == Application.id) & (Assignment.reviewer_user_id == user_id),
        )
        .outerjoin(
            DiscussionReading,
            (DiscussionReading.application_id == Application.id) & (DiscussionReading.user_id == user_id),
        )
        .where(Application.id == application_id)
    ).first()
    if row is None or not discussion.takes_part(_standing(row), row.state):
        raise _nothing()
    return Place(
        application_id=application_id,
        startup_id=row.startup_id,
        code=reviewing.dossier_code(application_id),
        batch_id=row.batch_id,
        batch_code=row.code,
        batch=Bilingual(row.name_fr, row.name_en),
        assignment_id=_own_id(row),
        last_seen_at=row.last_seen_at,
        verdict=discussion.can_write(row.batch_state, row.state),
    )


def readers(application_id: int) -> list[Reader]:
    """Everybody who may read the discussion now, by name. One statement."""
    candidates = union(
        select(Assignment.reviewer_user_id).where(
            Assignment.application_id == application_id, Assignment.state == AssignmentState.REVIEWED
        ),
        select(RoleGrant.user_id).where(RoleGrant.role.in_(list(STAFF_ROLES))),
    )
    rows = db.session.execute(
        select(
            User.id,
            User.name,
            Application.state,
            Assignment.id.label("assignment_id"),
            Assignment.state.label("own"),
            _has_conflict(User.id).label("has_conflict"),
            _is_member(User.id).label("is_reviewer"),
            _has_role(User.id, STAFF_ROLES).label("is_staff"),
        )
        .select_from(User)
        .join(Application, Application.id == application_id)
        .outerjoin(
            Assignment,
            (Assignment.application_id == application_id) & (Assignment.reviewer_user_id == User.id),
        )
        .where(User.is_active, User.id.in_(candidates))
        .order_by(User.name, User.id)
    )
    return [Reader(row.id, row.name, _own_id(row)) for row in rows if discussion.takes_part(_standing(row), row.state)]


def find_talk(application_id: int, user_id: int) -> Talk | None:
    """How much is said about a dossier, for staff who take part; None where they do not. Two statements."""
    try:
        place(application_id, user_id)
    except NotFound:
        return None
    return talk.of_application(application_id, user_id)


def _standing(row: Any) -> discussion.Standing:
    return discussion.Standing(row.own, row.has_conflict, row.is_reviewer, row.is_staff)


def _own_id(row: Any) -> int | None:
    """The assignment, where its review has been sent and the person still sits on the committee."""
    is_own = row.own is AssignmentState.REVIEWED and row.is_reviewer
    return row.assignment_id if is_own and row.state not in reviewing.UNREADABLE else None


def _has_conflict(user_id: Any) -> ColumnElement[bool]:
    return (
        exists()
        .where(ConflictOfInterest.reviewer_user_id == user_id, ConflictOfInterest.startup_id == Application.startup_id)
        .correlate(Application, User)
    )


def _is_member(user_id: Any) -> ColumnElement[bool]:
    """Sits on the committee of the application's batch: who was taken off it reads no further."""
    sits = exists().where(
        BatchReviewer.batch_id == Application.batch_id,
        BatchReviewer.user_id == user_id,
        BatchReviewer.state == InvitationState.ACCEPTED,
    )
    return sits.correlate(Application, User) & _has_role(user_id, COMMITTEE_ROLES)


def _has_role(user_id: Any, roles: Iterable[Role]) -> ColumnElement[bool]:
    return exists().where(RoleGrant.user_id == user_id, RoleGrant.role.in_(list(roles))).correlate(User)


def _nothing() -> NotFound:
    return NotFound(Message("There is no such discussion."))
