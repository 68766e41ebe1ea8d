"""Queries · Reviewing · Planning — what an assignment rests on, and the plan that follows from it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from accelerator.extensions import db
from accelerator.kernel.enums import ApplicationState, InvitationState
from accelerator.kernel.message import Message
from accelerator.models.accounts import User
from accelerator.models.applications import Application
from accelerator.models.reviewing import Assignment, BatchReviewer
from accelerator.models.startups import Startup
from accelerator.queries.interests import grounds as interests
from accelerator.queries.reviewing.desk import DUTIES
from accelerator.rules import assignment
from accelerator.rules.assignment import Pair, Plan
from accelerator.rules.conflicts import Ground


@dataclass(frozen=True)
class Member:
    """A reviewer of the committee, with the dossiers held before the plan."""

    id: int
    name: str
    capacity: int
    held: int


@dataclass(frozen=True)
class Basis:
    """Everything a plan is made from. Pairs are (application id, reviewer id)."""

    applications: Mapping[int, int]  # application id -> startup id; the admissible ones
    members: tuple[Member, ...]
    grounds: tuple[Ground, ...]  # certain and suspected
    conflict_pairs: frozenset[Pair]
    kept: frozenset[Pair]  # open or reviewed
    spent: frozenset[Pair]  # given back or in conflict: not handed to the same person again


@dataclass(frozen=True)
class LoadRow:
    """One reviewer's load before and after the plan."""

    user_id: int
    name: str
    capacity: int
    before: int
    after: int

    @property
    def added(self) -> int:
        """How many the plan adds."""
        return self.after - self.before


@dataclass(frozen=True)
class ShortRow:
    """One application that stays short, by name, with the sentence that says why."""

    application_id: int
    startup: str
    missing: int
    reason: Message


@dataclass(frozen=True)
class Preview:
    """A plan ready to look at; nothing of it is stored. `fingerprint` names exactly this plan."""

    plan: Plan
    applications: int
    needed: int
    kept: int
    conflicts_avoided: int
    loads: tuple[LoadRow, ...]
    short: tuple[ShortRow, ...]
    short_in_all: int
    fingerprint: str

    @property
    def receivers(self) -> int:
        """How many reviewers get new dossiers."""
        return sum(1 for row in self.loads if row.added)

    @property
    def most(self) -> int:
        """The longest bar: the greatest limit or load."""
        return max((max(row.capacity, row.after) for row in self.loads), default=1) or 1


SHORT_SHOWN = 50


def basis(batch_id: int) -> Basis:
    """What the next plan of this batch rests on. Eleven statements."""
    applications = dict(
        db.session.execute(
            select(Application.id, Application.startup_id)
            .where(Application.batch_id == batch_id, Application.state == ApplicationState.ADMISSIBLE)
            .order_by(Application.id)
        ).all()
    )
    committee = db.session.execute(
        select(User.id, User.name, BatchReviewer.capacity)
        .join(BatchReviewer, BatchReviewer.user_id == User.id)
        .where(BatchReviewer.batch_id == batch_id, BatchReviewer.state == InvitationState.ACCEPTED)
        .order_by(User.id)
    ).all()
    assignments = db.session.execute(
        select(Assignment.application_id, Assignment.reviewer_user_id, Assignment.state).where(
            Assignment.batch_id == batch_id
        )
    ).all()
    kept = frozenset((row.application_id, row.reviewer_user_id) for row in assignments if row.state in DUTIES)
    spent = frozenset((row.application_id, row.reviewer_user_id) for row in assignments if row.state not in DUTIES)
    held = Counter(reviewer_id for _, reviewer_id in kept)
    grounds = interests.between([row.id for row in committee], entered(batch_id))
    of_startup = {startup_id: application_id for application_id, startup_id in applications.items()}
    return Basis(
        applications=applications,
        members=tuple(Member(row.id, row.name, row.capacity, held[row.id]) for row in committee),
        grounds=tuple(grounds),
        conflict_pairs=frozenset(
            (of_startup[ground.startup_id], ground.reviewer_id)
            for ground in grounds
            if ground.is_certain and ground.startup_id in of_startup
        ),
        kept=kept,
        spent=spent,
    )


def plan(found: Basis, *, per_application: int, seed: int) -> Plan:
    """The plan that follows from the basis; the same one every time."""
    return assignment.assign(
        found.applications,
        [assignment.Reviewer(member.id, member.capacity) for member in found.members],
        found.conflict_pairs | found.spent,
        per_application=per_application,
        kept=found.kept,
        seed=seed,
    )


def fingerprint(made: Plan) -> str:
    """A short name of exactly these pairs."""
    return hashlib.sha256(repr(made.pairs).encode()).hexdigest()[:16]


def preview(batch_id: int, *, per_application: int) -> Preview:
    """What confirming would store, before anything is. Twelve statements."""
    found = basis(batch_id)
    made = plan(found, per_application=per_application, seed=batch_id)
    shown = made.shortfalls[:SHORT_SHOWN]
    names = dict(
        db.session.execute(
            select(Application.id, Startup.name)
            .join(Startup, Startup.id == Application.startup_id)
            .where(Application.id.in_([shortfall.application_id for shortfall in shown]))
        ).all()
    )
    return Preview(
        plan=made,
        applications=len(found.applications),
        needed=len(found.applications) * per_application,
        kept=sum(1 for application_id, _ in found.kept if application_id in found.applications),
        conflicts_avoided=len(found.conflict_pairs),
        loads=tuple(
            LoadRow(member.id, member.name, member.capacity, member.held, made.loads[member.id])
            for member in sorted(found.members, key=lambda member: (-made.loads[member.id], member.name, member.id))
        ),
        short=tuple(
            ShortRow(short.application_id, names[short.application_id], short.missing, short.reason) for short in shown
        ),
        short_in_all=len(made.shortfalls),
        fingerprint=fingerprint(made),
    )


def grounds_between(reviewer_id: int, application_id: int) -> list[Ground]:
    """Why this reviewer must not score this application; empty when nothing speaks against it. Eight statements."""
    startup = select(Application.startup_id).where(Application.id == application_id)
    return [ground for ground in interests.between([reviewer_id], startup) if ground.is_certain]


def conflicting_startups(batch_id: int) -> dict[int, set[int]]:
    """Reviewer id -> startups of the batch that this member must not score. Nine statements."""
    members = db.session.scalars(
        select(BatchReviewer.user_id).where(
            BatchReviewer.batch_id == batch_id, BatchReviewer.state == InvitationState.ACCEPTED
        )
    ).all()
    found: dict[int, set[int]] = {}
    for ground in interests.between(members, entered(batch_id)):
        if ground.is_certain:
            found.setdefault(ground.reviewer_id, set()).add(ground.startup_id)
    return found


def entered(batch_id: int) -> Select[Any]:
    """The ids of the startups with an entry in a batch, as a statement."""
    return select(Application.startup_id).where(Application.batch_id == batch_id)
