"""Queries · Reviewing · Committee — who is on it, who holds a dossier, how far everybody is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from accelerator.extensions import db
from accelerator.kernel.enums import AssignmentState, InvitationState, Role, Sector
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.models.accounts import RoleGrant, User
from accelerator.models.applications import Application
from accelerator.models.letters import Letter
from accelerator.models.reviewing import Assignment, BatchReviewer, Review, ReviewDraft
from accelerator.queries.reviewing import planning
from accelerator.queries.reviewing.desk import DUTIES, IS_CALIBRATION
from accelerator.rules import reviewing
from accelerator.rules.reviewing import Forecast

PAGE_SIZE = 50
REMINDER = "review_reminder"
INVITATION = "reviewer_invited"


@dataclass(frozen=True)
class MemberRow:
    """One person asked to sit on the committee: the answer, the limit, what is held, what is done, how it goes."""

    user_id: int
    name: str
    email: str
    capacity: int
    state: InvitationState
    asked_capacity: int | None
    invited_at: datetime
    answered_at: datetime | None
    decline_reason: str
    topics: tuple[Sector, ...]
    regions: tuple[str, ...]
    has_signed_in: bool
    open: int
    reviewed: int
    last_active_at: datetime | None
    forecast: Forecast
    reminded_at: datetime | None

    @property
    def held(self) -> int:
        """Open and reviewed together."""
        return self.open + self.reviewed


@dataclass(frozen=True)
class CommitteePage:
    """One page of the committee, and the whole of it in figures. `members` have accepted."""

    rows: tuple[MemberRow, ...]
    pages: int
    members: int
    invited: int
    declined: int
    capacity: int
    applications: int
    needed: int
    open: int
    reviewed: int

    @property
    def assigned(self) -> int:
        """Open and reviewed together."""
        return self.open + self.reviewed


@dataclass(frozen=True)
class Wave:
    """The last hand-out of a batch: when, how many, and on how many of them a reviewer has started."""

    assigned_at: datetime
    assignments: int
    started: int

    @property
    def untouched(self) -> int:
        """How many can still be undone."""
        return self.assignments - self.started


def _of_state(*states: AssignmentState) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((Assignment.state.in_(states), 1), else_=0)), 0)


def committee(
    batch_id: int,
    *,
    due_at: datetime,
    per_application: int,
    now: datetime,
    page: int = 1,
    states: Collection[InvitationState] = tuple(InvitationState),
) -> CommitteePage:
    """The committee: who has not answered first, then those with most left to do. Five statements."""
    rows = _members(batch_id, page, states)
    ids = [row.id for row in rows]
    active, reminded = _last_active(batch_id, ids), _last_reminded(batch_id, ids)
    totals = _totals(batch_id)
    return CommitteePage(
        rows=tuple(
            MemberRow(
                user_id=row.id,
                name=row.name,
                email=row.email,
                capacity=row.capacity,
                state=row.state,
                asked_capacity=row.asked_capacity,
                invited_at=row.named_at,
                answered_at=row.answered_at,
                decline_reason=row.decline_reason,
                topics=tuple(Sector(topic) for topic in row.topics),
                regions=tuple(row.regions),
                has_signed_in=row.last_sign_in_at is not None,
                open=row.open,
                reviewed=row.reviewed,
                last_active_at=active.get(row.id),
                forecast=reviewing.forecast(
                    done=row.reviewed, left=row.open, assigned_at=row.assigned_at, due_at=due_at, now=now
                ),
                reminded_at=reminded.get(row.id),
            )
            for row in rows
        ),
        pages=max(1, math.ceil(sum(totals.answers[state] for state in states) / PAGE_SIZE)),
        members=totals.answers[InvitationState.ACCEPTED],
        invited=totals.answers[InvitationState.INVITED],
        declined=totals.answers[InvitationState.DECLINED],
        capacity=totals.capacity,
        applications=totals.applications,
        needed=totals.applications * per_application,
        open=totals.open,
        reviewed=totals.reviewed,
    )


def _members(batch_id: int, page: int, states: Collection[InvitationState]) -> Sequence[Any]:
    """The people of one page with their work, most left to do first. One statement."""
    work = (
        select(
            Assignment.reviewer_user_id.label("user_id"),
            _of_state(AssignmentState.OPEN).label("open"),
            _of_state(AssignmentState.REVIEWED).label("reviewed"),
            func.min(case((Assignment.state.in_(DUTIES), Assignment.assigned_at))).label("assigned_at"),
        )
        .where(Assignment.batch_id == batch_id)
        .group_by(Assignment.reviewer_user_id)
        .subquery()
    )
    open_, reviewed = func.coalesce(work.c.open, 0), func.coalesce(work.c.reviewed, 0)
    statement = (
        select(
            User.id,
            User.name,
            User.email,
            User.last_sign_in_at,
            BatchReviewer.capacity,
            BatchReviewer.state,
            BatchReviewer.asked_capacity,
            BatchReviewer.named_at,
            BatchReviewer.answered_at,
            BatchReviewer.decline_reason,
            BatchReviewer.topics,
            BatchReviewer.regions,
            open_.label("open"),
            reviewed.label("reviewed"),
            work.c.assigned_at,
        )
        .join(BatchReviewer, BatchReviewer.user_id == User.id)
        .outerjoin(work, work.c.user_id == User.id)
        .where(BatchReviewer.batch_id == batch_id, BatchReviewer.state.in_(states))
    )
    order = case({InvitationState.INVITED: 0, InvitationState.ACCEPTED: 1}, value=BatchReviewer.state, else_=2)
    return db.session.execute(
        statement.order_by(order, open_.desc(), User.name, User.id).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()


@dataclass(frozen=True)
class MemberFields:
    """What one member of the committee knows well."""

    name: str
    topics: tuple[str, ...]
    regions: tuple[str, ...]


def fields(batch_id: int, user_id: int) -> MemberFields:
    """The sectors and regions one member knows well. One statement. Raises: NotFound."""
    row = db.session.execute(
        select(User.name, BatchReviewer.topics, BatchReviewer.regions)
        .join(BatchReviewer, BatchReviewer.user_id == User.id)
        .where(BatchReviewer.batch_id == batch_id, BatchReviewer.user_id == user_id)
    ).first()
    if row is None:
        raise NotFound(Message("This person is not on the committee."))
    return MemberFields(row.name, tuple(row.topics), tuple(row.regions))


def conflict_counts(batch_id: int) -> Counter[int]:
    """How many of the batch's startups each member of the committee must not score. Nine statements."""
    return Counter({id_: len(startups) for id_, startups in planning.conflicting_startups(batch_id).items()})


def known_reviewers(batch_id: int) -> list[tuple[str, str]]:
    """Name and address of reviewers who are not asked for this committee yet. One statement."""
    here = select(BatchReviewer.user_id).where(BatchReviewer.batch_id == batch_id)
    rows = db.session.execute(
        select(User.name, User.email)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(RoleGrant.role == Role.REVIEWER, User.is_active, User.id.not_in(here))
        .order_by(User.name, User.id)
        .limit(200)
    )
    return list(rows)


def find_last_wave(batch_id: int) -> Wave | None:
    """The last hand-out that still stands, calibration and what came by itself left out; None when nothing is handed out. One statement."""
    last = (
        select(func.max(Assignment.handed_out_at))
        .where(Assignment.batch_id == batch_id, Assignment.state.in_(DUTIES), ~IS_CALIBRATION)
        .scalar_subquery()
    )
    row = db.session.execute(
        select(
            func.max(Assignment.handed_out_at).label("handed_out_at"),
            func.count().label("assignments"),
            func.coalesce(
                func.sum(
                    case(
                        (
                            (Assignment.state == AssignmentState.REVIEWED) | ReviewDraft.assignment_id.is_not(None),
                            1,
                        ),
                        else_=0,
                    )
                ),
                0,
            ).label("started"),
        )
        .select_from(Assignment)
        .outerjoin(ReviewDraft, ReviewDraft.assignment_id == Assignment.id)
        .where(
            Assignment.batch_id == batch_id,
            Assignment.state.in_(DUTIES),
            Assignment.handed_out_at == last,
            ~IS_CALIBRATION,
        )
    ).one()
    if not row.assignments:
        return None
    return Wave(row.handed_out_at, row.assignments, row.started)


@dataclass(frozen=True)
class _Totals:
    answers: Counter[InvitationState]
    capacity: int
    applications: int
    open: int
    reviewed: int


def _totals(batch_id: int) -> _Totals:
    """Two statements."""
    answers: Counter[InvitationState] = Counter()
    capacity = 0
    for state, people, limits in db.session.execute(
        select(BatchReviewer.state, func.count(), func.sum(BatchReviewer.capacity))
        .where(BatchReviewer.batch_id == batch_id)
        .group_by(BatchReviewer.state)
    ):
        answers[state] = people
        capacity += limits if state is InvitationState.ACCEPTED else 0
    applications, assigned, reviewed = db.session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Application.assigned), 0),
            func.coalesce(func.sum(Application.reviews), 0),
        ).where(Application.batch_id == batch_id, Application.state.in_(reviewing.READ_STATES))
    ).one()
    return _Totals(answers, capacity, applications, assigned - reviewed, reviewed)


def _last_active(batch_id: int, user_ids: list[int]) -> dict[int, datetime]:
    """When each of these reviewers last saved anything of this batch. One statement."""
    rows = db.session.execute(
        select(Assignment.reviewer_user_id, func.max(Review.submitted_at), func.max(ReviewDraft.saved_at))
        .outerjoin(Review, Review.assignment_id == Assignment.id)
        .outerjoin(ReviewDraft, ReviewDraft.assignment_id == Assignment.id)
        .where(Assignment.batch_id == batch_id, Assignment.reviewer_user_id.in_(user_ids))
        .group_by(Assignment.reviewer_user_id)
    )
    return {user_id: max(known) for user_id, *seen in rows if (known := [at for at in seen if at is not None])}


def _last_reminded(batch_id: int, user_ids: list[int]) -> dict[int, datetime]:
    """When each of these reviewers was last reminded of this batch. One statement."""
    since = func.max(Letter.written_at)
    rows = db.session.execute(
        select(Letter.to_user_id, since)
        .where(Letter.about == f"batch:{batch_id}", Letter.kind == REMINDER, Letter.to_user_id.in_(user_ids))
        .group_by(Letter.to_user_id)
    )
    return {user_id: at for user_id, at in rows if user_id is not None}


def was_invited_since(batch_id: int, user_id: int, since: datetime) -> bool:
    """True when an invitation to this committee was written to this person since then. One statement."""
    written = select(Letter.id).where(
        Letter.about == f"batch:{batch_id}",
        Letter.kind == INVITATION,
        Letter.to_user_id == user_id,
        Letter.written_at > since,
    )
    return db.session.scalar(written.limit(1)) is not None


def overdue_reminders(batch_id: int, now: datetime, pause: timedelta) -> list[int]:
    """The members with open dossiers who were not reminded within the pause, by id. One statement."""
    recently = select(Letter.to_user_id).where(
        Letter.about == f"batch:{batch_id}",
        Letter.kind == REMINDER,
        Letter.written_at > now - pause,
        Letter.to_user_id.is_not(None),
    )
    return list(
        db.session.scalars(
            select(Assignment.reviewer_user_id)
            .join(Application, Application.id == Assignment.application_id)
            .where(
                Assignment.batch_id == batch_id,
                Assignment.state == AssignmentState.OPEN,
                Application.state.not_in(reviewing.UNREADABLE),
                Assignment.reviewer_user_id.not_in(recently),
            )
            .group_by(Assignment.reviewer_user_id)
            .order_by(Assignment.reviewer_user_id)
        )
    )
