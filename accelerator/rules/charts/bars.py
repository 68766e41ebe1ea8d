"""Rules · Charts · Bars — horizontal bars side by side, and histograms."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from accelerator.rules.charts.axes import BOTTOM, LEFT, MOST_TICKS, RIGHT, TOP, Scale, Tick, nice_numbers

ROW_HEIGHT: Final = 46.0


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


def bars(items: Sequence[Item], *, width: float = 640, row_height: float = ROW_HEIGHT, decimals: int = 0) -> BarChart:
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
            text_y=round(index * row_height + row_height * 0.4, 2),
            y=round(index * row_height + row_height * 0.54, 2),
            length=round(item.value / longest * room, 2),
        )
        for index, item in enumerate(items)
    )
    return BarChart(width, max(1, len(items)) * row_height, round(row_height * 0.3, 2), decimals, drawn)


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
    x_scale = Scale(bottom, top, LEFT, width - RIGHT)
    y_values = [value for value in nice_numbers(0, max([1, *counts])) if value == int(value)]
    y_scale = Scale(0, y_values[-1], height - BOTTOM, TOP)
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
