"""Queries · Reviewing · Comparison — one reviewer's calibration reviews beside the group's. Nobody else's are shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import AssignmentState
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.models.applications import Application
from accelerator.models.calibration import CalibrationDossier
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import Assignment, Review, Score
from accelerator.queries.reviewing.desk import CALIBRATION_LEFT, DUTIES, FREE_OF_CONFLICT, IS_CALIBRATION
from accelerator.queries.reviewing.dossier import Point, ScoredCriterion, rubric
from accelerator.rules import calibration, reviewing
from accelerator.rules.calibration import Comparison, Given, Middle, Standing
from accelerator.rules.scoring import Scale


@dataclass(frozen=True)
class ComparedLine:
    """One criterion: the own point, the middle of the group's, and what these points stand for."""

    label: Bilingual
    own: Point
    group: Middle
    anchors: tuple[Point, ...]


@dataclass(frozen=True)
class ComparedDossier:
    """One of the reviewer's own calibration dossiers; nothing of the group's before the own review and `missing` more."""

    assignment_id: int
    code: str
    state: AssignmentState
    overall: Decimal | None
    note: str
    missing: int
    comparison: Comparison | None
    lines: tuple[ComparedLine, ...]


@dataclass(frozen=True)
class Feedback:
    """A reviewer's calibration in one batch."""

    batch_code: str
    name: Bilingual
    is_round_open: bool
    scale: Scale
    dossiers: tuple[ComparedDossier, ...]
    standing: Standing | None

    @property
    def done(self) -> int:
        """How many are reviewed."""
        return sum(1 for one in self.dossiers if one.state is AssignmentState.REVIEWED)

    @property
    def next_id(self) -> int | None:
        """The calibration dossier to open next."""
        return next((one.assignment_id for one in self.dossiers if one.state is AssignmentState.OPEN), None)


def feedback(batch_code: str, reviewer_id: int, now: datetime) -> Feedback:
    """The reviewer's own calibration dossiers, free of conflict, with the group's figures. Three statements.

    Raises: NotFound where the reviewer has none in this batch.
    """
    rows = _own(batch_code, reviewer_id)
    if not rows:
        raise NotFound(Message("No calibration dossier of this batch is on your desk."))
    criteria, scale = rubric(rows[0].rubric_id)
    own, others = _given([row.application_id for row in rows if row.overall is not None], reviewer_id)
    dossiers = tuple(_compared(row, criteria, own, others.get(row.application_id, [])) for row in rows)
    return Feedback(
        batch_code=rows[0].batch_code,
        name=Bilingual(rows[0].name_fr, rows[0].name_en),
        is_round_open=reviewing.is_round_open(rows[0].batch_state, rows[0].reviews_due_at, now),
        scale=scale,
        dossiers=dossiers,
        standing=calibration.standing([one.comparison.difference for one in dossiers if one.comparison], scale),
    )


def find_finished(reviewer_id: int, assignment_id: int) -> str | None:
    """The batch's code when this is a calibration dossier and none is left to score; None else. One statement."""
    return db.session.scalar(
        select(Batch.code)
        .join(Assignment, Assignment.batch_id == Batch.id)
        .where(
            Assignment.id == assignment_id,
            Assignment.reviewer_user_id == reviewer_id,
            IS_CALIBRATION,
            ~CALIBRATION_LEFT,
        )
    )


def _own(batch_code: str, reviewer_id: int) -> Sequence[Any]:
    return db.session.execute(
        select(
            Assignment.id,
            Assignment.application_id,
            Assignment.state,
            CalibrationDossier.note,
            Batch.code.label("batch_code"),
            Batch.name_fr,
            Batch.name_en,
            Batch.rubric_id,
            Batch.state.label("batch_state"),
            Batch.reviews_due_at,
            Review.overall,
        )
        .join(CalibrationDossier, CalibrationDossier.application_id == Assignment.application_id)
        .join(Application, Application.id == Assignment.application_id)
        .join(Batch, Batch.id == Assignment.batch_id)
        .outerjoin(Review, Review.assignment_id == Assignment.id)
        .where(
            Batch.code == batch_code,
            Assignment.reviewer_user_id == reviewer_id,
            Assignment.state.in_(DUTIES),
            Application.state.not_in(reviewing.UNREADABLE),
            FREE_OF_CONFLICT,
        )
        .order_by(Assignment.position, Assignment.id)
    ).all()


def _given(application_ids: Sequence[int], reviewer_id: int) -> tuple[dict[int, Given], dict[int, list[Given]]]:
    """By application: the own review, and the others' in the order they came in. One statement."""
    points: defaultdict[tuple[int, int, int, Decimal], dict[int, int]] = defaultdict(dict)
    for row in db.session.execute(
        select(
            Review.application_id, Review.id, Review.reviewer_user_id, Review.overall, Score.criterion_id, Score.points
        )
        .join(Score, Score.review_id == Review.id)
        .where(Review.application_id.in_(application_ids))
        .order_by(Review.id)
    ):
        points[row.application_id, row.id, row.reviewer_user_id, row.overall][row.criterion_id] = row.points
    own: dict[int, Given] = {}
    others: dict[int, list[Given]] = {}
    for (application_id, _, user_id, overall), scores in points.items():
        if user_id == reviewer_id:
            own[application_id] = Given(overall, scores)
        else:
            others.setdefault(application_id, []).append(Given(overall, scores))
    return own, others


def _compared(
    row: Any, criteria: Sequence[ScoredCriterion], own: dict[int, Given], others: Sequence[Given]
) -> ComparedDossier:
    mine = own.get(row.application_id)
    compared = calibration.compare(mine, others) if mine is not None else None
    return ComparedDossier(
        assignment_id=row.id,
        code=reviewing.dossier_code(row.application_id),
        state=row.state,
        overall=row.overall,
        note=row.note if compared is not None else "",
        missing=calibration.missing(len(others)) if mine is not None else calibration.OTHERS,
        comparison=compared,
        lines=_lines(criteria, mine, compared) if mine is not None and compared is not None else (),
    )


def _lines(criteria: Sequence[ScoredCriterion], mine: Given, compared: Comparison) -> tuple[ComparedLine, ...]:
    lines = []
    for criterion in criteria:
        group = compared.criteria.get(criterion.id)
        if group is None:
            continue
        anchors = {point.points: point for point in criterion.scale}
        lines.append(
            ComparedLine(
                label=criterion.label,
                own=anchors[mine.points[criterion.id]],
                group=group,
                anchors=tuple(anchors[points] for points in group.whole),
            )
        )
    return tuple(lines)
