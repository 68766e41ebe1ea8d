"""Services · Demo · Calibration — three dossiers that the committee in review scored first; two members lag behind."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from accelerator.extensions import db
from accelerator.kernel.enums import AssignmentState
from accelerator.models.applications import Application
from accelerator.models.calibration import CalibrationDossier
from accelerator.models.reviewing import Assignment, Review, ReviewDraft, Score
from accelerator.queries.reviewing import planning
from accelerator.rules.assignment import Pair
from accelerator.rules.scoring import Criterion, Scale, overall_score
from accelerator.services.demo.story import BatchFacts, Story
from accelerator.services.reviewing.duties import recount

NOTE: Final = "Regardez les preuves d’usage : combien d’utilisateurs, depuis quand, et qui paie. Une intention n’est pas une preuve."
_DOSSIERS: Final = 3
_LAGGING: Final = 2


@dataclass(frozen=True)
class _Habits:
    """What is needed to score as the committee does; `middle` by application, `severity` by reviewer."""

    chance: Random
    middle: Mapping[int, float]
    severity: Mapping[int, float]


def calibrate(story: Story, batch: BatchFacts) -> None:
    """Three dossiers free of conflict, scored by everybody but the last two, each of whom has one left or more."""
    found = planning.basis(batch.id)
    tied = {application_id for application_id, _ in found.conflict_pairs | found.spent}
    suspected = {ground.startup_id for ground in found.grounds}
    tied |= {id_ for id_, startup_id in found.applications.items() if startup_id in suspected}
    free = [id_ for id_ in found.applications if id_ not in tied]
    chance = Random(f"calibration:{batch.code}")
    chosen = sorted(chance.sample(free, min(_DOSSIERS, len(free))))
    chosen_at = batch.closes_at + timedelta(days=3)
    for place, application_id in enumerate(chosen, start=1):
        story.book.add(
            CalibrationDossier,
            application_id=application_id,
            batch_id=batch.id,
            position=place,
            note=NOTE if place == 1 else "",
            chosen_at=chosen_at,
            chosen_by_user_id=story.people.get("manager"),
        )
    lagging = {(chosen[0], id_) for id_ in [member.id for member in found.members][-_LAGGING:]}
    habits = _habits(chance, batch.id)
    _drop_open(chosen)
    held = {pair for pair in found.kept if pair[0] in chosen} & _reviewed(chosen)
    for member in found.members:
        for application_id in chosen:
            if (application_id, member.id) not in held:
                _write(story, batch, habits, (application_id, member.id), (application_id, member.id) not in lagging)
    story.book.write()
    recount(Application.id.in_(chosen))
    counted = select(func.count()).where(Review.application_id == Application.id).correlate(Application)
    db.session.execute(
        update(Application)
        .where(Application.id.in_(chosen))
        .values(reviews=counted.scalar_subquery())
        .execution_options(synchronize_session=False)
    )


def _habits(chance: Random, batch_id: int) -> _Habits:
    """What the reviews that are in say of the dossiers and of the reviewers."""
    middle = _means(Review.application_id, batch_id)
    whole = sum(middle.values()) / max(len(middle), 1)
    return _Habits(
        chance, middle, {id_: mean - whole for id_, mean in _means(Review.reviewer_user_id, batch_id).items()}
    )


def _means(key: InstrumentedAttribute[int], batch_id: int) -> dict[int, float]:
    rows = db.session.execute(
        select(key, func.avg(Review.overall)).where(Review.batch_id == batch_id).group_by(key).order_by(key)
    )
    return {row[0]: float(row[1]) for row in rows}


def _drop_open(application_ids: Collection[int]) -> None:
    """Open duties of these dossiers are written anew."""
    mine = (Assignment.application_id.in_(application_ids)) & (Assignment.state == AssignmentState.OPEN)
    drafted = select(Assignment.id).where(mine)
    for statement in (
        delete(ReviewDraft).where(ReviewDraft.assignment_id.in_(drafted)),
        delete(Assignment).where(mine),
    ):
        db.session.execute(statement.execution_options(synchronize_session=False))


def _reviewed(application_ids: Collection[int]) -> set[Pair]:
    rows = db.session.execute(
        select(Review.application_id, Review.reviewer_user_id).where(Review.application_id.in_(application_ids))
    )
    return {(row[0], row[1]) for row in rows}


def _write(story: Story, batch: BatchFacts, habits: _Habits, pair: Pair, is_done: bool) -> None:
    application_id, reviewer_id = pair
    chance = habits.chance
    assigned_at = batch.closes_at + timedelta(days=3)
    done_at = min(assigned_at + timedelta(minutes=chance.randrange(120, 3000)), story.now)
    assignment_id = story.book.add(
        Assignment,
        batch_id=batch.id,
        application_id=application_id,
        reviewer_user_id=reviewer_id,
        state=AssignmentState.REVIEWED if is_done else AssignmentState.OPEN,
        position=0,
        assigned_at=assigned_at,
        due_at=batch.reviews_due_at,
        closed_at=done_at if is_done else None,
        active_seconds=chance.randrange(360, 1500) if is_done else 0,
    )
    if not is_done:
        return
    rubric = [Criterion(criterion_id, Decimal(weight)) for criterion_id, weight in batch.criteria]
    opinion = habits.middle.get(application_id, 3.0) + habits.severity.get(reviewer_id, 0.0)
    points = {
        line.id: min(5, max(1, round(opinion + chance.gauss(0, 1.5 if place == 1 else 0.5))))
        for place, line in enumerate(rubric)
    }
    review_id = story.book.add(
        Review,
        assignment_id=assignment_id,
        batch_id=batch.id,
        application_id=application_id,
        reviewer_user_id=reviewer_id,
        overall=overall_score(points, rubric, Scale()),
        comment="",
        submitted_at=done_at,
    )
    for criterion_id, value in points.items():
        story.book.add(Score, review_id=review_id, criterion_id=criterion_id, points=value)
