"""Queries · Reviewing · Calibration — which dossiers everybody scores first, which could be, and what that costs."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import case, func, or_, select

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import AssignmentState, Sector, Stage
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.models.applications import Application
from accelerator.models.calibration import CalibrationDossier
from accelerator.models.reviewing import Assignment, Review, ReviewDraft, Score
from accelerator.models.startups import Startup
from accelerator.queries.reviewing import planning
from accelerator.queries.reviewing.desk import DUTIES
from accelerator.queries.reviewing.dossier import rubric
from accelerator.queries.reviewing.planning import Basis
from accelerator.rules import calibration, reviewing
from accelerator.rules.assignment import Pair

SHOWN: Final = 20
"""Dossiers proposed at once; a search finds the others."""
LETTER: Final = "calibration_ready"


@dataclass(frozen=True)
class ChosenDossier:
    """One calibration dossier: who has it, who is done, and by how many points two reviewers differ, by criterion id."""

    application_id: int
    code: str
    startup: str
    note: str
    chosen_at: datetime
    expected: int
    done: int
    begun: int
    apart: dict[int, float | None]
    dividing: frozenset[int]


@dataclass(frozen=True)
class NotedDossier:
    """One calibration dossier with what to look at in it."""

    application_id: int
    code: str
    startup: str
    note: str


@dataclass(frozen=True)
class Spread:
    """One criterion over the calibration dossiers, in their order: points between two reviewers, and whether it divides."""

    label: Bilingual
    apart: tuple[float | None, ...]
    divides: tuple[bool, ...]


@dataclass(frozen=True)
class Overview:
    """The calibration of a batch as its manager sees it; nobody's own points are in it."""

    dossiers: tuple[ChosenDossier, ...]
    spreads: tuple[Spread, ...]

    @property
    def is_any_dividing(self) -> bool:
        """Whether some criterion divides the committee."""
        return any(any(spread.divides) for spread in self.spreads)

    @property
    def left(self) -> int:
        """How many more may be chosen."""
        return calibration.MOST - len(self.dossiers)


@dataclass(frozen=True)
class Candidate:
    """An admissible application that nobody has begun; `barred` members must not score it."""

    application_id: int
    code: str
    startup: str
    sector: Sector
    stage: Stage
    barred: int
    readers: int
    held: int


@dataclass(frozen=True)
class Recap:
    """What choosing some dossiers would do; `pairs` are the reviews it adds. `fingerprint` names exactly this."""

    dossiers: tuple[Candidate, ...]
    members: int
    pairs: tuple[Pair, ...]
    held: int
    people: frozenset[int]
    over: tuple[str, ...]
    fingerprint: str

    @property
    def picked_ids(self) -> list[int]:
        """The applications, in order."""
        return [one.application_id for one in self.dossiers]

    @property
    def minutes_each(self) -> int:
        """What a review is counted at."""
        return reviewing.DEFAULT_MINUTES

    @property
    def hours(self) -> int:
        """The working time of all of it, in whole hours begun."""
        return math.ceil((len(self.pairs) + self.held) * reviewing.DEFAULT_MINUTES / 60)


def chosen_ids(batch_id: int) -> list[int]:
    """The calibration dossiers of a batch that are still read, in order. One statement."""
    return list(
        db.session.scalars(
            select(CalibrationDossier.application_id)
            .join(Application, Application.id == CalibrationDossier.application_id)
            .where(CalibrationDossier.batch_id == batch_id, Application.state.not_in(reviewing.UNREADABLE))
            .order_by(CalibrationDossier.position, CalibrationDossier.application_id)
        )
    )


def overview(batch_id: int, rubric_id: int | None) -> Overview:
    """The calibration dossiers of a batch with what is done and what divides. Three statements."""
    criteria, scale = rubric(rubric_id)
    given: defaultdict[int, defaultdict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for application_id, criterion_id, points in db.session.execute(
        select(Review.application_id, Score.criterion_id, Score.points)
        .join(Score, Score.review_id == Review.id)
        .join(CalibrationDossier, CalibrationDossier.application_id == Review.application_id)
        .where(CalibrationDossier.batch_id == batch_id)
    ):
        given[application_id][criterion_id].append(points)
    dossiers = []
    for row in _chosen(batch_id):
        apart = {one.id: calibration.apart(given[row.application_id][one.id]) for one in criteria}
        dossiers.append(
            ChosenDossier(
                application_id=row.application_id,
                code=reviewing.dossier_code(row.application_id),
                startup=row.name,
                note=row.note,
                chosen_at=row.chosen_at,
                expected=row.expected,
                done=row.done,
                begun=row.begun,
                apart=apart,
                dividing=calibration.dividing(apart, scale),
            )
        )
    return Overview(
        dossiers=tuple(dossiers),
        spreads=tuple(
            Spread(
                one.label,
                tuple(dossier.apart[one.id] for dossier in dossiers),
                tuple(one.id in dossier.dividing for dossier in dossiers),
            )
            for one in criteria
        ),
    )


def _chosen(batch_id: int) -> Sequence[Any]:
    is_duty = Assignment.state.in_(DUTIES)
    is_begun = (Assignment.state == AssignmentState.REVIEWED) | (is_duty & ReviewDraft.assignment_id.is_not(None))

    def count(condition: Any) -> Any:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    return db.session.execute(
        select(
            CalibrationDossier.application_id,
            CalibrationDossier.note,
            CalibrationDossier.chosen_at,
            CalibrationDossier.position,
            Startup.name,
            count(is_duty).label("expected"),
            count(Assignment.state == AssignmentState.REVIEWED).label("done"),
            count(is_begun).label("begun"),
        )
        .join(Application, Application.id == CalibrationDossier.application_id)
        .join(Startup, Startup.id == Application.startup_id)
        .outerjoin(Assignment, Assignment.application_id == CalibrationDossier.application_id)
        .outerjoin(ReviewDraft, ReviewDraft.assignment_id == Assignment.id)
        .where(CalibrationDossier.batch_id == batch_id, Application.state.not_in(reviewing.UNREADABLE))
        .group_by(CalibrationDossier.application_id, Startup.id)
        .order_by(CalibrationDossier.position, CalibrationDossier.application_id)
    ).all()


def chosen_note(batch_id: int, application_id: int) -> NotedDossier:
    """What is to be looked at in one calibration dossier. One statement. Raises: NotFound."""
    row = db.session.execute(
        select(CalibrationDossier.note, Startup.name)
        .join(Application, Application.id == CalibrationDossier.application_id)
        .join(Startup, Startup.id == Application.startup_id)
        .where(CalibrationDossier.batch_id == batch_id, CalibrationDossier.application_id == application_id)
    ).first()
    if row is None:
        raise NotFound(Message("This is not a calibration dossier of this batch."))
    return NotedDossier(application_id, reviewing.dossier_code(application_id), row.name, row.note)


def begun_ids(batch_id: int) -> set[int]:
    """The applications that somebody has begun to score, or has scored. One statement."""
    return set(
        db.session.scalars(
            select(Assignment.application_id)
            .outerjoin(ReviewDraft, ReviewDraft.assignment_id == Assignment.id)
            .where(
                Assignment.batch_id == batch_id,
                Assignment.state.in_(DUTIES),
                or_(Assignment.state == AssignmentState.REVIEWED, ReviewDraft.assignment_id.is_not(None)),
            )
        )
    )


def candidates(
    batch_id: int, *, search: str = "", picked: Collection[int] = ()
) -> tuple[list[Candidate], list[Candidate], int]:
    """Those picked, those proposed, and how many there are in all: nobody has begun them, the fewest barred first.

    `search` is part of a startup's name, or a dossier's number. Thirteen statements.
    """
    found = planning.basis(batch_id)
    begun = begun_ids(batch_id)
    free = [id_ for id_ in found.applications if id_ not in begun and id_ not in found.calibration]
    rows = _named(batch_id, search)
    barred = Counter(application_id for application_id, _ in found.conflict_pairs)
    mine = [id_ for id_ in free if id_ in picked]
    proposed = sorted(
        (id_ for id_ in free if id_ not in picked and rows[id_].is_found), key=lambda id_: (barred[id_], id_)
    )
    made = {id_: _candidate(found, rows[id_], barred) for id_ in (*mine, *proposed[:SHOWN])}
    return [made[id_] for id_ in mine], [made[id_] for id_ in proposed[:SHOWN]], len(proposed)


def recap(batch_id: int, application_ids: Collection[int]) -> Recap:
    """What choosing these dossiers would do; those that cannot be chosen are left out. Thirteen statements."""
    found = planning.basis(batch_id)
    begun = begun_ids(batch_id)
    wanted = [
        id_
        for id_ in found.applications
        if id_ in application_ids and id_ not in begun and id_ not in found.calibration
    ]
    rows = _named(batch_id)
    barred = Counter(application_id for application_id, _ in found.conflict_pairs)
    pairs = new_pairs(found, wanted)
    held = [(id_, reviewer_id) for id_, reviewer_id in found.kept if id_ in wanted]
    added = Counter(reviewer_id for _, reviewer_id in pairs)
    return Recap(
        dossiers=tuple(_candidate(found, rows[id_], barred) for id_ in wanted),
        members=sum(1 for member in found.members if member.capacity),
        pairs=tuple(pairs),
        held=len(held),
        people=frozenset(reviewer_id for _, reviewer_id in (*pairs, *held)),
        over=tuple(
            member.name
            for member in sorted(found.members, key=lambda member: (member.name, member.id))
            if added[member.id] and member.held + added[member.id] > member.capacity
        ),
        fingerprint=hashlib.sha256(repr((wanted, pairs, sorted(held))).encode()).hexdigest()[:16],
    )


def new_pairs(found: Basis, application_ids: Collection[int]) -> list[Pair]:
    """Every member with a limit above zero and each of these dossiers, but for conflicts and what is or was on a desk."""
    taken = found.conflict_pairs | found.spent | found.kept
    return sorted(
        (application_id, member.id)
        for application_id in application_ids
        for member in found.members
        if member.capacity and (application_id, member.id) not in taken
    )


def _candidate(found: Basis, row: Any, barred: Counter[int]) -> Candidate:
    held = sum(1 for application_id, _ in found.kept if application_id == row.id)
    return Candidate(
        application_id=row.id,
        code=reviewing.dossier_code(row.id),
        startup=row.name,
        sector=row.sector,
        stage=row.stage,
        barred=barred[row.id],
        readers=len(new_pairs(found, [row.id])) + held,
        held=held,
    )


def _named(batch_id: int, search: str = "") -> dict[int, Any]:
    """The entries of a batch by id, with whether a search finds them."""
    number = int(search) if search.isascii() and search.isdecimal() and len(search) < 10 else 0
    words = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    is_found = or_(Startup.name.ilike(f"%{words}%", escape="\\"), Application.id == number)
    rows = db.session.execute(
        select(Application.id, Startup.name, Startup.sector, Startup.stage, is_found.label("is_found"))
        .join(Startup, Startup.id == Application.startup_id)
        .where(Application.batch_id == batch_id)
    )
    return {row.id: row for row in rows}
