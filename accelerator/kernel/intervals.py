"""Kernel · Intervals — half-open stretches of time [start, end)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Interval:
    """From `start` up to, not including, `end`; both aware instants."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError("an interval ends after it starts")

    def overlaps(self, other: Interval) -> bool:
        """True when they share an instant; touching ones (end == start) do not."""
        return self.start < other.end and other.start < self.end

    def contains(self, instant: datetime) -> bool:
        """True from the start on, false from the end on."""
        return self.start <= instant < self.end

    @property
    def length(self) -> timedelta:
        """How long it lasts."""
        return self.end - self.start
