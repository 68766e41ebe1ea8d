"""Rules · Charts · Axes — round ticks and the scales between values and coordinates."""

from __future__ import annotations

import math
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


@dataclass(frozen=True)
class Tick:
    """One mark of an axis: where it lies and the value it stands for."""

    position: float
    value: Place


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


def number_of(place: Place) -> float:
    """The place as a number; days count from the year 1."""
    return float(place.toordinal()) if isinstance(place, date) else float(place)


def decimals_of(ticks: Sequence[float]) -> int:
    """How many decimals tell these ticks apart."""
    step = ticks[1] - ticks[0]
    return max(0, -math.floor(math.log10(step) + 1e-9))


@dataclass(frozen=True)
class Scale:
    """From a value between `low` and `high` to a coordinate between `start` and `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The coordinate of a value."""
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return round(self.start + share * (self.end - self.start), 2)


def x_axis(places: Sequence[Place], width: float) -> tuple[tuple[Tick, ...], str, Scale]:
    """The ticks of the horizontal axis, how they read, and its scale."""
    if not places:
        return (), "number", Scale(0, 1, LEFT, width - RIGHT)
    numbers = [number_of(place) for place in places]
    first, last = min(numbers), max(numbers)
    if isinstance(places[0], date):
        scale = Scale(first, last, LEFT, width - RIGHT)
        days, shape = nice_days(date.fromordinal(int(first)), date.fromordinal(int(last)))
        return tuple(Tick(scale(day.toordinal()), day) for day in days), shape, scale
    steps = nice_numbers(first, last)
    scale = Scale(steps[0], steps[-1], LEFT, width - RIGHT)
    return tuple(Tick(scale(value), value) for value in steps), "number", scale
