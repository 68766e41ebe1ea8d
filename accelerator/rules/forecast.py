"""Rules · Forecast — credit burn and runway: when credits run out, when they expire, what would be lost.

An estimate, never a balance: it carries low, expected and high, and says what it rests on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal, localcontext
from enum import StrEnum
from typing import Final

from accelerator.kernel.message import Message
from accelerator.kernel.money import Money

RECENT_DAYS: Final = 28
WEEK_DAYS: Final = 7
STALE_AFTER_DAYS: Final = 45
"""Readings older than this say nothing about today's pace."""

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
class Runway:
    """Where the credits go. A day is None when that pace does not exhaust them before they expire.

    `lost_minor` is what would expire unused at the expected pace.
    """

    outlook: Outlook
    burn: Burn | None = None
    earliest_out_on: date | None = None
    expected_out_on: date | None = None
    latest_out_on: date | None = None
    lost_minor: int = 0


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
        return Runway(Outlook.NO_USAGE, lost_minor=left_minor)
    days_left = (expires_on - burn.until).days
    with localcontext() as context:
        context.prec = DIGITS
        spent_minor = int((burn.expected * 100 * max(0, days_left)).quantize(Decimal(1), ROUND_HALF_EVEN))
    expected = _out_on(left_minor, burn.expected, burn.until, expires_on)
    return Runway(
        outlook=Outlook.RUNS_OUT if expected else Outlook.EXPIRES_UNUSED,
        burn=burn,
        earliest_out_on=_out_on(left_minor, burn.high, burn.until, expires_on),
        expected_out_on=expected,
        latest_out_on=_out_on(left_minor, burn.low, burn.until, expires_on),
        lost_minor=0 if expected else max(0, left_minor - spent_minor),
    )


def _out_on(left_minor: int, pace: Decimal, since: date, expires_on: date) -> date | None:
    """The day the last credit goes at this pace; None when they expire first."""
    if pace <= 0:
        return None
    days = int((Decimal(left_minor).scaleb(-2) / pace).to_integral_value(ROUND_CEILING))
    return since + timedelta(days=days) if days <= (expires_on - since).days else None


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
