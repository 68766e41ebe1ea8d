"""Queries · Counter — the public figure, its regions, its history, its corrections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import extract, func, select

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.regions import REGIONS
from accelerator.models.counter import CounterCorrection, CounterDefinition, Reached
from accelerator.models.programmes import Programme
from accelerator.queries import geography
from accelerator.rules import charts, disclosure, projection
from accelerator.rules.geography import Box, class_bounds, class_of


@dataclass(frozen=True)
class Goal:
    """What the programme is and what it has set itself."""

    name: str
    summary: Bilingual
    target: int
    target_on: date
    contact_email: str


@dataclass(frozen=True)
class Definition:
    """What makes a startup count, in words."""

    version: int
    text: Bilingual
    valid_from: date


@dataclass(frozen=True)
class RegionLine:
    """One region as published: `count` is None where it is hidden. `shade` is its colour on the map, 0 to 4."""

    code: str
    count: int | None
    is_small: bool
    shade: int
    path: str


@dataclass(frozen=True)
class Shade:
    """One line of the map's legend: from `low` up to `high` (None: no upper bound)."""

    shade: int
    low: int
    high: int | None


@dataclass(frozen=True)
class RegionSheet:
    """The counter by region, ready to draw: largest first in `lines`, by code on the map."""

    total: int
    lines: tuple[RegionLine, ...]
    legend: tuple[Shade, ...]
    smallest_shown: int
    map_width: int
    map_height: int
    insets: tuple[Box, ...]

    @property
    def is_holding_back(self) -> bool:
        """True when a region that is not small is hidden to protect a small one."""
        return any(line.count is None and not line.is_small for line in self.lines)


@dataclass(frozen=True)
class Correction:
    """One public line of the correction log."""

    corrected_at: datetime
    change: int
    reason: str


@dataclass(frozen=True)
class PublicCounter:
    """Everything the public page and the open data say."""

    goal: Goal
    definition: Definition | None
    counts: tuple[tuple[str, int], ...]
    regions: RegionSheet
    months: tuple[projection.Month, ...]
    projection: projection.Projection
    corrections: tuple[Correction, ...]


_GOAL: Final = (
    select(
        Programme.name,
        Programme.summary_fr,
        Programme.summary_en,
        Programme.target,
        Programme.target_on,
        Programme.contact_email,
    )
    .order_by(Programme.id)
    .limit(1)
)
_BY_REGION: Final = select(Reached.region_code, func.count()).group_by(Reached.region_code)


def region_name(code: str) -> str:
    """A region's name; empty where it is not known."""
    return REGIONS[code].name if code else ""


def find_goal() -> Goal | None:
    """The programme; None before it is set up."""
    row = db.session.connection().execute(_GOAL).first()
    if row is None:
        return None
    return Goal(row.name, Bilingual(row.summary_fr, row.summary_en), row.target, row.target_on, row.contact_email)


def counts_by_region(*, until: date | None = None) -> dict[str, int]:
    """How many startups count, region by region; all 18, zeros too, and "" where the region is not known."""
    statement = _BY_REGION if until is None else _BY_REGION.where(Reached.counted_on <= until)
    found: dict[str, int] = {row[0]: row[1] for row in db.session.connection().execute(statement)}
    return {code: found.get(code, 0) for code in REGIONS} | ({"": found[""]} if "" in found else {})


def region_sheet(counts: Mapping[str, int]) -> RegionSheet:
    """The counts as they may be published, with the colours and outlines of the map."""
    cells = disclosure.published(counts)
    bounds = class_bounds(
        [cell.count for cell in cells.values() if cell.count is not None], first=disclosure.SMALLEST_SHOWN
    )
    drawn = geography.region_map()
    lines = [
        RegionLine(
            code=code,
            count=cell.count,
            is_small=cell.hidden is disclosure.Hidden.SMALL,
            shade=class_of(cell.count or 0, bounds),
            path=drawn.paths.get(code, ""),
        )
        for code, cell in cells.items()
    ]
    lines.sort(key=lambda line: (line.count is None, line.is_small, -(line.count or 0), region_name(line.code)))
    legend = [
        Shade(index, low, bounds[index] - 1 if index < len(bounds) else None)
        for index, low in enumerate(bounds, start=1)
    ]
    return RegionSheet(
        total=sum(counts.values()),
        lines=tuple(lines),
        legend=tuple(legend),
        smallest_shown=disclosure.SMALLEST_SHOWN,
        map_width=drawn.width,
        map_height=drawn.height,
        insets=tuple(drawn.insets.values()),
    )


def find_definition(*, on: date) -> Definition | None:
    """The definition in force on a day; None before there is one."""
    row = db.session.execute(
        select(
            CounterDefinition.version,
            CounterDefinition.text_fr,
            CounterDefinition.text_en,
            CounterDefinition.valid_from,
        )
        .where(CounterDefinition.valid_from <= on)
        .order_by(CounterDefinition.version.desc())
        .limit(1)
    ).first()
    return None if row is None else Definition(row.version, Bilingual(row.text_fr, row.text_en), row.valid_from)


def months(*, today: date, until: date | None = None) -> list[projection.Month]:
    """The history of the figure, month by month without a gap."""
    year, month = extract("year", Reached.counted_on), extract("month", Reached.counted_on)
    statement = select(year, month, func.count()).group_by(year, month)
    if until is not None:
        statement = statement.where(Reached.counted_on <= until)
    rows = db.session.execute(statement).all()
    return projection.history([(int(row[0]), int(row[1]), int(row[2])) for row in rows], today=today)


def corrections(*, limit: int = 50) -> list[Correction]:
    """The correction log, newest first."""
    rows = db.session.execute(
        select(CounterCorrection.corrected_at, CounterCorrection.change, CounterCorrection.reason)
        .order_by(CounterCorrection.corrected_at.desc(), CounterCorrection.id.desc())
        .limit(limit)
    )
    return [Correction(row.corrected_at, row.change, row.reason) for row in rows]


def find_public_counter(*, today: date) -> PublicCounter | None:
    """The whole public counter, in five statements; None before the programme is set up."""
    goal = find_goal()
    if goal is None:
        return None
    history, counts = months(today=today), counts_by_region()
    return PublicCounter(
        goal=goal,
        definition=find_definition(on=today),
        counts=tuple(counts.items()),
        regions=region_sheet(counts),
        months=tuple(history),
        projection=projection.reach(history, target=goal.target, by=goal.target_on, today=today),
        corrections=tuple(corrections()),
    )


def history_chart(
    history: Sequence[projection.Month],
    ahead: projection.Projection,
    *,
    today: date,
    counted: object,
    required: object,
    forecast: object,
    target: object,
) -> charts.LineChart:
    """The figure at each month's end, the pace required from today to the target day, and the forecast band.

    Args: counted, required, forecast and target are the words of the drawing.
    """
    lines = [charts.Line(counted, [(min(month.last, today), float(month.total)) for month in history])]
    if history and ahead.months_left and not ahead.is_reached:
        lines.append(charts.Line(required, [(today, float(ahead.total)), (ahead.by, float(ahead.target))]))
    band = charts.Band(forecast, [(point.on, round(point.low), round(point.high)) for point in ahead.band])
    return charts.line(
        lines,
        band=band if ahead.band else None,
        marked=charts.Marked(ahead.by, target) if history and today < ahead.by else None,
        decimals=0,
    )
