"""Rules · Calls — how long a call stays open, in words a person counts in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

PARIS: Final = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class TimeLeft:
    """What is left until a deadline; on the last day `days` is 0 and the hours and minutes count."""

    days: int
    hours: int
    minutes: int

    @property
    def is_over(self) -> bool:
        """True from the deadline on."""
        return not (self.days or self.hours or self.minutes)


def time_left(closes_at: datetime, now: datetime) -> TimeLeft:
    """The time until a deadline. Days are calendar days in Paris: tomorrow is one day away, today none.

    Units: minutes are rounded up, so that nothing reads as over before it is.
    """
    if now >= closes_at:
        return TimeLeft(0, 0, 0)
    days = (closes_at.astimezone(PARIS).date() - now.astimezone(PARIS).date()).days
    minutes = -(-int((closes_at - now).total_seconds()) // 60) or 1
    return TimeLeft(days, minutes // 60, minutes % 60)


def clock_time(instant: datetime | None) -> str:
    """The time on the wall in Paris, to the second: "23:58:07"; empty for no instant."""
    return instant.astimezone(PARIS).strftime("%H:%M:%S") if instant else ""
