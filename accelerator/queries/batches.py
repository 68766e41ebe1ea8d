"""Queries · Batches — the intakes as the programme team sees them: their dates, phase and figures."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import bindparam, func, select

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import (
    ApplicationState,
    AssignmentState,
    BatchPhase,
    BatchState,
    InvitationState,
    OfferState,
)
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.models.applications import Application
from accelerator.models.programmes import Batch, Question, Track
from accelerator.models.reviewing import Assignment, BatchReviewer, Rubric
from accelerator.models.selection import Offer
from accelerator.rules import programmes
from accelerator.rules.programmes import BatchFigures, BatchPlan, Milestone, NextStep

DECIDED_STATES = (ApplicationState.ADMITTED, ApplicationState.WAITLISTED, ApplicationState.REFUSED)


@dataclass(frozen=True)
class BatchSummary:
    """One batch with its phase at the instant asked."""

    id: int
    code: str
    name: Bilingual
    track: Bilingual
    track_code: str
    state: BatchState
    phase: BatchPhase
    is_rolling: bool
    places: int
    places_taken: int
    reviews_per_application: int
    opens_at: datetime
    closes_at: datetime
    reviews_due_at: datetime
    decides_on: date
    starts_on: date
    ends_on: date
    place_name: str
    version: int
    rubric_id: int | None
    rubric: Bilingual


@dataclass(frozen=True)
class BatchAtWork:
    """A batch, how far it is, and what it waits for."""

    batch: BatchSummary
    figures: BatchFigures
    next_step: NextStep
    milestones: list[Milestone]


@dataclass(frozen=True)
class Named:
    """A thing to choose, by id."""

    id: int
    name: Bilingual


def batches(now: datetime) -> list[BatchSummary]:
    """Every batch, the latest start first. One statement."""
    return [_summary(row, now) for row in db.session.connection().execute(_BATCHES)]


def batch(code: str, now: datetime) -> BatchSummary:
    """One batch by its code. Raises: NotFound."""
    row = db.session.connection().execute(_BATCH, {"code": code}).first()
    if row is None:
        raise NotFound(Message("There is no such batch."))
    return _summary(row, now)


def at_work(now: datetime) -> list[BatchAtWork]:
    """Every batch that is not over, with its figures and next step; the nearest decision first. Five statements."""
    alive = [summary for summary in batches(now) if summary.phase is not BatchPhase.FINISHED]
    figures = figures_of([summary.id for summary in alive])
    order = list(BatchPhase)
    return [
        _at_work(summary, figures[summary.id], now)
        for summary in sorted(alive, key=lambda one: (-order.index(one.phase), one.closes_at, one.id))
    ]


def with_figures(summary: BatchSummary, now: datetime) -> BatchAtWork:
    """One batch with its figures and next step. Four statements."""
    return _at_work(summary, figures_of([summary.id])[summary.id], now)


def _at_work(summary: BatchSummary, figures: BatchFigures, now: datetime) -> BatchAtWork:
    step = programmes.next_step(
        summary.phase, figures, is_rolling=summary.is_rolling, per_application=summary.reviews_per_application
    )
    dates = programmes.milestones(
        opens_at=summary.opens_at,
        closes_at=summary.closes_at,
        reviews_due_at=summary.reviews_due_at,
        decides_on=summary.decides_on,
        starts_on=summary.starts_on,
        ends_on=summary.ends_on,
        is_rolling=summary.is_rolling,
        now=now,
    )
    return BatchAtWork(summary, figures, step, dates)


def figures_of(batch_ids: Collection[int]) -> dict[int, BatchFigures]:
    """How far each batch is, counted from indexes alone. Four statements."""
    applications = _counts(Application.batch_id, Application.state, batch_ids)
    assignments = _counts(Assignment.batch_id, Assignment.state, batch_ids)
    offers = _counts(Offer.batch_id, Offer.state, batch_ids)
    reviewers = dict(
        db.session.execute(
            select(BatchReviewer.batch_id, func.count())
            .where(BatchReviewer.batch_id.in_(batch_ids), BatchReviewer.state == InvitationState.ACCEPTED)
            .group_by(BatchReviewer.batch_id)
        ).all()
    )
    return {
        batch_id: BatchFigures(
            drafts=applications.get((batch_id, ApplicationState.DRAFT), 0),
            to_screen=applications.get((batch_id, ApplicationState.SUBMITTED), 0),
            admissible=applications.get((batch_id, ApplicationState.ADMISSIBLE), 0),
            not_admissible=applications.get((batch_id, ApplicationState.INADMISSIBLE), 0),
            withdrawn=applications.get((batch_id, ApplicationState.WITHDRAWN), 0),
            decided=sum(applications.get((batch_id, state), 0) for state in DECIDED_STATES),
            reviewers=reviewers.get(batch_id, 0),
            assigned=assignments.get((batch_id, AssignmentState.OPEN), 0)
            + assignments.get((batch_id, AssignmentState.REVIEWED), 0),
            reviewed=assignments.get((batch_id, AssignmentState.REVIEWED), 0),
            offers_open=offers.get((batch_id, OfferState.DRAFT), 0) + offers.get((batch_id, OfferState.SENT), 0),
            offers_accepted=offers.get((batch_id, OfferState.ACCEPTED), 0),
        )
        for batch_id in batch_ids
    }


def plan_of(code: str) -> BatchPlan:
    """What was decided about a batch, as its form shows it. Raises: NotFound."""
    row = db.session.scalar(select(Batch).where(Batch.code == code))
    if row is None:
        raise NotFound(Message("There is no such batch."))
    return stored_plan(row)


def stored_plan(row: Batch) -> BatchPlan:
    """The plan a batch row holds."""
    return BatchPlan(**{name: getattr(row, name) for name in BatchPlan.__dataclass_fields__})


def last_edition() -> str | None:
    """The code of the batch that starts last among those with a cohort; None in an empty house."""
    return db.session.scalar(
        select(Batch.code).where(Batch.is_rolling.is_(False)).order_by(Batch.starts_on.desc(), Batch.id.desc()).limit(1)
    )


def tracks() -> list[Named]:
    """The tracks in their order."""
    rows = db.session.scalars(select(Track).order_by(Track.position, Track.id))
    return [Named(row.id, Bilingual(row.name_fr, row.name_en)) for row in rows]


def rubrics() -> list[Named]:
    """The rubrics, the newest version first."""
    rows = db.session.scalars(select(Rubric).order_by(Rubric.code, Rubric.version.desc()))
    return [
        Named(row.id, Bilingual(f"{row.name_fr} (v{row.version})", f"{row.name_en} (v{row.version})")) for row in rows
    ]


def questions_of(batch_id: int) -> int:
    """How many questions the form of a batch has."""
    return db.session.scalars(select(func.count()).select_from(Question).where(Question.batch_id == batch_id)).one()


_BATCHES: Final = (
    select(
        *Batch.__table__.columns,
        Track.code.label("track_code"),
        Track.name_fr.label("track_fr"),
        Track.name_en.label("track_en"),
        Rubric.name_fr.label("rubric_fr"),
        Rubric.name_en.label("rubric_en"),
        Rubric.version.label("rubric_version"),
    )
    .join(Track, Track.id == Batch.track_id)
    .outerjoin(Rubric, Rubric.id == Batch.rubric_id)
    .order_by(Batch.starts_on.desc(), Batch.id.desc())
)
_BATCH: Final = _BATCHES.where(Batch.code == bindparam("code"))
_COPIED: Final = tuple(
    name for name in BatchSummary.__dataclass_fields__ if name not in {"name", "track", "track_code", "phase", "rubric"}
)


def _summary(row: Any, now: datetime) -> BatchSummary:
    return BatchSummary(
        **{name: getattr(row, name) for name in _COPIED},
        name=Bilingual(row.name_fr, row.name_en),
        track=Bilingual(row.track_fr, row.track_en),
        track_code=row.track_code,
        phase=programmes.phase(dates_of(row), now),
        rubric=Bilingual(f"{row.rubric_fr} (v{row.rubric_version})", f"{row.rubric_en} (v{row.rubric_version})")
        if row.rubric_version
        else Bilingual("", ""),
    )


def dates_of(row: Batch) -> programmes.BatchDates:
    """What the phase of a batch row follows from."""
    return programmes.BatchDates(
        row.state, row.opens_at, row.closes_at, row.starts_on, row.ends_on, is_rolling=row.is_rolling
    )


def _counts(batch_column: Any, state_column: Any, batch_ids: Collection[int]) -> dict[tuple[int, Any], int]:
    rows = db.session.execute(
        select(batch_column, state_column, func.count())
        .where(batch_column.in_(batch_ids))
        .group_by(batch_column, state_column)
    )
    return {(batch_id, state): count for batch_id, state, count in rows}
