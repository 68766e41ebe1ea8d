"""Services · Workshops — sessions created, changed, published and cancelled by those who run the region."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import WorkshopSessionState
from accelerator.kernel.errors import Conflict, NotAllowed, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.models.workshops import Venue, Workshop, WorkshopSession
from accelerator.outbound import calendar
from accelerator.queries import workshops as queries
from accelerator.rules import access, booking
from accelerator.services import audit, request_keys, seats
from accelerator.services.transaction import changed_rows, transaction


@dataclass(frozen=True)
class SessionPlan:
    """What a coordinator fills in. `capacity` None means every seat of the venue."""

    workshop_id: int
    venue_id: int
    timetable: booking.Timetable
    language: str
    capacity: int | None = None
    seats_per_startup: int = 2
    trainer_name: str = ""


def create_session(*, actor: Actor, plan: SessionPlan, request_key: str = "") -> int:
    """A new session, not yet published; its id.

    Raises: NotAllowed, NotFound, RuleViolation.
    """
    _refuse_others(actor)
    with transaction():
        venue = _held_venue(plan.venue_id)
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        _refuse_region(actor, venue)
        workshop = _workshop(plan.workshop_id)
        times = _checked_times(plan, venue, workshop)
        capacity = venue.capacity if plan.capacity is None else plan.capacity
        booking.refuse_capacity(capacity, venue_capacity=venue.capacity)
        row = WorkshopSession(
            workshop_id=workshop.id,
            venue_id=venue.id,
            region_code=venue.region_code,
            starts_at=times.starts_at,
            ends_at=times.ends_at,
            booking_closes_at=times.booking_closes_at,
            language=plan.language,
            capacity=capacity,
            seats_per_startup=plan.seats_per_startup,
            trainer_name=plan.trainer_name,
            calendar_uid=f"{uuid.uuid4()}@genai-studio",
        )
        db.session.add(row)
        db.session.flush()
        audit.record(actor, "created a session", f"workshop_session:{row.id}", starts_at=row.starts_at, venue=venue.id)
        request_keys.keep(actor, request_key, row.id)
        return row.id


def edit_session(*, actor: Actor, workshop_session_id: int, plan: SessionPlan, version: int) -> None:
    """Change a session that has not started; a new time or place is told to everybody who holds a place.

    More seats go to the waiting list at once; fewer than are booked are refused.

    Raises: NotFound, NotAllowed, Conflict, RuleViolation.
    """
    _refuse_others(actor)
    with transaction():
        held = seats.hold_managed(actor, workshop_session_id)
        now = clock.now()
        _refuse_started(held, now)
        if held.row.version != version:
            raise Conflict(Message("Somebody changed this session meanwhile. Compare and save again."))
        venue, workshop = _held_venue(plan.venue_id), _workshop(plan.workshop_id)
        _refuse_region(actor, venue)
        times = _checked_times(plan, venue, workshop, except_id=held.row.id)
        is_moved = (held.row.starts_at, held.row.ends_at, held.row.venue_id) != (
            times.starts_at,
            times.ends_at,
            venue.id,
        )
        _resize(held, venue.capacity if plan.capacity is None else plan.capacity, venue.capacity)
        row = held.row
        row.workshop_id, row.venue_id, row.region_code = workshop.id, venue.id, venue.region_code
        row.starts_at, row.ends_at, row.booking_closes_at = times.starts_at, times.ends_at, times.booking_closes_at
        row.language, row.trainer_name, row.seats_per_startup = plan.language, plan.trainer_name, plan.seats_per_startup
        row.version += 1
        row.calendar_sequence += 1
        db.session.flush()
        audit.record(actor, "changed a session", held.subject, version=row.version, moved=is_moved)
        held = seats.Held(row, venue, workshop)
        if is_moved:
            for told in seats.live_bookings(row.id):
                seats.write_letter(held, told, "session_changed")
        seats.promote_waiting(actor, held, now=now)


def publish_session(*, actor: Actor, workshop_session_id: int) -> None:
    """Open a draft to bookings. Again changes nothing.

    Raises: NotFound, NotAllowed, RuleViolation when it is cancelled or in the past.
    """
    _refuse_others(actor)
    with transaction():
        held = seats.hold_managed(actor, workshop_session_id)
        if held.row.state is WorkshopSessionState.PUBLISHED:
            return
        _refuse_started(held, clock.now())
        held.row.state = WorkshopSessionState.PUBLISHED
        held.row.version += 1
        audit.record(actor, "published a session", held.subject)


def cancel_session(*, actor: Actor, workshop_session_id: int, reason: str) -> None:
    """Call a session off before it starts, with a letter to everybody who holds a place. Again changes nothing.

    The bookings stay as they were: they say who had been promised a seat.

    Raises: NotFound, NotAllowed, RuleViolation.
    """
    _refuse_others(actor)
    with transaction():
        held = seats.hold_managed(actor, workshop_session_id)
        if held.row.state is WorkshopSessionState.CANCELLED:
            return
        _refuse_started(held, clock.now())
        if not reason:
            raise RuleViolation(Message("Say why, for the people who booked."), field="reason")
        held.row.state, held.row.cancelled_reason = WorkshopSessionState.CANCELLED, reason
        held.row.calendar_sequence += 1
        held.row.version += 1
        db.session.flush()
        told = seats.live_bookings(held.row.id)
        for found in told:
            seats.write_letter(held, found, "session_cancelled", reason=reason)
        audit.record(actor, "cancelled a session", held.subject, reason=reason, told=len(told))


def calendar_file(*, workshop_session_id: int, locale: str) -> bytes:
    """The session as a calendar file, for anyone. Raises: NotFound."""
    return calendar.event_file(_event(queries.public_session(workshop_session_id), locale), stamped_at=clock.now())


def booking_calendar_file(*, actor: Actor, booking_id: int, locale: str) -> bytes:
    """The session of one's own booking as a calendar file: tentative while waiting. Raises: NotFound."""
    found = queries.booking(actor, booking_id)
    event = _event(queries.public_session(found.session.id), locale, is_tentative=found.position is not None)
    return calendar.event_file(event, stamped_at=clock.now())


def _event(session: queries.SessionDetail, locale: str, *, is_tentative: bool = False) -> calendar.Event:
    return calendar.Event(
        uid=session.calendar_uid,
        sequence=session.calendar_sequence,
        starts_at=session.row.starts_at,
        ends_at=session.row.ends_at,
        zone=session.row.zone,
        title=session.row.title.text_in(locale),
        description=session.summary.text_in(locale),
        place=", ".join(part for part in (session.row.venue_name, session.address, session.town) if part),
        path=f"/workshops/{session.row.id}",
        is_cancelled=session.row.state is WorkshopSessionState.CANCELLED,
        is_tentative=is_tentative,
    )


def _refuse_others(actor: Actor) -> None:
    if not (verdict := access.may(actor, Permission.WORKSHOP_MANAGE)):
        raise NotAllowed(verdict.reason)


def _refuse_region(actor: Actor, venue: Venue) -> None:
    if not (verdict := access.can_manage_region(actor, venue.region_code)):
        raise NotAllowed(verdict.reason)


def _refuse_started(held: seats.Held, now: datetime) -> None:
    if not (verdict := booking.may_change(held.facts, now=now)):
        raise RuleViolation(verdict.reason)


def _held_venue(venue_id: int) -> Venue:
    """The venue, locked on PostgreSQL, so that two sessions never find its room free at once."""
    venue = db.session.scalar(select(Venue).where(Venue.id == venue_id).with_for_update())
    if venue is None:
        raise RuleViolation(Message("Choose a venue."), field="venue_id")
    return venue


def _workshop(workshop_id: int) -> Workshop:
    workshop = db.session.get(Workshop, workshop_id)
    if workshop is None:
        raise RuleViolation(Message("Choose a workshop."), field="workshop_id")
    return workshop


def _checked_times(
    plan: SessionPlan, venue: Venue, workshop: Workshop, *, except_id: int | None = None
) -> booking.Plan:
    times = booking.plan(plan.timetable, zone=venue.zone, duration_minutes=workshop.duration_minutes)
    booking.refuse_plan(times, now=clock.now())
    others = db.session.execute(
        select(Workshop.title_fr, Workshop.title_en, WorkshopSession.starts_at, WorkshopSession.ends_at)
        .join(Workshop, Workshop.id == WorkshopSession.workshop_id)
        .where(
            WorkshopSession.venue_id == venue.id,
            WorkshopSession.id != (except_id or 0),
            WorkshopSession.state != WorkshopSessionState.CANCELLED,
            WorkshopSession.starts_at < times.ends_at,
            WorkshopSession.ends_at > times.starts_at,
        )
    )
    booking.refuse_overlap(
        times,
        [booking.Busy(Bilingual(row.title_fr, row.title_en), row.starts_at, row.ends_at) for row in others],
        zone=venue.zone,
    )
    return times


def _resize(held: seats.Held, capacity: int, venue_capacity: int) -> None:
    """Set the number of seats by one conditional UPDATE: never below those taken."""
    booking.refuse_capacity(capacity, venue_capacity=venue_capacity, seats_taken=held.row.seats_taken)
    changed = changed_rows(
        update(WorkshopSession)
        .where(WorkshopSession.id == held.row.id, WorkshopSession.seats_taken <= capacity)
        .values(capacity=capacity)
    )
    if changed != 1:
        raise Conflict(Message("Somebody changed this session meanwhile. Compare and save again."))
