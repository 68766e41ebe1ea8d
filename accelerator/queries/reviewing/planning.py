"""Queries · Reviewing · Planning — what an assignment rests on, and the plan that follows from it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from accelerator.extensions import db
from accelerator.kernel.enums import ApplicationState, InvitationState
from accelerator.models.accounts import User
from accelerator.models.applications import Application
from accelerator.models.calibration import CalibrationDossier
from accelerator.models.reviewing import Assignment, BatchReviewer
from accelerator.models.startups import Startup
from accelerator.queries.interests import grounds as interests
from accelerator.queries.reviewing.desk import DUTIES
from accelerator.rules import assignment
from accelerator.rules.assignment import Limits, Pair, Plan, Reviewer, Values, Watch, wishes
from accelerator.rules.assignment.wishes import Field, Wishes
from accelerator.rules.conflicts import Ground


@dataclass(frozen=True)
class Member:
    """A reviewer of the committee, with the dossiers held before the plan and the fields known well."""

    id: int
    name: str
    email: str
    capacity: int
    held: int
    knows: Field


@dataclass(frozen=True)
class Basis:
    """Everything a plan is made from. Pairs are (application id, reviewer id)."""

    applications: Mapping[int, int]  # application id -> startup id; the admissible ones
    fields: Mapping[int, Field]  # application id -> its sector and region
    members: tuple[Member, ...]
    grounds: tuple[Ground, ...]  # certain and suspected
    conflict_pairs: frozenset[Pair]
    kept: frozenset[Pair]  # open or reviewed
    spent: frozenset[Pair]  # given back or in conflict: not handed to the same person again
    calibration: frozenset[int] = frozenset()  # applications that everybody scores first


MOST_CELLS = 100_000
"""Applications times reviewers up to which a plan with values or limits is made while somebody waits."""

MOST_CELLS_TOGETHER = 60
"""The same where two reviewers may only share so many dossiers: that is much harder to weigh."""


def basis(batch_id: int) -> Basis:
    """What the next plan of this batch rests on. Eleven statements."""
    entries = _entries(batch_id)
    applications = {row.id: row.startup_id for row in entries}
    committee = db.session.execute(
        select(User.id, User.name, User.email, BatchReviewer.capacity, BatchReviewer.topics, BatchReviewer.regions)
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
        fields={row.id: Field((str(row.sector),), (row.region_code,) if row.region_code else ()) for row in entries},
        members=tuple(
            Member(
                row.id, row.name, row.email, row.capacity, held[row.id], Field(tuple(row.topics), tuple(row.regions))
            )
            for row in committee
        ),
        grounds=tuple(grounds),
        conflict_pairs=frozenset(
            (of_startup[ground.startup_id], ground.reviewer_id)
            for ground in grounds
            if ground.is_certain and ground.startup_id in of_startup
        ),
        kept=kept,
        spent=spent,
        calibration=frozenset(row.id for row in entries if row.calibration is not None),
    )


def _entries(batch_id: int) -> Sequence[Any]:
    """The admissible applications; `calibration` is none where not everybody scores it. One statement."""
    return db.session.execute(
        select(
            Application.id,
            Application.startup_id,
            Startup.sector,
            Startup.region_code,
            CalibrationDossier.position.label("calibration"),
        )
        .join(Startup, Startup.id == Application.startup_id)
        .outerjoin(CalibrationDossier, CalibrationDossier.application_id == Application.id)
        .where(Application.batch_id == batch_id, Application.state == ApplicationState.ADMISSIBLE)
        .order_by(Application.id)
    ).all()


def values(found: Basis, asked: Wishes) -> Values | None:
    """What each pair is worth, where topics and regions count and somebody has named any."""
    return (
        wishes.values(found.fields, {member.id: member.knows for member in found.members}) if asked.by_topic else None
    )


def limits(found: Basis, asked: Wishes) -> Limits:
    """What the plan must hold to."""
    return wishes.limits(asked, {member.id: member.knows for member in found.members})


def reviewers(found: Basis, asked: Wishes) -> list[Reviewer]:
    """The committee with the limits that hold for this plan."""
    most = asked.most if asked.most is not None else wishes.MOST_DOSSIERS
    return [
        Reviewer(member.id, min(member.capacity, most), min(asked.least, member.capacity, most))
        for member in found.members
    ]


def is_large(found: Basis, asked: Wishes) -> bool:
    """Whether the plan takes too long to wait for: many pairs, and more than capacities to weigh."""
    cells = len(found.applications) * len(found.members)
    if asked.together is not None and cells > MOST_CELLS_TOGETHER:
        return True
    return cells > MOST_CELLS and bool(asked.least or asked.mixed or values(found, asked) is not None)


def plan(found: Basis, asked: Wishes, *, seed: int, watch: Watch | None = None) -> Plan:
    """The plan that follows from the basis; the same one every time. Raises: Stopped."""
    return assignment.assign(
        found.applications,
        reviewers(found, asked),
        found.conflict_pairs | found.spent,
        per_application=asked.each,
        kept=found.kept,
        seed=seed,
        values=values(found, asked),
        limits=limits(found, asked),
        read_by_all=found.calibration,
        watch=watch,
    )


def account_for(found: Basis, asked: Wishes, outcome: Mapping[str, Any]) -> Plan:
    """The plan whose pairs are stored, with what lacks and why."""
    return assignment.account_for(
        [(application_id, reviewer_id) for application_id, reviewer_id in outcome["pairs"]],
        found.applications,
        reviewers(found, asked),
        found.conflict_pairs | found.spent,
        per_application=asked.each,
        kept=found.kept,
        values=values(found, asked),
        limits=limits(found, asked),
        read_by_all=found.calibration,
        bound=outcome["bound"],
        price=outcome["price"],
    )


def fingerprint(made: Plan) -> str:
    """A short name of exactly these pairs."""
    return hashlib.sha256(repr(made.pairs).encode()).hexdigest()[:16]


def basis_name(found: Basis, asked: Wishes) -> str:
    """A name of everything a plan rests on: it changes when anything of it does."""
    rests_on = (
        sorted(found.applications.items()),
        sorted((id_, tuple(one.sectors), tuple(one.regions)) for id_, one in found.fields.items()),
        [(member.id, member.capacity, member.knows) for member in found.members],
        *(sorted(pairs) for pairs in (found.conflict_pairs, found.kept, found.spent)),
        sorted(found.calibration),
        sorted(asked.document().items()),
    )
    return hashlib.sha256(repr(rests_on).encode()).hexdigest()


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
