"""Outbound · Calendar — one event as an iCalendar file (RFC 5545) that every calendar opens.

The UID never changes and SEQUENCE rises with every change, so that opening a newer file moves the event
instead of doubling it. Times are local with the zone's own rules (VTIMEZONE).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar
from icalendar import Event as CalendarEvent

from accelerator.outbound import settings


@dataclass(frozen=True)
class Event:
    """What a calendar needs to know; `path` is the page on this site, both instants are aware."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    zone: str
    title: str
    description: str
    place: str
    path: str
    is_cancelled: bool = False
    is_tentative: bool = False


def event_file(event: Event, *, stamped_at: datetime) -> bytes:
    """The file, METHOD:PUBLISH."""
    calendar = Calendar()
    calendar.add("prodid", "-//GenAI Studio//Cohort manager//FR")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    entry = CalendarEvent()
    entry.add("uid", event.uid)
    entry.add("sequence", event.sequence)
    entry.add("dtstamp", stamped_at)
    entry.add("dtstart", event.starts_at.astimezone(ZoneInfo(event.zone)))
    entry.add("dtend", event.ends_at.astimezone(ZoneInfo(event.zone)))
    entry.add("summary", event.title)
    entry.add("location", event.place)
    entry.add("url", settings.public_url + event.path)
    if event.description:
        entry.add("description", event.description)
    entry.add("status", _status(event))
    calendar.add_component(entry)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _status(event: Event) -> str:
    if event.is_cancelled:
        return "CANCELLED"
    return "TENTATIVE" if event.is_tentative else "CONFIRMED"


@dataclass(frozen=True)
class Day:
    """A whole day to note; `path` is the page on this site."""

    uid: str
    on: date
    title: str
    path: str


def days_file(days: Sequence[Day], *, stamped_at: datetime) -> bytes:
    """One file with several whole days, METHOD:PUBLISH."""
    calendar = Calendar()
    calendar.add("prodid", "-//GenAI Studio//Cohort manager//FR")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for day in days:
        entry = CalendarEvent()
        entry.add("uid", day.uid)
        entry.add("dtstamp", stamped_at)
        entry.add("dtstart", day.on)
        entry.add("dtend", day.on + timedelta(days=1))
        entry.add("summary", day.title)
        entry.add("url", settings.public_url + day.path)
        entry.add("transp", "TRANSPARENT")
        calendar.add_component(entry)
    return bytes(calendar.to_ical())
