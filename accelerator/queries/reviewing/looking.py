"""Queries · Reviewing · Looking — dossiers that look for a reader, and those their reviewer will not get to."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import ApplicationState, AssignmentState, BatchState, InvitationState, Sector, Stage
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.models.applications import Application
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import Assignment, BatchReviewer, ReviewDraft
from accelerator.models.startups import Startup
from accelerator.queries.interests import grounds as interests
from accelerator.queries.reviewing import planning
from accelerator.queries.reviewing.desk import DUTIES, FREE_OF_CONFLICT, IS_CALIBRATION
from accelerator.rules import reviewing

SHOWN: Final = 50

OFFERABLE: Final = and_(
    Assignment.state == AssignmentState.OPEN,
    ~exists().where(ReviewDraft.assignment_id == Assignment.id),
    ~IS_CALIBRATION,
)
"""For statements on assignments: open, nothing typed, and not of a dossier that everybody scores."""


@dataclass(frozen=True)
class Seat:
    """One accepted member's place on a committee, and what is held there."""

    batch_id: int
    code: str
    name: Bilingual
    state: BatchState
    reviews_due_at: datetime
    each: int
    capacity: int
    held: int
    done: int
    assigned_at: datetime | None

    def out_of_reach(self, now: datetime) -> int:
        """How many of the member's dossiers will not be reviewed in time, at the pace so far."""
        return reviewing.out_of_reach(
            done=self.done,
            left=self.held - self.done,
            assigned_at=self.assigned_at,
            due_at=self.reviews_due_at,
            now=now,
        )

    def is_open(self, now: datetime) -> bool:
        """True while reviews are taken."""
        return reviewing.is_round_open(self.state, self.reviews_due_at, now)


@dataclass(frozen=True)
class Looking:
    """A dossier that looks for a reader. Blind: no name."""

    application_id: int
    sector: Sector
    stage: Stage
    readers: int

    @property
    def code(self) -> str:
        """The number the dossier goes by."""
        return reviewing.dossier_code(self.application_id)


@dataclass(frozen=True)
class Stalled:
    """An untouched assignment that its reviewer will not get to in time."""

    assignment_id: int
    reviewer_id: int
    is_offered: bool


def seat(code: str, user_id: int) -> Seat:
    """The member's place on the committee of this batch. One statement. Raises: NotFound for anybody else."""
    own = (Assignment.batch_id == Batch.id) & (Assignment.reviewer_user_id == user_id) & Assignment.state.in_(DUTIES)
    held = select(func.count()).where(own).correlate(Batch).scalar_subquery()
    done = (
        select(func.count()).where(own, Assignment.state == AssignmentState.REVIEWED).correlate(Batch).scalar_subquery()
    )
    since = select(func.min(Assignment.assigned_at)).where(own).correlate(Batch).scalar_subquery()
    row = db.session.execute(
        select(
            Batch.id,
            Batch.code,
            Batch.name_fr,
            Batch.name_en,
            Batch.state,
            Batch.reviews_due_at,
            Batch.reviews_per_application,
            BatchReviewer.capacity,
            held.label("held"),
            done.label("done"),
            since.label("assigned_at"),
        )
        .join(BatchReviewer, BatchReviewer.batch_id == Batch.id)
        .where(Batch.code == code, BatchReviewer.user_id == user_id, BatchReviewer.state == InvitationState.ACCEPTED)
    ).first()
    if row is None:
        raise NotFound(Message("You are not on the committee of this batch."))
    return Seat(
        batch_id=row.id,
        code=row.code,
        name=Bilingual(row.name_fr, row.name_en),
        state=row.state,
        reviews_due_at=row.reviews_due_at,
        each=row.reviews_per_application,
        capacity=row.capacity,
        held=row.held,
        done=row.done,
        assigned_at=row.assigned_at,
    )


def looking(place: Seat, user_id: int, *, among: Collection[int] = ()) -> list[Looking]:
    """The dossiers this member could take, those with the fewest readers first. Nine statements.

    A dossier looks for a reader once the batch was handed out, while it has fewer than the batch wants or while one
    of its readers' assignments is offered to others. Dossiers this member has had, or is tied to, are not among them.

    Args: among leaves only these application ids.
    """
    tied = {
        ground.startup_id
        for ground in interests.between([user_id], planning.entered(place.batch_id))
        if ground.is_certain
    }
    statement = (
        select(Application.id, Startup.sector, Startup.stage, Application.assigned, Application.startup_id)
        .join(Startup, Startup.id == Application.startup_id)
        .where(
            Application.batch_id == place.batch_id,
            Application.state == ApplicationState.ADMISSIBLE,
            _looks(place, user_id),
            ~exists().where(Assignment.application_id == Application.id, Assignment.reviewer_user_id == user_id),
        )
        .order_by(Application.assigned, Application.reviews, Application.id)
    )
    if among:
        statement = statement.where(Application.id.in_(among))
    rows = db.session.execute(statement.limit(SHOWN + len(tied)))
    found = [Looking(row.id, row.sector, row.stage, row.assigned) for row in rows if row.startup_id not in tied]
    return found[:SHOWN]


def _looks(place: Seat, user_id: int) -> ColumnElement[bool]:
    handed_out = exists().where(Assignment.batch_id == place.batch_id)
    offered = exists().where(
        Assignment.application_id == Application.id,
        Assignment.offered_at.is_not(None),
        Assignment.reviewer_user_id != user_id,
        OFFERABLE,
    )
    return or_(and_(Application.assigned < place.each, handed_out), offered)


def own_open(place: Seat, user_id: int) -> list[tuple[int, Looking, bool]]:
    """What the member may give back, in desk order: assignment id, dossier, whether something is typed. One statement."""
    rows = db.session.execute(
        select(
            Assignment.id,
            Assignment.application_id,
            Startup.sector,
            Startup.stage,
            Application.assigned,
            ReviewDraft.assignment_id.is_not(None).label("is_begun"),
        )
        .join(Application, Application.id == Assignment.application_id)
        .join(Startup, Startup.id == Application.startup_id)
        .outerjoin(ReviewDraft, ReviewDraft.assignment_id == Assignment.id)
        .where(
            Assignment.batch_id == place.batch_id,
            Assignment.reviewer_user_id == user_id,
            Assignment.state == AssignmentState.OPEN,
            Application.state.not_in(reviewing.UNREADABLE),
            FREE_OF_CONFLICT,
            ~IS_CALIBRATION,
        )
        .order_by(Assignment.position, Assignment.id)
    )
    return [(row.id, Looking(row.application_id, row.sector, row.stage, row.assigned), row.is_begun) for row in rows]


def stalled(batch_id: int, *, due_at: datetime, now: datetime) -> list[Stalled]:
    """The untouched assignments that their reviewers will not get to, from the end of each desk. Two statements."""
    beyond = _beyond(batch_id, due_at, now)
    rows = db.session.execute(
        select(Assignment.id, Assignment.reviewer_user_id, Assignment.offered_at)
        .join(Application, Application.id == Assignment.application_id)
        .where(
            Assignment.batch_id == batch_id,
            Assignment.reviewer_user_id.in_(sorted(beyond)),
            OFFERABLE,
            Application.state.not_in(reviewing.UNREADABLE),
        )
        .order_by(Assignment.reviewer_user_id, Assignment.position.desc(), Assignment.id.desc())
    ).all()
    return [
        Stalled(row.id, reviewer_id, row.offered_at is not None)
        for reviewer_id, group in itertools.groupby(rows, key=lambda row: row.reviewer_user_id)
        for row in itertools.islice(group, beyond[reviewer_id])
    ]


@dataclass(frozen=True)
class OutOfReach:
    """What reviewers will not get to in time: how many wait to be offered, how many are offered, whose they are."""

    waiting: int
    offered: int
    by_reviewer: Counter[int]


def out_of_reach(batch_id: int, *, due_at: datetime, now: datetime) -> OutOfReach:
    """The stalled assignments of a batch in figures. Two statements."""
    found = stalled(batch_id, due_at=due_at, now=now)
    offered = sum(one.is_offered for one in found)
    return OutOfReach(len(found) - offered, offered, Counter(one.reviewer_id for one in found))


def _beyond(batch_id: int, due_at: datetime, now: datetime) -> dict[int, int]:
    """Reviewer id -> dossiers out of reach, where there are any. One statement."""

    def of(state: AssignmentState) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((Assignment.state == state, 1), else_=0)), 0)

    rows: Any = db.session.execute(
        select(
            Assignment.reviewer_user_id,
            of(AssignmentState.REVIEWED).label("done"),
            of(AssignmentState.OPEN).label("left"),
            func.min(Assignment.assigned_at).label("assigned_at"),
        )
        .join(Application, Application.id == Assignment.application_id)
        .where(
            Assignment.batch_id == batch_id,
            Assignment.state.in_(DUTIES),
            Application.state.not_in(reviewing.UNREADABLE),
        )
        .group_by(Assignment.reviewer_user_id)
    )
    counts = Counter(
        {
            row.reviewer_user_id: reviewing.out_of_reach(
                done=row.done, left=row.left, assigned_at=row.assigned_at, due_at=due_at, now=now
            )
            for row in rows
        }
    )
    return dict(+counts)
