"""Services · Seats — one session held still, its seats taken and freed, its waiting list moved, its letters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select, update

from accelerator.extensions import db
from accelerator.kernel.actor import Actor
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import BookingState, WorkshopSessionState
from accelerator.kernel.errors import NotAllowed, NotFound
from accelerator.kernel.message import Message
from accelerator.models.startups import Startup
from accelerator.models.workshops import Booking, Venue, Workshop, WorkshopSession
from accelerator.rules import access, booking
from accelerator.services import audit, letters
from accelerator.services.transaction import changed_rows


@dataclass(frozen=True)
class Held:
    """One session with its place and content, locked until the transaction ends."""

    row: WorkshopSession
    venue: Venue
    workshop: Workshop

    @property
    def facts(self) -> booking.SessionFacts:
        """The session as the rules see it now."""
        return facts(self.row, self.venue.zone)

    @property
    def title(self) -> Bilingual:
        """The workshop's title."""
        return Bilingual(self.workshop.title_fr, self.workshop.title_en)

    @property
    def subject(self) -> str:
        """Its name in the audit trail."""
        return f"workshop_session:{self.row.id}"


def facts(row: WorkshopSession, zone: str) -> booking.SessionFacts:
    """A stored session as the rules see it."""
    return booking.SessionFacts(
        state=row.state,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        booking_closes_at=row.booking_closes_at,
        capacity=row.capacity,
        seats_taken=row.seats_taken,
        seats_per_startup=row.seats_per_startup,
        zone=zone,
        attendance_closed_at=row.attendance_closed_at,
    )


def hold(workshop_session_id: int) -> Held:
    """The session, fresh and locked: who books, cancels or resizes it comes one after the other.

    On SQLite the write lock of the transaction does it, on PostgreSQL the lock of the row.

    Raises: NotFound.
    """
    found = db.session.execute(
        select(WorkshopSession, Venue, Workshop)
        .join(Venue, Venue.id == WorkshopSession.venue_id)
        .join(Workshop, Workshop.id == WorkshopSession.workshop_id)
        .where(WorkshopSession.id == workshop_session_id)
        .with_for_update(of=WorkshopSession)
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise NotFound(Message("There is no such session."))
    return Held(*found)


def hold_managed(actor: Actor, workshop_session_id: int) -> Held:
    """The same, for those who run the region of its venue.

    Raises: NotFound (another region's draft is private), NotAllowed.
    """
    held = hold(workshop_session_id)
    if not (verdict := access.can_manage_region(actor, held.venue.region_code)):
        if held.row.state is WorkshopSessionState.DRAFT:
            raise NotFound(Message("There is no such session."))
        raise NotAllowed(verdict.reason)
    return held


def take_seat(workshop_session_id: int) -> bool:
    """True when a seat was free and is now taken; the only place where one is."""
    return (
        changed_rows(
            update(WorkshopSession)
            .where(WorkshopSession.id == workshop_session_id, WorkshopSession.seats_taken < WorkshopSession.capacity)
            .values(seats_taken=WorkshopSession.seats_taken + 1)
        )
        == 1
    )


def free_seat(workshop_session_id: int) -> None:
    """Give one taken seat back."""
    db.session.execute(
        update(WorkshopSession)
        .where(WorkshopSession.id == workshop_session_id)
        .values(seats_taken=WorkshopSession.seats_taken - 1)
    )


def promote_waiting(actor: Actor, held: Held, *, now: datetime) -> int:
    """Give every free seat to the first in the queue, with one letter each; the number promoted.

    Invariant: afterwards nobody waits while a seat is free, unless the session has started.
    """
    promoted = 0
    if not booking.promotes(held.facts, now=now):
        return promoted
    queue = (
        select(Booking)
        .where(Booking.workshop_session_id == held.row.id, Booking.state == BookingState.WAITING)
        .order_by(Booking.made_at, Booking.id)
        .limit(1)
    )
    while (first := db.session.scalar(queue)) is not None and take_seat(held.row.id):
        first.state, first.promoted_at = BookingState.BOOKED, now
        db.session.flush()
        write_letter(held, first, "booking_promoted")
        audit.record(actor, "promoted from the waiting list", f"booking:{first.id}", session=held.row.id)
        promoted += 1
    return promoted


def waiting_position(of: Booking) -> int:
    """The place of a waiting booking in the queue, from 1."""
    return db.session.scalars(
        select(func.count(Booking.id)).where(
            Booking.workshop_session_id == of.workshop_session_id,
            Booking.state == BookingState.WAITING,
            or_(Booking.made_at < of.made_at, and_(Booking.made_at == of.made_at, Booking.id <= of.id)),
        )
    ).one()


def live_bookings(workshop_session_id: int) -> list[Booking]:
    """Everybody with a seat or in the queue, in the order of the queue."""
    return list(
        db.session.scalars(
            select(Booking)
            .where(Booking.workshop_session_id == workshop_session_id, Booking.state != BookingState.CANCELLED)
            .order_by(Booking.made_at, Booking.id)
        )
    )


def write_letter(held: Held, about: Booking, kind: str, **values: object) -> None:
    """One letter to the person who booked, with what, when and where; nothing when no account stands behind it."""
    if about.user_id is None:
        return
    startup_name = db.session.scalars(select(Startup.name).where(Startup.id == about.startup_id)).one()
    letters.write(
        about.user_id,
        kind,
        about=f"booking:{about.id}",
        values={
            "title": held.title,
            "starts_at": held.row.starts_at,
            "zone": held.venue.zone,
            "place": held.venue.name,
            "address": ", ".join(
                part for part in (held.venue.address, f"{held.venue.postcode} {held.venue.city}") if part
            ),
            "person": about.person_name,
            "startup": startup_name,
            "session_id": held.row.id,
            "booking_id": about.id,
            **values,
        },
    )
