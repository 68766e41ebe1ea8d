"""Rules · Charts · Intervals — one line an item from its lowest to its highest place, with a dot and a mark across all."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from accelerator.rules.charts.axes import RIGHT, Tick, nice_numbers

ROW: Final = 24.0
GUTTER: Final = 216.0
HEAD: Final = 34.0
FOOT: Final = 30.0
LONGEST_LABEL: Final = 28
_LINEAR_TO: Final = 60.0
_ROUND: Final = (1, 2, 5)


@dataclass(frozen=True)
class Interval:
    """One item: its words, where it lies and between what; `is_open` draws it hollow."""

    label: str
    low: float
    at: float
    high: float
    is_open: bool = False


@dataclass(frozen=True)
class DrawnInterval:
    """One row ready to draw. `short` is the label as it fits beside the drawing."""

    label: str
    short: str
    at: float
    y: float
    text_y: float
    low_x: float
    at_x: float
    high_x: float
    is_open: bool


@dataclass(frozen=True)
class IntervalChart:
    """Intervals under each other on one scale, with a vertical line at `mark_x`."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    mark_x: float
    x_ticks: tuple[Tick, ...]
    rows: tuple[DrawnInterval, ...]

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to draw."""
        return not self.rows


def intervals(items: Sequence[Interval], *, mark: float, width: float = 760) -> IntervalChart:
    """Places from 1 on; beyond sixty on a logarithmic scale, so that the first places stay apart.

    Args: mark is the last place in front of the line, which is drawn between it and the next.
    """
    last = max([mark + 1, *(item.high for item in items)])
    scale = _scale(last, width - RIGHT)
    height = HEAD + ROW * len(items) + FOOT
    rows = tuple(
        DrawnInterval(
            item.label,
            item.label if len(item.label) <= LONGEST_LABEL else item.label[: LONGEST_LABEL - 1].rstrip() + "…",
            at=item.at,
            y=HEAD + ROW * (index + 0.5),
            text_y=HEAD + ROW * (index + 0.5) + 5,
            low_x=scale(item.low),
            at_x=scale(item.at),
            high_x=scale(item.high),
            is_open=item.is_open,
        )
        for index, item in enumerate(items)
    )
    ticks = tuple(Tick(scale(value), value) for value in _ticks(last))
    return IntervalChart(width, height, GUTTER, width - RIGHT, HEAD, height - FOOT, scale(mark + 0.5), ticks, rows)


def _scale(last: float, right: float) -> Callable[[float], float]:
    """From a place to its coordinate: 1 at the left, the last at the right."""

    def along(place: float) -> float:
        return math.log(place) if last > _LINEAR_TO else place

    whole = along(last) - along(1)
    return lambda place: round(GUTTER + (along(place) - along(1)) / whole * (right - GUTTER), 2)


def _ticks(last: float) -> list[float]:
    if last <= _LINEAR_TO:
        return [max(1.0, value) for value in nice_numbers(0, last) if value == int(value) and value <= last]
    powers = range(int(math.log10(last)) + 1)
    return [float(factor * 10**power) for power in powers for factor in _ROUND if factor * 10**power <= last]
