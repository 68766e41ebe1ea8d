"""Queries · Rubrics — the scoring sheets with their versions: what they hold, who uses them, whether somebody scored."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import BatchState
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import Assignment, Criterion, Review, ReviewDraft, Rubric, Score
from accelerator.rules import rubrics as rules
from accelerator.rules.rubrics import CriterionPlan, RubricPlan


@dataclass(frozen=True)
class RubricRow:
    """One version of one rubric in a list."""

    id: int
    code: str
    version: int
    name: Bilingual
    criteria: int
    batches: tuple[str, ...]
    is_scored: bool
    is_latest: bool


@dataclass(frozen=True)
class Line:
    """One criterion with its part of the whole, from 0 to 1."""

    plan: CriterionPlan
    share: float


@dataclass(frozen=True)
class UsedBy:
    """A batch that scores with a rubric, or could: `can_change` while nobody has scored in it."""

    id: int
    code: str
    name: Bilingual
    rubric_id: int | None
    can_change: bool


@dataclass(frozen=True)
class Sheet:
    """One version whole; `fingerprint` names exactly this content."""

    id: int
    code: str
    version: int
    latest: int
    plan: RubricPlan
    lines: tuple[Line, ...]
    total: Decimal
    is_scored: bool
    versions: tuple[tuple[int, int], ...]  # id, version; the newest first
    batches: tuple[UsedBy, ...]
    fingerprint: str

    @property
    def is_latest(self) -> bool:
        """True for the version that a change starts from."""
        return self.version == self.latest

    @property
    def used_by(self) -> tuple[UsedBy, ...]:
        """The batches that score with this version."""
        return tuple(batch for batch in self.batches if batch.rubric_id == self.id)

    @property
    def choices(self) -> dict[int, str]:
        """The batches that could take this version: id -> code."""
        return {batch.id: batch.code for batch in self.batches if batch.can_change and batch.rubric_id != self.id}


_LINE, _DUTY, _ROUND = aliased(Criterion), aliased(Assignment), aliased(Batch)
"""Under names of their own: in a statement that lists rubrics or batches they are not its rows."""


def is_scored_with(rubric_id: ColumnElement[int] | int) -> ColumnElement[bool]:
    """True in SQL when somebody has scored with this version, or begun to."""
    scored = exists().where(Score.criterion_id == _LINE.id, _LINE.rubric_id == rubric_id)
    begun = exists().where(
        ReviewDraft.assignment_id == _DUTY.id, _DUTY.batch_id == _ROUND.id, _ROUND.rubric_id == rubric_id
    )
    return or_(scored, begun)


def has_scores(batch_id: ColumnElement[int] | int) -> ColumnElement[bool]:
    """True in SQL when somebody has scored in this batch, or begun to."""
    begun = exists().where(ReviewDraft.assignment_id == _DUTY.id, _DUTY.batch_id == batch_id)
    return or_(exists().where(Review.batch_id == batch_id), begun)


def rubrics() -> list[RubricRow]:
    """Every version of every rubric, the newest of each first. Two statements."""
    lines = func.count(Criterion.id)
    rows = db.session.execute(
        select(Rubric, lines.label("criteria"), is_scored_with(Rubric.id).label("is_scored"))
        .outerjoin(Criterion, Criterion.rubric_id == Rubric.id)
        .group_by(Rubric.id)
        .order_by(Rubric.code, Rubric.version.desc())
    ).all()
    codes: dict[int, list[str]] = {}
    for batch in db.session.execute(
        select(Batch.rubric_id, Batch.code).where(Batch.rubric_id.is_not(None)).order_by(Batch.code)
    ):
        codes.setdefault(batch.rubric_id, []).append(batch.code)
    latest: dict[str, int] = {}
    for row in rows:
        latest.setdefault(row.Rubric.code, row.Rubric.version)
    return [
        RubricRow(
            row.Rubric.id,
            row.Rubric.code,
            row.Rubric.version,
            Bilingual(row.Rubric.name_fr, row.Rubric.name_en),
            row.criteria,
            tuple(codes.get(row.Rubric.id, ())),
            bool(row.is_scored),
            latest[row.Rubric.code] == row.Rubric.version,
        )
        for row in rows
    ]


def sheet(rubric_id: int) -> Sheet:
    """One version whole. Five statements. Raises: NotFound."""
    rubric = db.session.get(Rubric, rubric_id)
    if rubric is None:
        raise NotFound(Message("There is no such rubric."))
    plan = stored_plan(rubric)
    versions = [
        (row.id, row.version)
        for row in db.session.execute(
            select(Rubric.id, Rubric.version).where(Rubric.code == rubric.code).order_by(Rubric.version.desc())
        )
    ]
    total = rules.total_weight([line.weight or Decimal(0) for line in plan.criteria])
    return Sheet(
        id=rubric.id,
        code=rubric.code,
        version=rubric.version,
        latest=versions[0][1],
        plan=plan,
        lines=tuple(Line(line, rules.share(line.weight or Decimal(0), total)) for line in plan.criteria),
        total=total,
        is_scored=is_scored(rubric_id),
        versions=tuple(versions),
        batches=tuple(_batches()),
        fingerprint=fingerprint(plan),
    )


def stored_plan(rubric: Rubric) -> RubricPlan:
    """The plan that a rubric row and its criteria hold. One statement."""
    rows = db.session.scalars(
        select(Criterion).where(Criterion.rubric_id == rubric.id).order_by(Criterion.position, Criterion.id)
    ).all()
    points = range(rubric.scale_min, rubric.scale_max + 1)
    return RubricPlan(
        Bilingual(rubric.name_fr, rubric.name_en),
        rubric.scale_min,
        rubric.scale_max,
        tuple(_criterion(row, place, points) for place, row in enumerate(rows)),
    )


def is_scored(rubric_id: int) -> bool:
    """True when somebody has scored with this version, or begun to. One statement."""
    return bool(db.session.scalar(select(is_scored_with(rubric_id))))


def fingerprint(plan: RubricPlan) -> str:
    """A short name of exactly this content."""
    return hashlib.sha256(repr(plan).encode()).hexdigest()[:16]


def _criterion(row: Criterion, place: int, points: range) -> CriterionPlan:
    anchors = {anchor["points"]: Bilingual(anchor["fr"], anchor["en"]) for anchor in row.anchors}
    return CriterionPlan(
        row.code,
        Bilingual(row.label_fr, row.label_en),
        Bilingual(row.help_fr, row.help_en),
        row.weight,
        tuple(anchors.get(str(point), Bilingual("", "")) for point in points),
        place,
    )


def _batches() -> list[UsedBy]:
    rows: Any = db.session.execute(
        select(
            Batch.id,
            Batch.code,
            Batch.name_fr,
            Batch.name_en,
            Batch.rubric_id,
            and_(Batch.state != BatchState.DECIDED, ~has_scores(Batch.id)).label("can_change"),
        ).order_by(Batch.starts_on.desc(), Batch.id.desc())
    )
    return [
        UsedBy(row.id, row.code, Bilingual(row.name_fr, row.name_en), row.rubric_id, bool(row.can_change))
        for row in rows
    ]
