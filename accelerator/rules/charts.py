"""Rules · Charts — the geometry of the house's charts: values in, coordinates out.

Pages and the printed report draw the same chart from the same values, in `components/charts.html`.
Texts in a chart are sentences (plain, Message or Bilingual); whoever draws it translates them.
Units: coordinates are SVG user units, the origin at the top left.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

Place = date | float
"""A place on the horizontal axis: a calendar day or a number."""

LEFT: Final = 64.0
RIGHT: Final = 28.0
TOP: Final = 20.0
BOTTOM: Final = 40.0
MOST_TICKS: Final = 6
ROW_HEIGHT: Final = 46.0
BAR_THICKNESS: Final = 14.0


@dataclass(frozen=True)
class Line:
    """One series: its name and its points from left to right. A point without a value is left out."""

    label: object
    points: Sequence[tuple[Place, float]]


@dataclass(frozen=True)
class Band:
    """A range that goes with the lines: (place, low, high) from left to right."""

    label: object
    points: Sequence[tuple[Place, float, float]]


@dataclass(frozen=True)
class Marked:
    """One place on the horizontal axis to show with a vertical line and its words."""

    at: Place
    label: object


@dataclass(frozen=True)
class Tick:
    """One mark of an axis: where it lies and the value it stands for."""

    position: float
    value: Place


@dataclass(frozen=True)
class DrawnLine:
    """A series ready to draw: `path` is an SVG path, the last point is drawn as a dot with its value."""

    label: object
    path: str
    end_x: float
    end_y: float
    end_value: float


@dataclass(frozen=True)
class DrawnMark:
    """A vertical line with words; `is_late` when the words stand to its left."""

    x: float
    label: object
    value: Place
    is_late: bool


@dataclass(frozen=True)
class Row:
    """One line of the table behind a chart; None where a series says nothing."""

    place: Place
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class LineChart:
    """A line chart, ready to draw. `x_shape` says how its places read: day, month, year or number."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    x_shape: str
    decimals: int
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[DrawnLine, ...]
    band_label: object
    band_path: str
    marked: DrawnMark | None
    columns: tuple[object, ...]
    rows: tuple[Row, ...]

    @property
    def is_empty(self) -> bool:
        """True when no series has a point."""
        return not self.rows


@dataclass(frozen=True)
class Item:
    """One bar to be: its words and its value, not negative."""

    label: object
    value: float


@dataclass(frozen=True)
class DrawnBar:
    """One horizontal bar under its words."""

    label: object
    value: float
    text_y: float
    y: float
    length: float


@dataclass(frozen=True)
class BarChart:
    """Horizontal bars, ready to draw; all share one scale."""

    width: float
    height: float
    thickness: float
    decimals: int
    bars: tuple[DrawnBar, ...]

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to compare."""
        return not self.bars


@dataclass(frozen=True)
class DrawnBin:
    """One column of a histogram: values from `low` up to, not including, `high` (the last one includes it)."""

    low: float
    high: float
    count: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Histogram:
    """How often values fall into equal steps, ready to draw."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    decimals: int
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    bins: tuple[DrawnBin, ...]

    @property
    def is_empty(self) -> bool:
        """True when there was no value."""
        return not any(drawn.count for drawn in self.bins)


def nice_numbers(low: float, high: float, *, most: int = MOST_TICKS) -> list[float]:
    """Round numbers that start at or below `low` and end at or above `high`, at most `most` + 1 of them."""
    if high <= low:
        high = low + 1
    rough = (high - low) / max(1, most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(index * step, 10) for index in range(first, last + 1)]


def nice_days(first: date, last: date, *, most: int = MOST_TICKS) -> tuple[list[date], str]:
    """Round days between the two, and how they read: day, month or year."""
    length = (last - first).days
    for days in (1, 2, 7, 14):
        if length / days < most:
            return [first + timedelta(days=index * days) for index in range(length // days + 1)], "day"
    for months in (1, 2, 3, 6):
        if length / 30.4 / months < most:
            return _month_starts(first, last, months), "month"
    years = next(step for step in (1, 2, 5, 10, 20, 50, 100, 1000) if length / 365.25 / step < most)
    return _month_starts(first, last, 12 * years), "year"


def _month_starts(first: date, last: date, step: int) -> list[date]:
    month = -(-(first.year * 12 + first.month - (first.day == 1)) // step) * step
    found = []
    while month // 12 <= 9999 and (day := date(month // 12, month % 12 + 1, 1)) <= last:
        found.append(day)
        month += step
    return found


def _number(place: Place) -> float:
    return float(place.toordinal()) if isinstance(place, date) else float(place)


def _decimals_of(ticks: Sequence[float]) -> int:
    step = ticks[1] - ticks[0]
    return max(0, -math.floor(math.log10(step) + 1e-9))


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return round(self.start + share * (self.end - self.start), 2)


def _joined(points: Sequence[tuple[float, float]]) -> str:
    return "M" + " L".join(f"{x:g} {y:g}" for x, y in points) if points else ""


def line(
    series: Sequence[Line],
    *,
    width: float = 640,
    height: float = 260,
    band: Band | None = None,
    marked: Marked | None = None,
    decimals: int | None = None,
) -> LineChart:
    """The series on one pair of axes; the vertical one contains zero.

    Args: decimals is the number shown in the table behind; by default that of the axis.
    """
    band_points = band.points if band else ()
    places = sorted(
        {place for one in series for place, _ in one.points} | {point[0] for point in band_points}, key=_number
    )
    values = [value for one in series for _, value in one.points]
    values += [value for _, low, high in band_points for value in (low, high)]
    y_values = nice_numbers(min([0.0, *values]), max([0.0, *values]))
    shown = [*places, *([marked.at] if marked and places else [])]
    x_ticks, x_shape, x_scale = _x_axis(shown, width)
    y_scale = _Scale(y_values[0], y_values[-1], height - BOTTOM, TOP)
    lines = []
    for one in series:
        corners = [(x_scale(_number(place)), y_scale(value)) for place, value in one.points]
        if corners:
            lines.append(DrawnLine(one.label, _joined(corners), *corners[-1], one.points[-1][1]))
    upper = [(x_scale(_number(place)), y_scale(high)) for place, _, high in band_points]
    lower = [(x_scale(_number(place)), y_scale(low)) for place, low, _ in band_points]
    mark = None
    if marked and places:
        x = x_scale(_number(marked.at))
        mark = DrawnMark(x, marked.label, marked.at, is_late=x > width / 2)
    return LineChart(
        width=width,
        height=height,
        left=LEFT,
        right=width - RIGHT,
        top=TOP,
        bottom=height - BOTTOM,
        x_shape=x_shape,
        decimals=_decimals_of(y_values) if decimals is None else decimals,
        x_ticks=x_ticks,
        y_ticks=tuple(Tick(y_scale(value), value) for value in y_values),
        lines=tuple(lines),
        band_label=band.label if band else "",
        band_path=_joined([*upper, *reversed(lower)]) + " Z" if len(upper) > 1 else "",
        marked=mark,
        columns=tuple(one.label for one in series),
        rows=_rows(series, band_points, places),
    )


def _x_axis(places: Sequence[Place], width: float) -> tuple[tuple[Tick, ...], str, _Scale]:
    if not places:
        return (), "number", _Scale(0, 1, LEFT, width - RIGHT)
    numbers = [_number(place) for place in places]
    first, last = min(numbers), max(numbers)
    if isinstance(places[0], date):
        scale = _Scale(first, last, LEFT, width - RIGHT)
        days, shape = nice_days(date.fromordinal(int(first)), date.fromordinal(int(last)))
        return tuple(Tick(scale(day.toordinal()), day) for day in days), shape, scale
    steps = nice_numbers(first, last)
    scale = _Scale(steps[0], steps[-1], LEFT, width - RIGHT)
    return tuple(Tick(scale(value), value) for value in steps), "number", scale


def _rows(
    series: Sequence[Line], band_points: Sequence[tuple[Place, float, float]], places: Sequence[Place]
) -> tuple[Row, ...]:
    by_line = [dict(one.points) for one in series]
    ranges = {place: (low, high) for place, low, high in band_points}
    return tuple(
        Row(
            place,
            (*(known.get(place) for known in by_line), *(ranges.get(place, (None, None)) if ranges else ())),
        )
        for place in places
    )


def bars(items: Sequence[Item], *, width: float = 640, decimals: int = 0) -> BarChart:
    """One horizontal bar an item, in the order given, on one scale from zero.

    Raises: ValueError on a negative value.
    """
    if any(item.value < 0 for item in items):
        raise ValueError("bars grow from zero")
    longest = max((item.value for item in items), default=0) or 1
    room = width - 110  # the value stands behind the bar
    drawn = tuple(
        DrawnBar(
            item.label,
            item.value,
            text_y=index * ROW_HEIGHT + 18,
            y=index * ROW_HEIGHT + 25,
            length=round(item.value / longest * room, 2),
        )
        for index, item in enumerate(items)
    )
    return BarChart(width, max(1, len(items)) * ROW_HEIGHT, BAR_THICKNESS, decimals, drawn)


def histogram(
    values: Sequence[float],
    *,
    low: float | None = None,
    high: float | None = None,
    bins: int = 10,
    width: float = 640,
    height: float = 260,
) -> Histogram:
    """How many of the values fall into each of `bins` equal steps from `low` to `high`.

    Args: low and high are the bounds of the scale, by default those of the values; values beyond count at the edge.
    """
    bottom = min(values, default=0.0) if low is None else low
    top = max(values, default=1.0) if high is None else high
    if top <= bottom:
        top = bottom + 1
    edges = [bottom + (top - bottom) * index / bins for index in range(bins + 1)]
    counts = [0] * bins
    for value in values:
        counts[min(bins - 1, max(0, bisect_right(edges, value) - 1))] += 1
    x_scale = _Scale(bottom, top, LEFT, width - RIGHT)
    y_values = [value for value in nice_numbers(0, max([1, *counts])) if value == int(value)]
    y_scale = _Scale(0, y_values[-1], height - BOTTOM, TOP)
    drawn = tuple(
        DrawnBin(
            low=edges[index],
            high=edges[index + 1],
            count=count,
            x=x_scale(edges[index]) + 1,
            y=y_scale(count),
            width=round(x_scale(edges[index + 1]) - x_scale(edges[index]) - 2, 2),
            height=round(height - BOTTOM - y_scale(count), 2),
        )
        for index, count in enumerate(counts)
    )
    every = max(1, math.ceil(bins / MOST_TICKS))
    step = (top - bottom) / bins
    return Histogram(
        width=width,
        height=height,
        left=LEFT,
        right=width - RIGHT,
        top=TOP,
        bottom=height - BOTTOM,
        decimals=0 if float(step).is_integer() and float(bottom).is_integer() else 2 if step < 0.1 else 1,
        x_ticks=tuple(Tick(x_scale(edge), edge) for edge in edges[::every]),
        y_ticks=tuple(Tick(y_scale(value), value) for value in y_values),
        bins=drawn,
    )
