"""Kernel · Clock — the only place that asks what time it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_fixed: datetime | None = None


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return _fixed if _fixed is not None else datetime.now(UTC)


def today_in(zone: str) -> date:
    """The calendar day it is at this instant in the named zone."""
    return now().astimezone(ZoneInfo(zone)).date()


def fix(instant: datetime | None) -> None:
    """Hold the clock at an aware instant (tests and the demo's story); None lets it run again."""
    global _fixed
    if instant is not None and instant.tzinfo is None:
        raise ValueError("the clock takes aware instants only")
    _fixed = instant


@contextmanager
def held(instant: datetime) -> Iterator[None]:
    """The clock stands at an aware instant inside, and goes on as before outside."""
    before = _fixed
    fix(instant)
    try:
        yield
    finally:
        fix(before)
