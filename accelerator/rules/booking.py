"""Rules · Booking — who may book a session, in which order people wait, what a session's plan must hold to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import WorkshopSessionState
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.intervals import Interval
from accelerator.kernel.message import Message
from accelerator.kernel.verdict import YES, Verdict

REMINDED_BEFORE: Final = timedelta(days=2)
CLOSING_HOURS_MAX: Final = 24 * 30
SEATS_PER_STARTUP_MAX: Final = 50
LONGEST: Final = timedelta(hours=12)


@dataclass(frozen=True)
class SessionFacts:
    """What the rules need to know about one session; `zone` is its venue's."""

    state: WorkshopSessionState
    starts_at: datetime
    ends_at: datetime
    booking_closes_at: datetime
    capacity: int
    seats_taken: int
    seats_per_startup: int
    zone: str
    attendance_closed_at: datetime | None = None

    @property
    def seats_left(self) -> int:
        """Seats nobody holds."""
        return self.capacity - self.seats_taken

    @property
    def day(self) -> date:
        """The calendar day it starts on, where it is held."""
        return self.starts_at.astimezone(ZoneInfo(self.zone)).date()


def may_book(session: SessionFacts, *, now: datetime) -> Verdict:
    """Published, not started, and before bookings close."""
    if session.state is WorkshopSessionState.CANCELLED:
        return Verdict(False, Message("This session is cancelled."))
    if session.state is not WorkshopSessionState.PUBLISHED or now >= session.starts_at:
        return Verdict(False, Message("This session takes no bookings any more."))
    if now >= session.booking_closes_at:
        return Verdict(False, Message("Bookings are closed for this session."))
    return YES


def may_hold_another(live: int, session: SessionFacts) -> Verdict:
    """A startup holds at most `seats_per_startup` places in one session, waiting ones included."""
    if live < session.seats_per_startup:
        return YES
    return Verdict(
        False,
        Message(
            "Your startup already holds all the places it can have here (%(cap)s, the waiting list included).",
            cap=session.seats_per_startup,
        ),
    )


def may_cancel(session: SessionFacts, *, now: datetime) -> Verdict:
    """A booking can be given back until the session starts."""
    if now >= session.starts_at:
        return Verdict(False, Message("The session has started: the booking can no longer be cancelled."))
    return YES


def may_change(session: SessionFacts, *, now: datetime) -> Verdict:
    """A session can be changed, published and called off until it starts."""
    if session.state is WorkshopSessionState.CANCELLED:
        return Verdict(False, Message("This session is cancelled."))
    if session.state is WorkshopSessionState.HELD or now >= session.starts_at:
        return Verdict(False, Message("The session has started: it can no longer be changed."))
    return YES


def same_person(one: str, other: str) -> bool:
    """True when two typed names differ in case and spaces only."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def promotes(session: SessionFacts, *, now: datetime) -> bool:
    """True while a freed seat goes to the first of the waiting list: until the session starts."""
    return session.state is WorkshopSessionState.PUBLISHED and now < session.starts_at


def attendance_closes_at(session: SessionFacts) -> datetime:
    """The midnight that ends the day after the session, where it is held."""
    zone = ZoneInfo(session.zone)
    last_day = session.ends_at.astimezone(zone).date() + timedelta(days=2)
    return datetime.combine(last_day, time(0), zone)


def may_record_attendance(session: SessionFacts, *, now: datetime) -> Verdict:
    """From the morning of the session's day, where it is held, until attendance is closed."""
    if session.state is WorkshopSessionState.CANCELLED:
        return Verdict(False, Message("This session is cancelled."))
    if session.state is WorkshopSessionState.DRAFT:
        return Verdict(False, Message("This session is not published."))
    if session.attendance_closed_at is not None:
        return Verdict(False, Message("Attendance of this session is closed."))
    if now < datetime.combine(session.day, time(0), ZoneInfo(session.zone)):
        return Verdict(False, Message("Attendance opens on the day of the session."))
    return YES


def may_close_attendance(session: SessionFacts, *, now: datetime) -> Verdict:
    """Once the session is over, and once only."""
    if session.state is not WorkshopSessionState.PUBLISHED or session.attendance_closed_at is not None:
        return Verdict(False, Message("Attendance of this session is closed."))
    if now < session.ends_at:
        return Verdict(False, Message("Attendance can be closed when the session is over."))
    return YES


@dataclass(frozen=True)
class Timetable:
    """A day and two times on the wall of the venue; bookings close some hours before the start."""

    day: date
    starts: time
    ends: time | None
    closing_hours: int


@dataclass(frozen=True)
class Plan:
    """The instants of a session."""

    starts_at: datetime
    ends_at: datetime
    booking_closes_at: datetime


def plan(timetable: Timetable, *, zone: str, duration_minutes: int) -> Plan:
    """The timetable as instants; without an end it lasts as long as the workshop usually does.

    Raises: RuleViolation for an hour that the clock change skips, or an end before the start.
    """
    starts_at = _on_the_wall(timetable.day, timetable.starts, zone, field="starts")
    if timetable.ends is None:
        ends_at = starts_at + timedelta(minutes=duration_minutes)
    else:
        ends_at = _on_the_wall(timetable.day, timetable.ends, zone, field="ends")
    if ends_at <= starts_at:
        raise RuleViolation(Message("The end comes after the start."), field="ends")
    if ends_at - starts_at > LONGEST:
        raise RuleViolation(Message("A session lasts at most 12 hours."), field="ends")
    return Plan(starts_at, ends_at, starts_at - timedelta(hours=timetable.closing_hours))


def _on_the_wall(day: date, hour: time, zone: str, *, field: str) -> datetime:
    utc = ZoneInfo("UTC")
    try:
        instant = datetime.combine(day, hour, ZoneInfo(zone)).astimezone(utc)
        shown = instant.astimezone(ZoneInfo(zone))
    except OverflowError as error:
        raise RuleViolation(Message("This day cannot be."), field="day") from error
    if (shown.date(), shown.time()) != (day, hour):
        raise RuleViolation(Message("The clocks change that night: this time does not exist."), field=field)
    return instant


def refuse_plan(wanted: Plan, *, now: datetime) -> None:
    """A session starts in the future, at most two years ahead.

    Raises: RuleViolation on the field "day".
    """
    if wanted.starts_at <= now:
        raise RuleViolation(Message("A session starts in the future."), field="day")
    if wanted.starts_at > now + timedelta(days=731):
        raise RuleViolation(Message("This day is more than two years away."), field="day")


def refuse_capacity(capacity: int, *, venue_capacity: int, seats_taken: int = 0) -> None:
    """At least one seat, at most what the venue holds, never fewer than the seats already promised.

    Raises: RuleViolation on the field "capacity".
    """
    if capacity < 1:
        raise RuleViolation(Message("A session has at least one seat."), field="capacity")
    if capacity > venue_capacity:
        raise RuleViolation(Message("This venue holds %(seats)s people.", seats=venue_capacity), field="capacity")
    if capacity < seats_taken:
        raise RuleViolation(
            Message("%(taken)s seats are already booked: the room cannot be smaller.", taken=seats_taken),
            field="capacity",
        )


@dataclass(frozen=True)
class Busy:
    """Another session at the same venue."""

    title: Bilingual
    starts_at: datetime
    ends_at: datetime


def refuse_overlap(wanted: Plan, others: Sequence[Busy], *, zone: str) -> None:
    """One room, one session at a time; touching ones are fine.

    Raises: RuleViolation on the field "day", naming the other session.
    """
    wanted_time = Interval(wanted.starts_at, wanted.ends_at)
    for other in sorted(others, key=lambda busy: busy.starts_at):
        if wanted_time.overlaps(Interval(other.starts_at, other.ends_at)):
            starts = other.starts_at.astimezone(ZoneInfo(zone))
            ends = other.ends_at.astimezone(ZoneInfo(zone))
            raise RuleViolation(
                Message(
                    "The venue is taken by “%(title)s” on %(day)s, %(starts)s to %(ends)s.",
                    title=other.title,
                    day=starts.date(),
                    starts=f"{starts:%H:%M}",
                    ends=f"{ends:%H:%M}",
                ),
                field="day",
            )
