"""Rules · Projection — from the monthly history to the pace required and a band for the target day; never one number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

MONTHS_LOOKED_AT: Final = 12
FEWEST_MONTHS: Final = 3
EIGHTY_PERCENT: Final = 1.2816
"""Half width of the band in standard errors: four futures in five lie inside, if the next months are like the last."""

DAYS_A_MONTH: Final = 365.25 / 12


@dataclass(frozen=True)
class Month:
    """One calendar month: how many startups were counted in it, and the figure at its end."""

    first: date
    added: int
    total: int

    @property
    def last(self) -> date:
        """The month's last day."""
        return next_month(self.first) - timedelta(days=1)


@dataclass(frozen=True)
class Forecast:
    """The figure expected on one day, with the band around it."""

    on: date
    low: float
    expected: float
    high: float


@dataclass(frozen=True)
class Projection:
    """Where the figure goes. `band` is empty when there is too little history, or nothing left to wait for."""

    total: int
    target: int
    by: date
    months_left: float
    required_per_month: float
    recent_per_month: float | None
    band: tuple[Forecast, ...]

    @property
    def is_reached(self) -> bool:
        """True when the target stands already."""
        return self.total >= self.target

    @property
    def at_target_day(self) -> Forecast | None:
        """The band on the target day itself."""
        return self.band[-1] if self.band else None


def next_month(first: date) -> date:
    """The first day of the month after."""
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def history(counted: Sequence[tuple[int, int, int]], *, today: date) -> list[Month]:
    """Every month from the first counted one to this one, without a gap.

    Args: counted holds (year, month, startups counted in it).
    """
    if not counted:
        return []
    added = {date(year, month, 1): number for year, month, number in counted}
    months, total = [], 0
    first, last = min(added), max(max(added), today.replace(day=1))
    while first <= last:
        total += added.get(first, 0)
        months.append(Month(first, added.get(first, 0), total))
        first = next_month(first)
    return months


def reach(months: Sequence[Month], *, target: int, by: date, today: date) -> Projection:
    """The pace required from today, the recent pace, and the band up to the target day.

    The band takes the complete months among the last twelve as a sample of the months to come: its width grows
    with their spread and with how few they are. Units: startups, months of 30.44 days.
    """
    total = months[-1].total if months else 0
    months_left = max(0.0, (by - today).days / DAYS_A_MONTH)
    missing = max(0, target - total)
    complete = [month.added for month in months if month.last < today][-MONTHS_LOOKED_AT:]
    recent = sum(complete) / len(complete) if complete else None
    enough = len(complete) >= FEWEST_MONTHS and months_left > 0 and missing > 0
    return Projection(
        total=total,
        target=target,
        by=by,
        months_left=months_left,
        required_per_month=missing / months_left if months_left else 0.0,
        recent_per_month=recent,
        band=tuple(_band(complete, total, today, by)) if enough else (),
    )


def _band(added: Sequence[int], total: int, today: date, by: date) -> list[Forecast]:
    mean = sum(added) / len(added)
    variance = sum((number - mean) ** 2 for number in added) / (len(added) - 1)
    days = [today]
    month = next_month(today.replace(day=1))
    while month < by:
        if month > today:
            days.append(month)
        month = next_month(month)
    days.append(by)
    found = []
    for day in days:
        ahead = (day - today).days / DAYS_A_MONTH
        half = EIGHTY_PERCENT * math.sqrt(variance * (ahead + ahead * ahead / len(added)))
        expected = total + mean * ahead
        found.append(Forecast(day, max(float(total), expected - half), expected, expected + half))
    return found
