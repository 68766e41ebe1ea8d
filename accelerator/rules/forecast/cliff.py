"""Rules · Forecast · Cliff — two dates: when credits run out, when they expire; what is lost, billed, and the bill after.

An estimate, never a balance: it carries low, expected and high, and says what it rests on. The path is that of
`paths.ahead`; money enters and leaves exactly, in Decimal and minor units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from enum import StrEnum
from typing import Final

import numpy as np

from accelerator.kernel.message import Message
from accelerator.kernel.money import Money
from accelerator.rules.forecast import paths
from accelerator.rules.forecast.paths import Numbers, Path

RECENT_DAYS: Final = 28
WEEK_DAYS: Final = 7
STALE_AFTER_DAYS: Final = 45
"""Readings older than this say nothing about today's pace."""

BILL_DAYS: Final = 30
"""The bill of the day after is that of so many days."""

MOST_DAYS: Final = 3_660
"""No path reaches further than ten years."""

ROUNDING: Final = 1e-9
"""Share of an amount that binary fractions may lose on the way."""

DIGITS: Final = 120


class Outlook(StrEnum):
    """How it will end at the recent pace."""

    NO_CREDITS = "no_credits"
    EXPIRED = "expired"
    SPENT = "spent"
    NO_USAGE = "no_usage"
    RUNS_OUT = "runs_out"
    EXPIRES_UNUSED = "expires_unused"


@dataclass(frozen=True)
class Burn:
    """Spent a day, in major units: the mean of the recent days, and their quietest and busiest week."""

    low: Decimal
    expected: Decimal
    high: Decimal
    days: int
    until: date


@dataclass(frozen=True)
class Amounts:
    """An estimated amount in minor units; four futures in five lie between low and high."""

    low: int = 0
    expected: int = 0
    high: int = 0


@dataclass(frozen=True)
class Runway:
    """Where the credits go. A day is None when that path does not exhaust them before they expire.

    `lost` is what expires unused; `billed` is what is used beyond them up to the last day; `bill_after` is the spending
    of the 30 days after the credits end, whichever of the two dates comes first. `lost_minor` is the expected loss.
    """

    outlook: Outlook
    burn: Burn | None = None
    earliest_out_on: date | None = None
    expected_out_on: date | None = None
    latest_out_on: date | None = None
    lost_minor: int = 0
    lost: Amounts = Amounts()
    billed: Amounts = Amounts()
    bill_after: Amounts | None = None
    path: Path | None = None


def recent_burn(readings: Mapping[date, Decimal]) -> Burn | None:
    """The pace of the last 28 days with readings; a day without one between two others spent nothing.

    Low and high are the quietest and the busiest seven days in a row; with less than a week, the days themselves.
    """
    if not readings:
        return None
    until = max(readings)
    first = max(min(readings), until - timedelta(days=RECENT_DAYS - 1))
    days = (until - first).days + 1
    with localcontext() as context:
        context.prec = DIGITS
        spent = [readings.get(first + timedelta(days=n), Decimal(0)) for n in range(days)]
        width = min(WEEK_DAYS, days) if days >= WEEK_DAYS else 1
        weeks = [sum(spent[n : n + width], Decimal(0)) for n in range(days - width + 1)]
        millionth = Decimal("0.000001")
        mean = sum(spent, Decimal(0)) / days
        low, high = min(*weeks, mean * width) / width, max(*weeks, mean * width) / width
        low, mean, high = (max(Decimal(0), pace.quantize(millionth)) for pace in (low, mean, high))
        return Burn(low=low, expected=mean, high=high, days=days, until=until)


def runway(
    readings: Mapping[date, Decimal], *, granted_minor: int, left_minor: int, expires_on: date | None, today: date
) -> Runway:
    """What becomes of the credits left if the recent pace goes on from the last reading.

    Args: readings are covered usage by day, in major units; left is the balance after them.
    """
    if granted_minor <= 0 or expires_on is None:
        return Runway(Outlook.NO_CREDITS)
    if today > expires_on:
        return Runway(Outlook.EXPIRED)
    if left_minor <= 0:
        return Runway(Outlook.SPENT)
    burn = recent_burn(readings)
    if burn is None or burn.high <= 0 or (today - burn.until).days > STALE_AFTER_DAYS:
        return _without_usage(left_minor)
    days_left = min(max(0, (expires_on - burn.until).days), MOST_DAYS)
    path = paths.ahead(readings, days_left + BILL_DAYS)
    if path is None:
        return _without_usage(left_minor)
    earliest, expected, latest = (
        _days_to_end(left_minor, path, spent, days_left) for spent in (path.high, path.expected, path.low)
    )
    spent = Amounts(*(_minor(path, line[days_left]) for line in (path.low, path.expected, path.high)))
    lost = 0 if expected is not None else max(0, left_minor - spent.expected)
    return Runway(
        outlook=Outlook.EXPIRES_UNUSED if expected is None else Outlook.RUNS_OUT,
        burn=burn,
        earliest_out_on=_day(burn.until, earliest),
        expected_out_on=_day(burn.until, expected),
        latest_out_on=_day(burn.until, latest),
        lost_minor=lost,
        lost=Amounts(max(0, left_minor - spent.high), lost, max(0, left_minor - spent.low)),
        billed=Amounts(*(max(0, amount - left_minor) for amount in (spent.low, spent.expected, spent.high))),
        bill_after=_bill(path, days_left if expected is None else expected),
        path=path,
    )


def _without_usage(left_minor: int) -> Runway:
    return Runway(
        Outlook.NO_USAGE, lost_minor=left_minor, lost=Amounts(left_minor, left_minor, left_minor), bill_after=Amounts()
    )


def _days_to_end(left_minor: int, path: Path, spent: Numbers, days_left: int) -> int | None:
    """Days until the last credit goes on this line of the path; None when they expire first."""
    with localcontext() as context:
        context.prec = DIGITS
        left = float(Decimal(left_minor).scaleb(-2) / path.scale)
    days = int(np.searchsorted(spent, left * (1 - ROUNDING)))
    return max(1, days) if days <= days_left else None


def _day(since: date, days: int | None) -> date | None:
    return None if days is None else since + timedelta(days=days)


def _minor(path: Path, value: float) -> int:
    with localcontext() as context:
        context.prec = DIGITS
        return int((path.amount(value) * 100).quantize(Decimal(1), ROUND_HALF_EVEN))


def _bill(path: Path, end: int) -> Amounts:
    """Spending of the 30 days after an end, as wide for its size as all spending up to then."""
    last = end + BILL_DAYS
    bill, whole = path.expected[last] - path.expected[end], path.expected[last]
    low, high = (bill * line[last] / whole if whole > 0 else bill for line in (path.low, path.high))
    return Amounts(_minor(path, low), _minor(path, bill), _minor(path, high))


def left_ahead(ahead: Runway, left_minor: int, day: date) -> Amounts:
    """Credits left on a day of the path, in minor units; never below zero.

    Args: the day lies between the last reading and 30 days after the last day of the credits.
    """
    path = ahead.path
    if path is None:
        return Amounts(left_minor, left_minor, left_minor)
    place = min(max(0, (day - path.until).days), path.horizon)
    return Amounts(*(max(0, left_minor - _minor(path, line[place])) for line in (path.high, path.expected, path.low)))


def next_step(ahead: Runway, *, left: Money, expires_on: date | None, is_linked: bool) -> Message:
    """What a founder does now, in one sentence."""
    if ahead.outlook is Outlook.EXPIRED:
        return Message("These credits have expired. What you use now is billed to your card.")
    if ahead.outlook is Outlook.SPENT:
        return Message("These credits are used up. What you use now is billed to your card.")
    if not is_linked:
        return Message(
            "Send the programme team the identifier of your cloud subscription, so that your usage shows here."
        )
    if ahead.outlook is Outlook.NO_USAGE:
        return Message(
            "No usage was reported lately. %(left)s expire on %(day)s: plan what to use them for.",
            left=left,
            day=expires_on,
        )
    if ahead.outlook is Outlook.RUNS_OUT:
        return Message(
            "At the recent pace your credits run out around %(day)s. From then on usage is billed to your card.",
            day=ahead.expected_out_on,
        )
    return Message(
        "At the recent pace about %(lost)s will expire unused on %(day)s. Use them sooner, or tell the programme team.",
        lost=Money(ahead.lost_minor, left.currency),
        day=expires_on,
    )
