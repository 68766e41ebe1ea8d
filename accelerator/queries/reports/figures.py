"""Queries · Reports · Figures — everything a batch report says, read at one moment. A fixed number of statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import ApplicationState, OfferState, Sector, Stage
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import N_, Message
from accelerator.models.applications import Application
from accelerator.models.programmes import Batch, Programme, Track
from accelerator.models.selection import Offer
from accelerator.models.startups import Startup
from accelerator.queries import counter
from accelerator.queries.reports import activity
from accelerator.rules import charts, disclosure, engagement, projection
from accelerator.rules.disclosure import PublicCell

ADMISSIBLE_STATES = frozenset(
    {
        ApplicationState.ADMISSIBLE,
        ApplicationState.ADMITTED,
        ApplicationState.WAITLISTED,
        ApplicationState.REFUSED,
    }
)


@dataclass(frozen=True)
class Cover:
    """What the report is about."""

    programme: str
    zone: str
    code: str
    name: Bilingual
    track: Bilingual
    place: str
    is_rolling: bool
    places: int
    opens_at: datetime
    closes_at: datetime
    starts_on: date
    ends_on: date


@dataclass(frozen=True)
class Step:
    """One step of the way from an application to a place."""

    label: str
    count: int


@dataclass(frozen=True)
class GroupRow:
    """How many applied and how many were accepted, in one region or sector."""

    key: str
    label: object
    applications: PublicCell
    cohort: int


@dataclass(frozen=True)
class Portrait:
    """One startup of the cohort; `name` is None for one in stealth, and what would name it is empty."""

    name: str | None
    city: str
    region_code: str
    sector: Sector
    stage: Stage
    pitch: str
    website: str


@dataclass(frozen=True)
class CounterPart:
    """The public counter on the day of the report."""

    definition: counter.Definition | None
    target: int
    target_on: date
    regions: counter.RegionSheet
    projection: projection.Projection
    months: tuple[projection.Month, ...]
    chart: charts.LineChart


@dataclass(frozen=True)
class BatchReport:
    """A whole report."""

    cover: Cover
    steps: tuple[Step, ...]
    steps_chart: charts.BarChart
    arrivals_chart: charts.LineChart
    regions: tuple[GroupRow, ...]
    sectors: tuple[GroupRow, ...]
    sectors_chart: charts.BarChart
    portraits: tuple[Portrait, ...]
    credits: activity.Credits
    workshops: activity.Workshops
    counter: CounterPart | None

    @property
    def is_holding_back(self) -> bool:
        """True when a figure is hidden because it is small."""
        return any(row.applications.count is None for row in (*self.regions, *self.sectors))


@dataclass(frozen=True)
class _Applicant:
    application_id: int
    state: ApplicationState
    submitted_at: datetime | None
    region_code: str
    sector: Sector
    has_accepted: bool


def batch_report(batch_id: int, *, as_of: datetime, ledger_upto: int) -> BatchReport:
    """The figures of one batch at an instant, credits up to and with one ledger entry.

    Raises: NotFound.
    """
    cover = _cover(batch_id)
    applicants = _applicants(batch_id)
    steps = _steps(applicants, db.session.scalar(_offers_made(batch_id)) or 0)
    sectors = _groups([(row.sector.value, row) for row in applicants], {sector.value: sector for sector in Sector})
    today = as_of.astimezone(ZoneInfo(cover.zone)).date()
    return BatchReport(
        cover=cover,
        steps=steps,
        steps_chart=charts.bars([charts.Item(step.label, step.count) for step in steps]),
        arrivals_chart=_arrivals(applicants, cover),
        regions=_groups([(row.region_code, row) for row in applicants], {}),
        sectors=sectors,
        sectors_chart=charts.bars(
            [charts.Item(row.label, row.applications.count) for row in sectors if row.applications.count],
            width=330,
            row_height=30,
        ),
        portraits=_portraits(batch_id),
        credits=activity.credits(batch_id, upto=ledger_upto),
        workshops=activity.workshops(batch_id, cover.starts_on, cover.ends_on, zone=cover.zone, as_of=as_of),
        counter=_counter(today),
    )


def _cover(batch_id: int) -> Cover:
    row = db.session.execute(
        select(Batch, Track.name_fr, Track.name_en, Programme.name, Programme.zone)
        .join(Track, Track.id == Batch.track_id)
        .join(Programme, Programme.id == Track.programme_id)
        .where(Batch.id == batch_id)
    ).first()
    if row is None:
        raise NotFound(Message("There is no such batch."))
    batch, track_fr, track_en, programme, zone = row
    return Cover(
        programme=programme,
        zone=zone,
        code=batch.code,
        name=Bilingual(batch.name_fr, batch.name_en),
        track=Bilingual(track_fr, track_en),
        place=batch.place_name,
        is_rolling=batch.is_rolling,
        places=batch.places,
        opens_at=batch.opens_at,
        closes_at=batch.closes_at,
        starts_on=batch.starts_on,
        ends_on=batch.ends_on,
    )


def _applicants(batch_id: int) -> list[_Applicant]:
    rows = db.session.execute(
        select(
            Application.id,
            Application.state,
            Application.submitted_at,
            Startup.region_code,
            Startup.sector,
            Offer.state.label("offer"),
        )
        .join(Startup, Startup.id == Application.startup_id)
        .outerjoin(Offer, Offer.application_id == Application.id)
        .where(Application.batch_id == batch_id)
        .order_by(Application.id)
    )
    return [
        _Applicant(row.id, row.state, row.submitted_at, row.region_code, row.sector, row.offer is OfferState.ACCEPTED)
        for row in rows
    ]


def _offers_made(batch_id: int):  # type: ignore[no-untyped-def]
    return select(func.count(Offer.id)).where(
        Offer.batch_id == batch_id, Offer.state.notin_([OfferState.DRAFT, OfferState.RESCINDED])
    )


def _steps(applicants: Sequence[_Applicant], offers: int) -> tuple[Step, ...]:
    return (
        Step(N_("Applications started"), len(applicants)),
        Step(N_("Applications submitted"), sum(row.submitted_at is not None for row in applicants)),
        Step(N_("Applications admissible"), sum(row.state in ADMISSIBLE_STATES for row in applicants)),
        Step(N_("Places offered"), offers),
        Step(N_("Places accepted"), sum(row.has_accepted for row in applicants)),
    )


def _groups(keyed: Sequence[tuple[str, _Applicant]], labels: Mapping[str, object]) -> tuple[GroupRow, ...]:
    """Submitted applications and accepted places by key, most applications first."""
    applied = Counter(key for key, row in keyed if row.submitted_at is not None)
    accepted = Counter(key for key, row in keyed if row.has_accepted)
    cells = disclosure.published({key: applied[key] for key in applied | accepted})
    keys = sorted(applied | accepted, key=lambda key: (cells[key].count is None, -(cells[key].count or 0), key))
    return tuple(GroupRow(key, labels.get(key, key), cells[key], accepted[key]) for key in keys)


def _arrivals(applicants: Sequence[_Applicant], cover: Cover) -> charts.LineChart:
    """Applications submitted to date, by day in the programme's zone; at most about sixty points."""
    zone = ZoneInfo(cover.zone)
    days = sorted(row.submitted_at.astimezone(zone).date() for row in applicants if row.submitted_at is not None)
    totals = {day: float(number) for number, day in enumerate(days, start=1)}
    points = list(totals.items())
    every = max(1, len(points) // 60)
    kept = [point for index, point in enumerate(points) if (len(points) - 1 - index) % every == 0]
    closes_on = cover.closes_at.astimezone(zone).date()
    return charts.line(
        [charts.Line(N_("Applications submitted"), kept)],
        marked=charts.Marked(closes_on, N_("Deadline")) if kept and not cover.is_rolling else None,
        decimals=0,
    )


def _portraits(batch_id: int) -> tuple[Portrait, ...]:
    rows = db.session.execute(
        select(
            Startup.name,
            Startup.city,
            Startup.region_code,
            Startup.sector,
            Startup.stage,
            Startup.pitch,
            Startup.website,
            Startup.is_stealth,
        )
        .join(Application, Application.startup_id == Startup.id)
        .join(Offer, Offer.application_id == Application.id)
        .where(Offer.batch_id == batch_id, Offer.state == OfferState.ACCEPTED)
        .order_by(Startup.is_stealth, func.lower(Startup.name), Startup.id)
    )
    return tuple(
        Portrait(
            name=engagement.shown_name(row.name, is_stealth=row.is_stealth),
            city="" if row.is_stealth else row.city or "",
            region_code=row.region_code,
            sector=row.sector,
            stage=row.stage,
            pitch="" if row.is_stealth else row.pitch,
            website="" if row.is_stealth else row.website or "",
        )
        for row in rows
    )


def _counter(today: date) -> CounterPart | None:
    goal = counter.find_goal()
    if goal is None:
        return None
    history = counter.months(today=today, until=today)
    ahead = projection.reach(history, target=goal.target, by=goal.target_on, today=today)
    return CounterPart(
        definition=counter.find_definition(on=today),
        target=goal.target,
        target_on=goal.target_on,
        regions=counter.region_sheet(counter.counts_by_region(until=today)),
        projection=ahead,
        months=tuple(history),
        chart=counter.history_chart(
            history,
            ahead,
            today=today,
            counted=N_("Startups counted"),
            required=N_("Pace required"),
            forecast=N_("Forecast, with 80% probability"),
            target=N_("Target"),
        ),
    )
