"""Queries · Rankings — the stored order of a batch, its reviewers' severities, the reviews it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, func, or_, select, union_all
from sqlalchemy.sql import ColumnElement

from accelerator.extensions import db
from accelerator.kernel.enums import ApplicationState, BatchState, Outcome, Sector
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.models.accounts import User
from accelerator.models.applications import Application
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import BatchReviewer, Review
from accelerator.models.selection import Decision, RankingRun, ReviewerSeverity, Standing
from accelerator.models.startups import Startup
from accelerator.rules import scoring
from accelerator.rules.ranking import CERTAIN, Doubt

PAGE_SIZE = 100
EXTREMES = 5

SORTS = {
    "rank": (Standing.rank,),
    "mean": (Standing.mean.desc(), Standing.rank),
    "median": (Standing.median.desc(), Standing.rank),
    "spread": (Standing.spread.desc(), Standing.rank),
}


@dataclass(frozen=True)
class Run:
    """The last computation of a ranking. `is_stale`: a review came, changed or went since, or the places are others.

    `places` is 0 where it was computed before chances were: then `too_close` and the like say nothing.
    """

    computed_at: datetime
    applications: int
    reviews_seen: int
    is_stale: bool
    method: scoring.Method
    quality_variance: float
    severity_variance: float
    noise_variance: float
    gain: float
    islands: tuple[tuple[int, ...], ...]
    single_reviews: int
    reviewers: int
    places: int
    variants: int
    too_close: int
    draws: int
    seed: int
    next_reviews: tuple[tuple[int, float], ...]

    @property
    def method_sentence(self) -> str:
        """What was done to the scores."""
        return scoring.METHOD_WORDS[self.method]

    @property
    def deviations(self) -> tuple[float, float, float]:
        """Standard deviations of quality, severity and noise, in points."""
        return self.quality_variance**0.5, self.severity_variance**0.5, self.noise_variance**0.5

    @property
    def apart(self) -> list[int]:
        """The applications that share no reviewer, even through others, with the rest."""
        return [application_id for island in self.islands for application_id in island]


@dataclass(frozen=True)
class Filters:
    """What a reader of the ranking asks to see; None asks for all."""

    sort: str = "rank"
    region_code: str | None = None
    sector: Sector | None = None
    outcome: Outcome | None = None
    doubt: Doubt | None = None

    @property
    def is_all(self) -> bool:
        """True when nothing is filtered out."""
        return self.region_code is None and self.sector is None and self.outcome is None and self.doubt is None


class Line(NamedTuple):
    """One application in the ranking. A tuple: a page makes a hundred."""

    application_id: int
    rank: int
    name: str
    region_code: str
    sector: Sector
    reviews: int
    mean: float
    median: float
    spread: float
    adjusted: float
    standard_error: float
    outcome: Outcome | None
    position: int | None
    rank_low: int
    rank_high: int
    chance: float
    survives: int


@dataclass(frozen=True)
class Page:
    """One page of the ranking."""

    lines: list[Line]
    total: int
    page: int
    pages: int


@dataclass(frozen=True)
class SeverityLine:
    """One reviewer's severity."""

    name: str
    severity: float
    standard_error: float
    reviews: int


@dataclass(frozen=True)
class Severities:
    """Reviewers from the strictest to the most lenient; of many, only both ends."""

    lines: list[SeverityLine]
    total: int


def reviews_to_rank(batch_id: int) -> list[scoring.Review]:
    """The reviews of the applications that are to be decided, in one order."""
    return _reviews(
        select(Review.application_id, Review.reviewer_user_id, Review.overall)
        .join(Application, Application.id == Review.application_id)
        .where(Review.batch_id == batch_id, Application.state == ApplicationState.ADMISSIBLE)
    )


def reviews_decided(batch_id: int) -> list[scoring.Review]:
    """The reviews of the applications that were decided, in one order."""
    return _reviews(
        select(Review.application_id, Review.reviewer_user_id, Review.overall)
        .join(Decision, Decision.application_id == Review.application_id)
        .where(Decision.batch_id == batch_id)
    )


def _reviews(statement: Select[Any]) -> list[scoring.Review]:
    rows = db.session.execute(statement.order_by(Review.application_id, Review.reviewer_user_id))
    return [scoring.Review(row[0], row[1], float(row[2])) for row in rows]


def stale_batches() -> list[str]:
    """The codes of batches in review whose ranking is missing, older than a review, for another number of places, or
    ranks who has withdrawn.
    """
    gone = (
        select(Standing.application_id)
        .join(Application, Application.id == Standing.application_id)
        .where(Standing.batch_id == Batch.id, Application.state != ApplicationState.ADMISSIBLE)
    )
    return list(
        db.session.scalars(
            select(Batch.code)
            .outerjoin(RankingRun, RankingRun.batch_id == Batch.id)
            .where(
                Batch.state == BatchState.REVIEWING,
                or_(
                    RankingRun.reviews_changed_at > RankingRun.computed_at,
                    RankingRun.places != Batch.places,
                    gone.exists(),
                    RankingRun.batch_id.is_(None) & select(Review.id).where(Review.batch_id == Batch.id).exists(),
                ),
            )
            .order_by(Batch.id)
        )
    )


def unreviewed(batch_id: int) -> list[int]:
    """The admissible applications that have no review yet."""
    return list(
        db.session.scalars(
            select(Application.id)
            .where(
                Application.batch_id == batch_id,
                Application.state == ApplicationState.ADMISSIBLE,
                Application.reviews == 0,
            )
            .order_by(Application.id)
        )
    )


def committee_size(batch_id: int) -> int:
    """How many reviewers are named for a batch."""
    return db.session.scalars(
        select(func.count()).select_from(BatchReviewer).where(BatchReviewer.batch_id == batch_id)
    ).one()


def find_run(batch_id: int) -> Run | None:
    """The last computation of a batch's ranking; None before the first."""
    found = db.session.execute(
        select(RankingRun, Batch.places, Batch.state)
        .join(Batch, Batch.id == RankingRun.batch_id)
        .where(RankingRun.batch_id == batch_id)
    ).first()
    if found is None:
        return None
    row, places, state = found
    has_changed = row.reviews_changed_at is not None and row.reviews_changed_at > row.computed_at
    notes: dict[str, Any] = row.notes
    methods = notes.get("methods", {})
    return Run(
        computed_at=row.computed_at,
        applications=row.applications,
        reviews_seen=row.reviews_seen,
        is_stale=has_changed or (state is not BatchState.DECIDED and row.places != places),
        method=scoring.Method(row.method),
        quality_variance=row.quality_variance,
        severity_variance=row.severity_variance,
        noise_variance=row.noise_variance,
        gain=row.gain,
        islands=tuple(tuple(island) for island in notes.get("islands", [])),
        single_reviews=notes.get("single_reviews", 0),
        reviewers=notes.get("reviewers", 0),
        places=row.places,
        variants=row.variants,
        too_close=notes.get("too_close", 0),
        draws=methods.get("draws", 0),
        seed=methods.get("seed", 0),
        next_reviews=tuple((application_id, gain) for application_id, gain in notes.get("next_reviews", [])),
    )


def page(batch_id: int, run: Run, filters: Filters, number: int) -> Page:
    """One page of the ranking as filtered and sorted. One statement, two when it is filtered. Raises: NotFound."""
    conditions = _conditions(batch_id, run, filters)
    total = run.applications
    if not filters.is_all:
        total = db.session.scalars(_joined(select(func.count(Standing.application_id))).where(*conditions)).one()
    pages = max(1, -(-total // PAGE_SIZE))
    if number > pages:
        raise NotFound(Message("The ranking has fewer pages."))
    wanted = {"batch": batch_id, "size": PAGE_SIZE, "skipped": (number - 1) * PAGE_SIZE}
    if filters.is_all:
        rows = db.session.connection().execute(_page_statement(filters.sort), wanted)
    else:
        order = SORTS.get(filters.sort, SORTS["rank"])
        rows = db.session.execute(
            _lines().where(*conditions).order_by(*order).limit(PAGE_SIZE).offset(wanted["skipped"])
        )
    return Page([Line._make(row) for row in rows], total, number, pages)


@cache
def _page_statement(sort: str) -> Select[Any]:
    """One page of a whole ranking; made once. It skips to the page within the index, before anything is joined."""
    order = SORTS.get(sort, SORTS["rank"])
    own = select(Standing.application_id).where(Standing.batch_id == bindparam("batch")).order_by(*order)
    page_ids = own.limit(bindparam("size")).offset(bindparam("skipped"))
    return _lines().where(Standing.application_id.in_(page_ids)).order_by(*order)


def every_line(batch_id: int, run: Run, filters: Filters) -> list[Line]:
    """The whole ranking as filtered and sorted, for an export. One statement."""
    statement = _lines().where(*_conditions(batch_id, run, filters)).order_by(*SORTS.get(filters.sort, SORTS["rank"]))
    return [Line._make(row) for row in db.session.execute(statement)]


def severities(batch_id: int, total: int, *, everyone: bool = False) -> Severities:
    """The reviewers' severities; of more than ten the five at each end, unless everyone is asked for.

    Args: total is how many there are (`Run.reviewers`).
    """
    rows = db.session.connection().execute(_severity_statement(everyone or total <= 2 * EXTREMES), {"batch": batch_id})
    return Severities([SeverityLine(*row) for row in rows], total)


@cache
def _severity_statement(everyone: bool) -> Select[Any]:
    """The severities in order, all or both ends; made once."""
    own = select(ReviewerSeverity.reviewer_user_id).where(ReviewerSeverity.batch_id == bindparam("batch"))
    ends = union_all(
        select(own.order_by(ReviewerSeverity.severity).limit(EXTREMES).subquery()),
        select(own.order_by(ReviewerSeverity.severity.desc()).limit(EXTREMES).subquery()),
    )
    statement = (
        select(User.name, ReviewerSeverity.severity, ReviewerSeverity.standard_error, ReviewerSeverity.reviews)
        .join(User, User.id == ReviewerSeverity.reviewer_user_id)
        .where(ReviewerSeverity.batch_id == bindparam("batch"))
        .order_by(ReviewerSeverity.severity, ReviewerSeverity.reviewer_user_id)
    )
    return statement if everyone else statement.where(ReviewerSeverity.reviewer_user_id.in_(ends))


def names_of(application_ids: list[int]) -> dict[int, str]:
    """The startups' names by application."""
    rows = db.session.execute(
        select(Application.id, Startup.name)
        .join(Startup, Startup.id == Application.startup_id)
        .where(Application.id.in_(application_ids))
    )
    return dict(rows.all())


def _lines() -> Select[Any]:
    return _joined(
        select(
            Standing.application_id,
            Standing.rank,
            Startup.name,
            Startup.region_code,
            Startup.sector,
            Standing.reviews,
            Standing.mean,
            Standing.median,
            Standing.spread,
            Standing.adjusted,
            Standing.standard_error,
            Decision.outcome,
            Decision.waitlist_position,
            Standing.rank_low,
            Standing.rank_high,
            Standing.chance,
            Standing.survives,
        )
    )


def _joined(statement: Select[Any]) -> Select[Any]:
    return (
        statement.select_from(Standing)
        .join(Application, Application.id == Standing.application_id)
        .join(Startup, Startup.id == Application.startup_id)
        .outerjoin(Decision, Decision.application_id == Standing.application_id)
    )


def _conditions(batch_id: int, run: Run, filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Standing.batch_id == batch_id]
    if filters.region_code is not None:
        conditions.append(Startup.region_code == filters.region_code)
    if filters.sector is not None:
        conditions.append(Startup.sector == filters.sector)
    if filters.outcome is not None:
        conditions.append(Decision.outcome == filters.outcome)
    if filters.doubt is not None:
        conditions.append(DOUBTS[filters.doubt](run))
    return conditions


def is_too_close(run: Run) -> ColumnElement[bool]:
    """`rules.ranking.is_too_close` in the database's words."""
    within, behind = Standing.rank <= run.places, Standing.rank > run.places
    return or_(and_(within, Standing.chance < CERTAIN), and_(behind, Standing.chance > round(1 - CERTAIN, 9)))


def _hangs_on_one_way(run: Run) -> ColumnElement[bool]:
    """Chosen by the ranking and dropped by one way of counting, or the other way round."""
    dropped = and_(Standing.rank <= run.places, Standing.survives == run.variants - 1)
    return or_(dropped, and_(Standing.rank > run.places, Standing.survives == 1))


DOUBTS = {Doubt.CLOSE: is_too_close, Doubt.ONE: _hangs_on_one_way}
