"""Queries · Regional sessions — what those who run a region see: their sessions, who booked, who came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import BookingState, WorkshopSessionState
from accelerator.kernel.errors import NotAllowed, NotFound
from accelerator.kernel.message import Message
from accelerator.kernel.regions import REGIONS
from accelerator.kernel.verdict import Verdict
from accelerator.models.accounts import User
from accelerator.models.startups import Startup
from accelerator.models.workshops import Attendance, Booking, Venue, Workshop, WorkshopSession
from accelerator.queries.workshops import (
    PAGE,
    SessionDetail,
    SessionRow,
    pages_of,
    session_columns,
    session_detail,
    session_row,
)
from accelerator.rules import access, booking
from accelerator.rules.days_off import DayOff, days_off


@dataclass(frozen=True)
class SessionList:
    """One page of sessions."""

    rows: list[SessionRow]
    total: int
    page: int
    pages: int


@dataclass(frozen=True)
class VenueRow:
    """A venue a session can be held at."""

    id: int
    name: str
    city: str
    postcode: str
    zone: str
    capacity: int


@dataclass(frozen=True)
class Guest:
    """One person expected or come: a booking, or a walk-in (`booking_id` None)."""

    person_name: str
    startup_id: int
    startup_name: str
    siren: str | None
    booking_id: int | None
    state: BookingState | None
    position: int | None
    email: str
    access_needs: str
    made_at: datetime | None
    attendance_id: int | None
    recorded_at: datetime | None


@dataclass(frozen=True)
class Acts:
    """What can be done with a session at this moment, and the holidays of its day."""

    change: Verdict
    publish: bool
    record: Verdict
    close: Verdict
    days_off: list[DayOff]


@dataclass(frozen=True)
class GuestLists:
    """The guests of one session by what they hold; `came` counts everybody who did."""

    booked: list[Guest]
    waiting: list[Guest]
    cancelled: list[Guest]
    walked_in: list[Guest]
    came: int


@dataclass(frozen=True)
class Door:
    """The guests shown at the door, and the two figures above them."""

    guests: list[Guest]
    came: int
    expected: int


def managed_regions(actor: Actor) -> list[str]:
    """The INSEE codes of the regions the actor runs."""
    return [code for code in REGIONS if access.can_manage_region(actor, code)]


def sessions_to_come(actor: Actor, page: int) -> SessionList:
    """Sessions of the actor's regions that are not over, drafts and cancelled ones too, soonest first."""
    conditions = (WorkshopSession.region_code.in_(managed_regions(actor)), WorkshopSession.ends_at > clock.now())
    total = db.session.scalars(select(func.count(WorkshopSession.id)).where(*conditions)).one()
    found = db.session.execute(
        session_columns()
        .where(*conditions)
        .order_by(WorkshopSession.starts_at, WorkshopSession.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return SessionList([session_row(row) for row in found], total, page, pages_of(total))


def sessions_behind(actor: Actor, page: int) -> SessionList:
    """Sessions of the actor's regions that are over, latest first."""
    conditions = (WorkshopSession.region_code.in_(managed_regions(actor)), WorkshopSession.ends_at <= clock.now())
    total = db.session.scalars(select(func.count(WorkshopSession.id)).where(*conditions)).one()
    found = db.session.execute(
        session_columns()
        .where(*conditions)
        .order_by(WorkshopSession.starts_at.desc(), WorkshopSession.id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return SessionList([session_row(row) for row in found], total, page, pages_of(total))


def sessions_at_the_door(actor: Actor) -> list[SessionRow]:
    """Sessions whose attendance can be recorded now: today's, and those that are over but not closed; at most 50."""
    now = clock.now()
    found = db.session.execute(
        session_columns()
        .where(
            WorkshopSession.region_code.in_(managed_regions(actor)),
            WorkshopSession.state == WorkshopSessionState.PUBLISHED,
            WorkshopSession.starts_at < now + timedelta(days=1),
        )
        .order_by(WorkshopSession.starts_at, WorkshopSession.id)
        .limit(50)
    )
    return [session_row(row) for row in found if booking.may_record_attendance(session_detail(row).facts, now=now)]


def session(actor: Actor, workshop_session_id: int) -> SessionDetail:
    """One session of the actor's regions. Raises: NotFound (another region's draft), NotAllowed."""
    found = db.session.execute(session_columns().where(WorkshopSession.id == workshop_session_id)).first()
    if found is None:
        raise NotFound(Message("There is no such session."))
    detail = session_detail(found)
    if not (verdict := access.can_manage_region(actor, detail.row.region_code)):
        if detail.row.state is WorkshopSessionState.DRAFT:
            raise NotFound(Message("There is no such session."))
        raise NotAllowed(verdict.reason)
    return detail


def acts(detail: SessionDetail) -> Acts:
    """What the rules allow now."""
    now, facts = clock.now(), detail.facts
    change = booking.may_change(facts, now=now)
    return Acts(
        change=change,
        publish=bool(change) and facts.state is WorkshopSessionState.DRAFT,
        record=booking.may_record_attendance(facts, now=now),
        close=booking.may_close_attendance(facts, now=now),
        days_off=days_off(facts.day, detail.postcode),
    )


def venues(actor: Actor) -> list[VenueRow]:
    """The venues of the actor's regions, by town."""
    found = db.session.scalars(
        select(Venue).where(Venue.region_code.in_(managed_regions(actor))).order_by(Venue.city, Venue.name, Venue.id)
    )
    return [VenueRow(row.id, row.name, row.city, row.postcode, row.zone, row.capacity) for row in found]


def workshops() -> list[tuple[int, Bilingual]]:
    """The catalogue as (id, title), by French title."""
    return [
        (row.id, Bilingual(row.title_fr, row.title_en))
        for row in db.session.execute(
            select(Workshop.id, Workshop.title_fr, Workshop.title_en).order_by(Workshop.title_fr, Workshop.id)
        )
    ]


def booked_guests(workshop_session_id: int) -> GuestLists:
    """Who has a seat, who waits (in the order of the queue), who gave the place back, who came without a booking."""
    found = guests(workshop_session_id)
    return GuestLists(
        booked=[guest for guest in found if guest.state is BookingState.BOOKED],
        waiting=sorted(
            (guest for guest in found if guest.state is BookingState.WAITING), key=lambda guest: guest.position or 0
        ),
        cancelled=[guest for guest in found if guest.state is BookingState.CANCELLED and not guest.attendance_id],
        walked_in=[guest for guest in found if guest.state is None],
        came=sum(guest.attendance_id is not None for guest in found),
    )


def expected_guests(workshop_session_id: int) -> list[Guest]:
    """Everybody with a seat, and whoever came, by name."""
    return [guest for guest in guests(workshop_session_id) if guest.state is BookingState.BOOKED or guest.attendance_id]


def door(workshop_session_id: int, *, search: str = "") -> Door:
    """The list at the door: everybody who holds a place or came, by name, with how many came of how many seats."""
    everybody = [
        guest
        for guest in guests(workshop_session_id)
        if guest.state is not BookingState.CANCELLED or guest.attendance_id
    ]
    wanted = search.casefold()
    return Door(
        guests=[guest for guest in everybody if wanted in f"{guest.person_name} {guest.startup_name}".casefold()],
        came=sum(guest.attendance_id is not None for guest in everybody),
        expected=sum(guest.state is BookingState.BOOKED for guest in everybody),
    )


def guests(workshop_session_id: int) -> list[Guest]:
    """Everybody who booked or came, by name. Two statements.

    Call it for a session that `session` has let the actor see.
    """
    found = _with_booking(workshop_session_id) + _without_booking(workshop_session_id)
    return sorted(found, key=lambda guest: (guest.person_name.casefold(), guest.startup_name, guest.booking_id or 0))


def _with_booking(workshop_session_id: int) -> list[Guest]:
    rows = db.session.execute(
        select(Booking, Startup, User.email, Attendance)
        .join(Startup, Startup.id == Booking.startup_id)
        .outerjoin(User, User.id == Booking.user_id)
        .outerjoin(Attendance, Attendance.booking_id == Booking.id)
        .where(Booking.workshop_session_id == workshop_session_id)
        .order_by(Booking.made_at, Booking.id)
    ).all()
    queue = {
        row.Booking.id: position
        for position, row in enumerate((row for row in rows if row.Booking.state is BookingState.WAITING), start=1)
    }
    return [
        Guest(
            person_name=row.Booking.person_name,
            startup_id=row.Startup.id,
            startup_name=row.Startup.name,
            siren=row.Startup.siren,
            booking_id=row.Booking.id,
            state=row.Booking.state,
            position=queue.get(row.Booking.id),
            email=row.email or "",
            access_needs=row.Booking.access_needs,
            made_at=row.Booking.made_at,
            attendance_id=row.Attendance.id if row.Attendance else None,
            recorded_at=row.Attendance.recorded_at if row.Attendance else None,
        )
        for row in rows
    ]


def _without_booking(workshop_session_id: int) -> list[Guest]:
    rows = db.session.execute(
        select(Attendance, Startup)
        .join(Startup, Startup.id == Attendance.startup_id)
        .where(Attendance.workshop_session_id == workshop_session_id, Attendance.booking_id.is_(None))
    )
    return [
        Guest(
            person_name=row.Attendance.person_name,
            startup_id=row.Startup.id,
            startup_name=row.Startup.name,
            siren=row.Startup.siren,
            booking_id=None,
            state=None,
            position=None,
            email="",
            access_needs="",
            made_at=None,
            attendance_id=row.Attendance.id,
            recorded_at=row.Attendance.recorded_at,
        )
        for row in rows
    ]
