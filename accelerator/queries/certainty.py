"""Queries · Certainty — how sure a stored ranking is around its line, and where more reviews would help."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select

from accelerator.extensions import db
from accelerator.models.accounts import User
from accelerator.models.applications import Application
from accelerator.models.selection import Standing
from accelerator.models.startups import Startup
from accelerator.queries.rankings import Run, is_too_close
from accelerator.rules import charts, ranking
from accelerator.rules.robustness import WAY_WORDS, Variant, Way

BEFORE, BEHIND = 15, 5
MOST_LINES = 60
BINS = 16


@dataclass(frozen=True)
class Dissent:
    """One way of counting that decides otherwise: its words, or the name of the reviewer it does without."""

    words: str
    without: str | None


@dataclass(frozen=True)
class CutLine:
    """One application near the line."""

    application_id: int
    rank: int
    name: str
    adjusted: float
    rank_low: int
    rank_high: int
    chance: float
    survives: int
    is_within: bool
    is_close: bool
    dissents: tuple[Dissent, ...]


@dataclass(frozen=True)
class Advice:
    """So many more reviews of one application, and the points they are expected to add to those chosen."""

    application_id: int
    name: str
    reviews_now: int
    reviews_more: int
    gain: float


@dataclass(frozen=True)
class Shape:
    """How adjusted scores and disagreements are spread over the whole batch."""

    scores: charts.Histogram
    disagreements: charts.Histogram


def around_the_line(batch_id: int, run: Run) -> list[CutLine]:
    """The applications at both sides of the line and all that are too close to call, best first. Two statements."""
    near = Standing.rank.between(run.places - BEFORE + 1, run.places + BEHIND)
    rows = db.session.execute(
        select(
            Standing.application_id,
            Standing.rank,
            Startup.name,
            Standing.adjusted,
            Standing.rank_low,
            Standing.rank_high,
            Standing.chance,
            Standing.survives,
            Standing.otherwise,
        )
        .join(Application, Application.id == Standing.application_id)
        .join(Startup, Startup.id == Application.startup_id)
        .where(Standing.batch_id == batch_id, or_(near, is_too_close(run)))
        .order_by(Standing.rank)
        .limit(MOST_LINES)
    ).all()
    variants = {row.application_id: _variants(row.otherwise) for row in rows}
    reviewers = {variant.reviewer_id for own in variants.values() for variant in own if variant.reviewer_id is not None}
    names = dict(db.session.execute(select(User.id, User.name).where(User.id.in_(reviewers))).all())
    return [
        CutLine(
            *row[:-1],
            is_within=row.rank <= run.places,
            is_close=ranking.is_too_close(row.rank, row.chance, run.places),
            dissents=tuple(
                Dissent(WAY_WORDS[variant.way], names.get(variant.reviewer_id) if variant.way is Way.WITHOUT else None)
                for variant in variants[row.application_id]
            ),
        )
        for row in rows
    ]


def _variants(codes: str) -> list[Variant]:
    return [Variant.of(code) for code in codes.split(",") if code]


def interval_chart(lines: list[CutLine], run: Run) -> charts.IntervalChart:
    """The intervals of rank of these lines, hollow where it is too close to call."""
    return charts.intervals(
        [charts.Interval(line.name, line.rank_low, line.rank, line.rank_high, line.is_close) for line in lines],
        mark=run.places,
    )


def advice(run: Run) -> list[Advice]:
    """Where more reviews would help most, an application a line, in that order. One statement."""
    more: dict[int, list[float]] = {}
    for application_id, gain in run.next_reviews:
        more.setdefault(application_id, []).append(gain)
    rows = db.session.execute(
        select(Application.id, Startup.name, Application.reviews)
        .join(Startup, Startup.id == Application.startup_id)
        .where(Application.id.in_(more))
    )
    known = {row[0]: row for row in rows}
    return [
        Advice(application_id, known[application_id].name, known[application_id].reviews, len(gains), sum(gains))
        for application_id, gains in more.items()
        if application_id in known
    ]


def shape(batch_id: int) -> Shape:
    """The distribution of adjusted scores, and of disagreement where there are two scores or more. One statement."""
    rows = db.session.execute(
        select(Standing.adjusted, Standing.spread, Standing.reviews).where(Standing.batch_id == batch_id)
    ).all()
    return Shape(
        charts.histogram([row[0] for row in rows], bins=BINS),
        charts.histogram([row[1] for row in rows if row[2] > 1], low=0.0, bins=BINS),
    )
