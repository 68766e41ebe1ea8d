"""Queries · Workshops — the public calendar, one session, and the bookings a founder sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import BookingState, WorkshopLevel, WorkshopSessionState
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.kernel.verdict import Verdict
from accelerator.models.startups import Startup
from accelerator.models.workshops import Attendance, Booking, Venue, Workshop, WorkshopSession
from accelerator.rules import booking as rules

PAGE: Final = 20
PROGRAMME_ZONE: Final = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class SessionRow:
    """One session in a list. `day` is the calendar day at the venue; `waiting` how many queue for a seat."""

    id: int
    title: Bilingual
    level: WorkshopLevel
    language: str
    state: WorkshopSessionState
    starts_at: datetime
    ends_at: datetime
    zone: str
    day: date
    venue_name: str
    city: str
    region_code: str
    capacity: int
    seats_taken: int
    waiting: int

    @property
    def seats_left(self) -> int:
        """Seats nobody holds."""
        return self.capacity - self.seats_taken


@dataclass(frozen=True)
class SessionDetail:
    """One session on its page."""

    row: SessionRow
    summary: Bilingual
    address: str
    postcode: str
    trainer_name: str
    workshop_id: int
    venue_id: int
    venue_capacity: int
    booking_closes_at: datetime
    seats_per_startup: int
    calendar_uid: str
    calendar_sequence: int
    cancelled_reason: str
    attendance_closed_at: datetime | None
    version: int

    @property
    def town(self) -> str:
        """Postcode and town, as on an envelope."""
        return f"{self.postcode} {self.row.city}"

    @property
    def facts(self) -> rules.SessionFacts:
        """The session as the rules see it."""
        return rules.SessionFacts(
            state=self.row.state,
            starts_at=self.row.starts_at,
            ends_at=self.row.ends_at,
            booking_closes_at=self.booking_closes_at,
            capacity=self.row.capacity,
            seats_taken=self.row.seats_taken,
            seats_per_startup=self.seats_per_startup,
            zone=self.row.zone,
            attendance_closed_at=self.attendance_closed_at,
        )

    @property
    def may_book(self) -> Verdict:
        """Whether bookings are taken at this moment, and why not."""
        return rules.may_book(self.facts, now=clock.now())


@dataclass(frozen=True)
class Filters:
    """What a visitor looks for; empty values look for everything."""

    region_code: str = ""
    from_on: date | None = None
    language: str = ""
    level: WorkshopLevel | None = None


@dataclass(frozen=True)
class Day:
    """The sessions of one calendar day, in the order they start."""

    day: date
    sessions: list[SessionRow]


@dataclass(frozen=True)
class Calendar:
    """One page of the public calendar."""

    days: list[Day]
    total: int
    page: int
    pages: int


@dataclass(frozen=True)
class BookingRow:
    """One booking of a startup. `position` is its place in the queue while it waits; `came` whether it was used;
    `is_mine` whether the reader made it."""

    id: int
    session: SessionRow
    startup_id: int
    startup_name: str
    person_name: str
    state: BookingState
    position: int | None
    came: bool
    can_cancel: bool
    is_mine: bool


@dataclass(frozen=True)
class BookingPage:
    """One page of bookings."""

    rows: list[BookingRow]
    total: int
    page: int
    pages: int


def waiting_count() -> ColumnElement[int]:
    """How many wait for a seat in the session of the outer query."""
    queue = aliased(Booking)
    return (
        select(func.count(queue.id))
        .where(queue.workshop_session_id == WorkshopSession.id, queue.state == BookingState.WAITING)
        .correlate(WorkshopSession)
        .scalar_subquery()
        .label("waiting")
    )


def session_columns() -> Select[Any]:
    """Sessions with their workshop, venue and queue, for `session_row`."""
    return (
        select(WorkshopSession, Workshop, Venue, waiting_count())
        .join(Workshop, Workshop.id == WorkshopSession.workshop_id)
        .join(Venue, Venue.id == WorkshopSession.venue_id)
    )


def session_row(found: Row[Any]) -> SessionRow:
    """The list row of what `session_columns` selects."""
    row, workshop, venue = found.WorkshopSession, found.Workshop, found.Venue
    return SessionRow(
        id=row.id,
        title=Bilingual(workshop.title_fr, workshop.title_en),
        level=workshop.level,
        language=row.language,
        state=row.state,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        zone=venue.zone,
        day=row.starts_at.astimezone(ZoneInfo(venue.zone)).date(),
        venue_name=venue.name,
        city=venue.city,
        region_code=venue.region_code,
        capacity=row.capacity,
        seats_taken=row.seats_taken,
        waiting=found.waiting,
    )


def session_detail(found: Row[Any]) -> SessionDetail:
    """The page of what `session_columns` selects."""
    row, workshop, venue = found.WorkshopSession, found.Workshop, found.Venue
    return SessionDetail(
        row=session_row(found),
        summary=Bilingual(workshop.summary_fr, workshop.summary_en),
        address=venue.address,
        postcode=venue.postcode,
        trainer_name=row.trainer_name,
        workshop_id=workshop.id,
        venue_id=venue.id,
        venue_capacity=venue.capacity,
        booking_closes_at=row.booking_closes_at,
        seats_per_startup=row.seats_per_startup,
        calendar_uid=row.calendar_uid,
        calendar_sequence=row.calendar_sequence,
        cancelled_reason=row.cancelled_reason,
        attendance_closed_at=row.attendance_closed_at,
        version=row.version,
    )


def pages_of(total: int) -> int:
    """How many pages a list of so many rows fills; at least one."""
    return max(1, -(-total // PAGE))


def public_calendar(filters: Filters, page: int) -> Calendar:
    """Published sessions to come, soonest first, grouped by day. Two statements."""
    starts_from = clock.now()
    if filters.from_on is not None:
        starts_from = max(starts_from, datetime.combine(filters.from_on, time(0), PROGRAMME_ZONE).astimezone(UTC))
    conditions: list[ColumnElement[bool]] = [
        WorkshopSession.state == WorkshopSessionState.PUBLISHED,
        WorkshopSession.starts_at >= starts_from,
    ]
    if filters.region_code:
        conditions.append(WorkshopSession.region_code == filters.region_code)
    if filters.language:
        conditions.append(WorkshopSession.language == filters.language)
    if filters.level:
        conditions.append(Workshop.level == filters.level)
    total = db.session.scalars(
        select(func.count(WorkshopSession.id))
        .join(Workshop, Workshop.id == WorkshopSession.workshop_id)
        .where(*conditions)
    ).one()
    found = db.session.execute(
        session_columns()
        .where(*conditions)
        .order_by(WorkshopSession.starts_at, WorkshopSession.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return Calendar(grouped_by_day([session_row(row) for row in found]), total, page, pages_of(total))


def grouped_by_day(rows: Sequence[SessionRow]) -> list[Day]:
    """The same sessions under the calendar day of their venue."""
    days: dict[date, list[SessionRow]] = {}
    for row in rows:
        days.setdefault(row.day, []).append(row)
    return [Day(day, days[day]) for day in sorted(days)]


def public_session(workshop_session_id: int) -> SessionDetail:
    """One session as anyone may see it; drafts are private. Raises: NotFound."""
    found = db.session.execute(
        session_columns().where(
            WorkshopSession.id == workshop_session_id, WorkshopSession.state != WorkshopSessionState.DRAFT
        )
    ).first()
    if found is None:
        raise NotFound(Message("There is no such session."))
    return session_detail(found)


def _booking_columns() -> Select[Any]:
    ahead = aliased(Booking)
    position = (
        select(func.count(ahead.id))
        .where(
            ahead.workshop_session_id == Booking.workshop_session_id,
            ahead.state == BookingState.WAITING,
            or_(ahead.made_at < Booking.made_at, and_(ahead.made_at == Booking.made_at, ahead.id <= Booking.id)),
        )
        .correlate(Booking)
        .scalar_subquery()
        .label("position")
    )
    return (
        session_columns()
        .add_columns(Booking, Startup.name.label("startup_name"), position, Attendance.id.label("attendance_id"))
        .join(Booking, Booking.workshop_session_id == WorkshopSession.id)
        .join(Startup, Startup.id == Booking.startup_id)
        .outerjoin(Attendance, Attendance.booking_id == Booking.id)
    )


def _booking_row(found: Row[Any], actor: Actor) -> BookingRow:
    row = found.Booking
    session = session_detail(found)
    is_live = row.state is not BookingState.CANCELLED and session.row.state is WorkshopSessionState.PUBLISHED
    return BookingRow(
        id=row.id,
        session=session.row,
        startup_id=row.startup_id,
        startup_name=found.startup_name,
        person_name=row.person_name,
        state=row.state,
        position=found.position if row.state is BookingState.WAITING else None,
        came=found.attendance_id is not None,
        can_cancel=is_live and bool(rules.may_cancel(session.facts, now=clock.now())),
        is_mine=row.user_id == actor.user_id,
    )


def booking(actor: Actor, booking_id: int) -> BookingRow:
    """One booking of the actor's startups. Raises: NotFound."""
    found = db.session.execute(
        _booking_columns().where(Booking.id == booking_id, Booking.startup_id.in_(actor.startup_ids))
    ).first()
    if found is None:
        raise NotFound(Message("There is no such booking."))
    return _booking_row(found, actor)


def bookings_in(actor: Actor, workshop_session_id: int) -> list[BookingRow]:
    """What the actor's startups hold in one session, in the order it was booked."""
    if not actor.startup_ids:
        return []
    found = db.session.execute(
        _booking_columns()
        .where(
            WorkshopSession.id == workshop_session_id,
            Booking.startup_id.in_(actor.startup_ids),
            Booking.state != BookingState.CANCELLED,
        )
        .order_by(Booking.made_at, Booking.id)
    )
    return [_booking_row(row, actor) for row in found]


def bookings_to_come(actor: Actor) -> list[BookingRow]:
    """Live bookings of the actor's startups in sessions that are not over, soonest first, at most 100."""
    found = db.session.execute(
        _booking_columns()
        .where(
            Booking.startup_id.in_(actor.startup_ids),
            Booking.state != BookingState.CANCELLED,
            WorkshopSession.ends_at > clock.now(),
        )
        .order_by(WorkshopSession.starts_at, Booking.id)
        .limit(100)
    )
    return [_booking_row(row, actor) for row in found]


def bookings_behind(actor: Actor, page: int) -> BookingPage:
    """Cancelled bookings and those of sessions that are over, latest first. Two statements."""
    conditions = (
        Booking.startup_id.in_(actor.startup_ids),
        or_(Booking.state == BookingState.CANCELLED, WorkshopSession.ends_at <= clock.now()),
    )
    total = db.session.scalars(
        select(func.count(Booking.id))
        .join(WorkshopSession, WorkshopSession.id == Booking.workshop_session_id)
        .where(*conditions)
    ).one()
    found = db.session.execute(
        _booking_columns()
        .where(*conditions)
        .order_by(WorkshopSession.starts_at.desc(), Booking.id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return BookingPage([_booking_row(row, actor) for row in found], total, page, pages_of(total))


def startups_of(actor: Actor) -> list[tuple[int, str]]:
    """The actor's startups as (id, name), by name."""
    return [
        (row.id, row.name)
        for row in db.session.execute(
            select(Startup.id, Startup.name).where(Startup.id.in_(actor.startup_ids)).order_by(Startup.name, Startup.id)
        )
    ]
