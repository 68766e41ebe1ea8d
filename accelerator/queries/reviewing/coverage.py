"""Queries · Reviewing · Coverage — application by application: reviews in and lacking, who holds one, who could."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from accelerator.extensions import db
from accelerator.kernel.enums import AssignmentState
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.models.accounts import User
from accelerator.models.applications import Application
from accelerator.models.reviewing import Assignment
from accelerator.models.startups import Startup
from accelerator.queries.interests import findings
from accelerator.queries.reviewing import planning
from accelerator.rules import reviewing
from accelerator.rules.conflicts import Ground

PAGE_SIZE = 50


@dataclass(frozen=True)
class CoverageRow:
    """One admissible application with its reviewers and reviews so far."""

    application_id: int
    startup: str
    assigned: int
    reviews: int


@dataclass(frozen=True)
class CoveragePage:
    """One page of the applications that still lack something; `by_reviews` counts all of them by reviews done."""

    rows: tuple[CoverageRow, ...]
    pages: int
    short: int
    by_reviews: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Holder:
    """One reviewer's duty towards an application."""

    assignment_id: int
    user_id: int
    name: str
    state: AssignmentState
    assigned_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True)
class Candidate:
    """A member of the committee who could take one more dossier, and how many are held."""

    user_id: int
    name: str
    held: int
    capacity: int


@dataclass(frozen=True)
class HandOut:
    """One application with the reviewers who hold or held it, those who could, and those who must not."""

    application_id: int
    code: str
    startup: str
    holders: tuple[Holder, ...]
    candidates: tuple[Candidate, ...]
    grounds: tuple[tuple[str, Ground], ...]
    suspected: tuple[tuple[str, Ground], ...]

    @property
    def takers(self) -> dict[int, str]:
        """Who could take it: user id -> name with the load."""
        return {one.user_id: f"{one.name} ({one.held}/{one.capacity})" for one in self.candidates}

    @property
    def movable(self) -> dict[int, str]:
        """Whose it can be moved from: assignment id -> name."""
        return {one.assignment_id: one.name for one in self.holders if one.state is AssignmentState.OPEN}


def coverage(batch_id: int, per_application: int, *, page: int = 1) -> CoveragePage:
    """The admissible applications that lack reviewers or reviews, the barest first. Two statements."""
    admissible = (Application.batch_id == batch_id) & (Application.state.in_(reviewing.READ_STATES))
    by_reviews = list(
        db.session.execute(
            select(Application.reviews, func.count())
            .where(admissible)
            .group_by(Application.reviews)
            .order_by(Application.reviews)
        )
    )
    rows = db.session.execute(
        select(Application.id, Startup.name, Application.assigned, Application.reviews)
        .join(Startup, Startup.id == Application.startup_id)
        .where(admissible, Application.reviews < per_application)
        .order_by(Application.reviews, Application.assigned, Application.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    short = sum(count for reviews, count in by_reviews if reviews < per_application)
    return CoveragePage(
        rows=tuple(CoverageRow(*row) for row in rows),
        pages=max(1, math.ceil(short / PAGE_SIZE)),
        short=short,
        by_reviews=tuple(by_reviews),
    )


def hand_out(batch_id: int, application_id: int) -> HandOut:
    """One application's reviewers, past and possible. Thirteen statements. Raises: NotFound."""
    startup = db.session.execute(
        select(Startup.id, Startup.name)
        .join(Application, Application.startup_id == Startup.id)
        .where(
            Application.id == application_id,
            Application.batch_id == batch_id,
            Application.state.not_in(reviewing.UNREADABLE),
        )
    ).first()
    if startup is None:
        raise NotFound(Message("There is no such application."))
    holders = db.session.execute(
        select(Assignment.id, User.id, User.name, Assignment.state, Assignment.assigned_at, Assignment.closed_at)
        .join(User, User.id == Assignment.reviewer_user_id)
        .where(Assignment.application_id == application_id)
        .order_by(Assignment.assigned_at, Assignment.id)
    )
    found = planning.basis(batch_id)
    names = {member.id: member.name for member in found.members}
    grounds = [ground for ground in found.grounds if ground.startup_id == startup.id]
    certain = [ground for ground in grounds if ground.is_certain]
    barred = {ground.reviewer_id for ground in certain}
    suspected = findings.undecided([one for one in grounds if one.reviewer_id not in barred], startup.id)
    barred |= {reviewer_id for id_, reviewer_id in found.kept if id_ == application_id}
    return HandOut(
        application_id=application_id,
        code=reviewing.dossier_code(application_id),
        startup=startup.name,
        holders=tuple(Holder(*row) for row in holders),
        candidates=tuple(
            Candidate(member.id, member.name, member.held, member.capacity)
            for member in sorted(found.members, key=lambda member: (member.held, member.name, member.id))
            if member.id not in barred and member.held < member.capacity
        ),
        grounds=tuple((names[ground.reviewer_id], ground) for ground in certain),
        suspected=tuple((names[ground.reviewer_id], ground) for ground in suspected),
    )
