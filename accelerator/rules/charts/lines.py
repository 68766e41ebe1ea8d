"""Rules · Charts · Lines — one or several series over days or numbers, with a band and a marked place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accelerator.rules.charts.axes import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    Place,
    Scale,
    Tick,
    decimals_of,
    nice_numbers,
    number_of,
    x_axis,
)


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
        {place for one in series for place, _ in one.points} | {point[0] for point in band_points}, key=number_of
    )
    y_values = _y_values(series, band_points)
    x_ticks, x_shape, x_scale = x_axis([*places, *([marked.at] if marked and places else [])], width)
    y_scale = Scale(y_values[0], y_values[-1], height - BOTTOM, TOP)
    return LineChart(
        width=width,
        height=height,
        left=LEFT,
        right=width - RIGHT,
        top=TOP,
        bottom=height - BOTTOM,
        x_shape=x_shape,
        decimals=decimals_of(y_values) if decimals is None else decimals,
        x_ticks=x_ticks,
        y_ticks=tuple(Tick(y_scale(value), value) for value in y_values),
        lines=tuple(_drawn(one, x_scale, y_scale) for one in series if one.points),
        band_label=band.label if band else "",
        band_path=_band_path(band_points, x_scale, y_scale),
        marked=_mark(marked, x_scale, width) if marked and places else None,
        columns=tuple(one.label for one in series),
        rows=_rows(series, band_points, places),
    )


def _y_values(series: Sequence[Line], band_points: Sequence[tuple[Place, float, float]]) -> list[float]:
    values = [value for one in series for _, value in one.points]
    values += [value for _, low, high in band_points for value in (low, high)]
    return nice_numbers(min([0.0, *values]), max([0.0, *values]))


def _drawn(one: Line, x_scale: Scale, y_scale: Scale) -> DrawnLine:
    corners = [(x_scale(number_of(place)), y_scale(value)) for place, value in one.points]
    return DrawnLine(one.label, _joined(corners), *corners[-1], one.points[-1][1])


def _band_path(points: Sequence[tuple[Place, float, float]], x_scale: Scale, y_scale: Scale) -> str:
    if len(points) < 2:
        return ""
    upper = [(x_scale(number_of(place)), y_scale(high)) for place, _, high in points]
    lower = [(x_scale(number_of(place)), y_scale(low)) for place, low, _ in points]
    return _joined([*upper, *reversed(lower)]) + " Z"


def _mark(marked: Marked, x_scale: Scale, width: float) -> DrawnMark:
    x = x_scale(number_of(marked.at))
    return DrawnMark(x, marked.label, marked.at, is_late=x > width / 2)


def _joined(points: Sequence[tuple[float, float]]) -> str:
    return "M" + " L".join(f"{x:g} {y:g}" for x, y in points)


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
