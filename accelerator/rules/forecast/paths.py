"""Rules · Forecast · Paths — from daily readings to cumulative spending ahead: a central path and an 80 % band.

The centre: the mean of the recent days, a weekday pattern, and growth that fades. Growth is damped after Gardner and
McKenzie (Forecasting trends in time series, 1985), its slope is the median of pairwise slopes (Theil 1950, Sen 1968),
and it counts only where it foretold weeks held out better than no growth. Weekday factors are drawn towards one as
far as they could be chance (James and Stein 1961). The band: the errors the same forecast would have made from earlier
days of the series (Williams and Goodman, A simple method for the construction of empirical confidence limits for
economic forecasts, 1971), scaled with the horizon, and an amount of pooled experience where the history is short.
Units: amounts are divided by the largest reading, so that the currency's unit changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

RECENT_DAYS: Final = 28
WEEK: Final = 7
WINDOW_DAYS: Final = 84
"""Older readings say nothing about the pattern of today."""

FEWEST_ORIGIN_DAYS: Final = 7
"""An earlier forecast is judged from this many readings on."""

CHECKED_HORIZONS: Final = (7, 14, 28)
EIGHTY_PERCENT: Final = 1.2816
"""Half width in standard errors: four futures in five lie inside."""

PHI: Final = 0.9
"""What is left of growth a week later."""

STEEPEST: Final = 0.15
"""Most growth in a week, as a logarithm."""

SHARES: Final = (0.5, 1.0)
MUST_GAIN: Final = 0.15
"""Growth counts when it lowers held-out errors by this share at least."""

CLEARLY: Final = 4.0
"""A weekday pattern counts when weekdays differ this many times more than chance would make them (F of variances)."""

CONSISTENT: Final = 0.5
"""Growth counts when weeks agree on its direction this much (Kendall's tau)."""

PRIOR_WEIGHT: Final = 2.0
PRIOR_SPREAD: Final = 0.4
"""Spread of a day around the mean where a series says nothing about it yet, and what that is worth in days."""

PRIOR_ERRORS: Final = 10.0
PRIOR_DRIFT: Final = 0.001
"""Variance by which the level wanders in a day where too few earlier errors say so, and the errors it is worth."""

DIGITS: Final = 120

Numbers = NDArray[np.float64]
Steps = TypeVar("Steps", float, Numbers)


@dataclass(frozen=True)
class Path:
    """Cumulative spending from the day after `until`, in units of `scale`; place 0 is `until` itself.

    Low, expected and high never fall from one day to the next, and stay in this order.
    """

    until: date
    days: int
    scale: Decimal
    low: Numbers
    expected: Numbers
    high: Numbers
    weekday_share: float
    growth_a_week: float

    @property
    def horizon(self) -> int:
        """How many days ahead the path reaches."""
        return len(self.expected) - 1

    def amount(self, value: float) -> Decimal:
        """A place on the path in major units."""
        with localcontext() as context:
            context.prec = DIGITS
            return Decimal(float(value)) * self.scale


@dataclass(frozen=True)
class Pattern:
    """What repeats in a series: a factor for each of seven days, and how much of it was believed."""

    factors: Numbers
    share: float


def daily(readings: Mapping[date, Decimal]) -> list[Decimal]:
    """Spending of each day from the first reading to the last, at most 84; a day without a reading spent nothing."""
    until = max(readings)
    first = max(min(readings), until - timedelta(days=WINDOW_DAYS - 1))
    return [readings.get(first + timedelta(days=n), Decimal(0)) for n in range((until - first).days + 1)]


def ahead(readings: Mapping[date, Decimal], horizon: int) -> Path | None:
    """The path of the days to come; None when the recent days spent nothing."""
    if not readings:
        return None
    spent = daily(readings)
    scale = max(abs(amount) for amount in spent)
    if scale <= 0:
        return None
    with localcontext() as context:
        context.prec = DIGITS
        series = np.array([float(amount / scale) for amount in spent])
    if series[-RECENT_DAYS:].mean() <= 0:
        return None
    pattern = weekdays(series)
    slope = growth(series, pattern)
    level = _level(series, pattern, len(series))
    expected = _cumulative(level, slope, pattern, len(series), horizon)
    spread = _spread(series, pattern, slope, level, horizon)
    variance = np.log1p(spread**2)
    middle, wide = expected * np.exp(-variance / 2), np.sqrt(variance) * EIGHTY_PERCENT
    low = np.minimum(middle * np.exp(-wide), expected * np.maximum(0.0, 1 - EIGHTY_PERCENT * spread))
    low = np.minimum(np.maximum.accumulate(low), expected)
    high = np.maximum.accumulate(np.maximum(middle * np.exp(wide), expected))
    return Path(max(readings), len(series), scale, low, expected, high, pattern.share, slope)


def weekdays(series: Numbers) -> Pattern:
    """Factors of seven days around one, drawn towards one as far as chance would explain them."""
    weeks = min(len(series) // WEEK, 8)
    flat = Pattern(np.ones(WEEK), 0.0)
    if weeks < 2:
        return flat
    table = series[-weeks * WEEK :].reshape(weeks, WEEK)
    mean = table.mean()
    if mean <= 0:
        return flat
    raw = table.mean(axis=0) / mean
    between = float(((raw - 1) ** 2).sum()) / (WEEK - 1)
    relative = table / mean
    chance = float(((relative - raw) ** 2).sum()) / (WEEK * (weeks - 1)) / weeks
    share = max(0.0, 1 - chance / between) if between > CLEARLY * chance else 0.0
    factors = np.maximum(0.0, 1 + share * (raw - 1))
    start = (len(series) - weeks * WEEK) % WEEK
    return Pattern(np.roll(factors / factors.mean(), start), share)


def growth(series: Numbers, pattern: Pattern) -> float:
    """Growth a week as a logarithm: the median slope of weekly sums, as much of it as helped on weeks held out."""
    slope = _slope(series)
    if not slope or len(series) < 6 * WEEK:
        return 0.0
    origins = range(4 * WEEK, len(series) - WEEK + 1, WEEK)
    slopes = {origin: _slope(series[:origin]) for origin in origins}
    errors = dict.fromkeys((0.0, *SHARES), 0.0)
    for origin in origins:
        steps = min(2 * WEEK, len(series) - origin)
        actual = series[origin : origin + steps].sum()
        level = _level(series, pattern, origin)
        for share in errors:
            foretold = _cumulative(level, share * slopes[origin], pattern, origin, steps)[-1]
            errors[share] += abs(actual - foretold)
    best = min(SHARES, key=lambda share: (errors[share], share))
    return best * slope if errors[best] < (1 - MUST_GAIN) * errors[0.0] else 0.0


def _slope(series: Numbers) -> float:
    weeks = min(len(series) // WEEK, 8)
    if weeks < 4:
        return 0.0
    sums = np.maximum(0.0, series[-weeks * WEEK :].reshape(weeks, WEEK).sum(axis=1))
    if np.median(sums) <= 0:
        return 0.0
    logs = np.log(sums + 0.05 * np.median(sums))
    one, other = np.triu_indices(weeks, 1)
    if abs(np.sign(logs[other] - logs[one]).mean()) < CONSISTENT:
        return 0.0
    return float(np.clip(np.median((logs[other] - logs[one]) / (other - one)), -STEEPEST, STEEPEST))


def _level(series: Numbers, pattern: Pattern, origin: int) -> float:
    """The mean of the recent days before an origin, with the weekdays among them evened out."""
    days = np.arange(max(0, origin - RECENT_DAYS), origin)
    weight = pattern.factors[days % WEEK].sum()
    return max(0.0, float(series[days].sum() / weight)) if weight > 0 else max(0.0, float(series[days].mean()))


def _cumulative(level: float, slope: float, pattern: Pattern, origin: int, steps: int) -> Numbers:
    """Cumulative spending of the days after an origin; growth starts in the middle of the recent days and fades."""
    number = np.arange(1, steps + 1)
    weeks = (min(origin, RECENT_DAYS) - 1) / 2 / WEEK + np.cumsum(PHI ** (number / WEEK)) / WEEK
    each = level * np.exp(slope * weeks) * pattern.factors[(origin + number - 1) % WEEK]
    return np.concatenate([[0.0], np.cumsum(each)])


def _spread(series: Numbers, pattern: Pattern, slope: float, level: float, horizon: int) -> Numbers:
    """Standard error of cumulative spending as a share of it, for each day ahead.

    A day's variance, and the variance of the level between one month and the next, are read from the errors of
    earlier origins: error² at horizon h from m recent days is day² · (h + h²/m) + drift² · h² · (h + m) / 3.
    """
    count = min(len(series), RECENT_DAYS)
    day_variance, drift_variance = _variances(series, pattern, slope, level)
    steps = np.arange(1, horizon + 1, dtype=float)
    variance = day_variance * (steps + steps**2 / count) + drift_variance * _wander(steps, count)
    path = _cumulative(level, 0.0, pattern, len(series), horizon)[1:]
    shares = np.sqrt(variance) * level / np.maximum(path, level * steps * 0.05)
    return np.concatenate([[shares[0]], shares]) if horizon else np.zeros(1)


def _wander(steps: Steps, count: int) -> Steps:
    """Variance of a sum of days when the level takes one random step a day: h² · (h + m) / 3 steps squared."""
    return steps**2 * (steps + count) / 3


def _variances(series: Numbers, pattern: Pattern, slope: float, level: float) -> tuple[float, float]:
    """Variance of a day and of the level's drift, both as shares of the level squared."""
    size = len(series)
    days = np.arange(max(0, size - 2 * RECENT_DAYS), size)
    fitted = (
        level * pattern.factors[days % WEEK] * np.exp(-slope * np.maximum(0, (size - RECENT_DAYS / 2 - days)) / WEEK)
    )
    errors = (series[days] - fitted) / level
    free = max(0.0, len(days) - 1 - (WEEK - 1) * pattern.share)
    own = float((errors**2).sum())
    day = (own + PRIOR_WEIGHT * PRIOR_SPREAD**2) / (free + PRIOR_WEIGHT) if free < RECENT_DAYS else own / free
    excess, weight = 0.0, 0.0
    for origin in range(FEWEST_ORIGIN_DAYS, size - min(CHECKED_HORIZONS) + 1):
        before = min(origin, RECENT_DAYS)
        foretold = _cumulative(_level(series, pattern, origin), slope, pattern, origin, max(CHECKED_HORIZONS))
        for steps in CHECKED_HORIZONS:
            if steps <= origin <= size - steps:
                error = (float(series[origin : origin + steps].sum()) - foretold[steps]) / level
                excess += (error**2 - day * (steps + steps**2 / before)) / _wander(steps, before)
                weight += 1.0
    drift = max(0.0, (excess + PRIOR_ERRORS * PRIOR_DRIFT) / (weight + PRIOR_ERRORS))
    return day, drift
