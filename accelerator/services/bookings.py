"""Services · Bookings — book a seat or wait for one, give it back, be reminded."""

from __future__ import annotations

from sqlalchemy import String, cast, exists, func, select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import BookingState, WorkshopSessionState
from accelerator.kernel.errors import NotAllowed, NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.models.letters import Letter
from accelerator.models.workshops import Booking, Workshop, WorkshopSession
from accelerator.rules import access, booking
from accelerator.services import audit, request_keys, seats
from accelerator.services.transaction import transaction


def book(
    *,
    actor: Actor,
    workshop_session_id: int,
    startup_id: int,
    person_name: str,
    access_needs: str = "",
    request_key: str = "",
) -> int:
    """Promise a seat to one person of the startup, or a place in the queue when none is free.

    The same form again, or the same person again, is the same booking.

    Returns: the booking id; its state says whether it is a seat.
    Raises:  NotFound, NotAllowed, RuleViolation.
    """
    if not (verdict := access.may(actor, Permission.BOOKING_MAKE)):
        raise NotAllowed(verdict.reason)
    with transaction():
        held = seats.hold(workshop_session_id)
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        if held.row.state is WorkshopSessionState.DRAFT or not access.can_act_for_startup(actor, startup_id):
            raise NotFound(Message("There is no such session."))
        now = clock.now()
        if not (verdict := booking.may_book(held.facts, now=now)):
            raise RuleViolation(verdict.reason)
        person_name = " ".join(person_name.split())
        if (same := _live_booking_of(actor, workshop_session_id)) is not None:
            if (same.startup_id, same.person_name) == (startup_id, person_name):
                return same.id
            raise RuleViolation(
                Message(
                    "You already hold a booking here, for %(person)s. Cancel it first, or let a colleague book.",
                    person=same.person_name,
                )
            )
        _refuse_two_places_at_once(actor, held, person_name)
        _refuse_more_than_its_share(held, startup_id, person_name)
        made = _make(actor, held, startup_id, person_name, access_needs)
        request_keys.keep(actor, request_key, made.id)
        return made.id


def _make(actor: Actor, held: seats.Held, startup_id: int, person_name: str, access_needs: str) -> Booking:
    has_seat = seats.take_seat(held.row.id)
    made = Booking(
        workshop_session_id=held.row.id,
        startup_id=startup_id,
        user_id=actor.user_id,
        person_name=person_name,
        state=BookingState.BOOKED if has_seat else BookingState.WAITING,
        made_at=clock.now(),
        access_needs=access_needs,
    )
    db.session.add(made)
    db.session.flush()
    if has_seat:
        seats.write_letter(held, made, "booking_confirmed")
    else:
        seats.write_letter(held, made, "booking_waiting", position=seats.waiting_position(made))
    audit.record(actor, "booked a seat" if has_seat else "joined the waiting list", f"booking:{made.id}")
    return made


def _live_booking_of(actor: Actor, workshop_session_id: int) -> Booking | None:
    return db.session.scalar(
        select(Booking).where(
            Booking.workshop_session_id == workshop_session_id,
            Booking.user_id == actor.user_id,
            Booking.state != BookingState.CANCELLED,
        )
    )


def _refuse_more_than_its_share(held: seats.Held, startup_id: int, person_name: str) -> None:
    names = db.session.scalars(
        select(Booking.person_name).where(
            Booking.workshop_session_id == held.row.id,
            Booking.startup_id == startup_id,
            Booking.state != BookingState.CANCELLED,
        )
    ).all()
    if any(booking.same_person(name, person_name) for name in names):
        raise RuleViolation(
            Message("A colleague has already booked for %(person)s.", person=person_name), field="person_name"
        )
    if not (verdict := booking.may_hold_another(len(names), held.facts)):
        raise RuleViolation(verdict.reason, field="startup_id")


def _refuse_two_places_at_once(actor: Actor, held: seats.Held, person_name: str) -> None:
    others = db.session.execute(
        select(Booking.person_name, Workshop.title_fr, Workshop.title_en)
        .join(WorkshopSession, WorkshopSession.workshop_id == Workshop.id)
        .join(Booking, Booking.workshop_session_id == WorkshopSession.id)
        .where(
            Booking.user_id == actor.user_id,
            Booking.state != BookingState.CANCELLED,
            WorkshopSession.state != WorkshopSessionState.CANCELLED,
            WorkshopSession.starts_at < held.row.ends_at,
            WorkshopSession.ends_at > held.row.starts_at,
        )
    )
    for other in others:
        if booking.same_person(other.person_name, person_name):
            raise RuleViolation(
                Message(
                    "%(person)s already has a place in “%(title)s” at that time.",
                    person=person_name,
                    title=Bilingual(other.title_fr, other.title_en),
                ),
                field="person_name",
            )


def cancel_booking(*, actor: Actor, booking_id: int) -> None:
    """Give a place back; its seat goes to the first of the queue at once. Again changes nothing.

    Only the people of the startup and those who run the region may.

    Raises: NotFound, RuleViolation once the session has started.
    """
    with transaction():
        workshop_session_id = db.session.scalar(select(Booking.workshop_session_id).where(Booking.id == booking_id))
        if workshop_session_id is None:
            raise NotFound(Message("There is no such booking."))
        held = seats.hold(workshop_session_id)
        found = db.session.get_one(Booking, booking_id, populate_existing=True)
        if not access.can_act_for_startup(actor, found.startup_id) and not (
            access.permitted(actor, Permission.WORKSHOP_MANAGE)
            and access.can_manage_region(actor, held.venue.region_code)
        ):
            raise NotFound(Message("There is no such booking."))
        if found.state is BookingState.CANCELLED:
            return
        now = clock.now()
        if not (verdict := booking.may_cancel(held.facts, now=now)):
            raise RuleViolation(verdict.reason)
        had_seat = found.state is BookingState.BOOKED
        found.state, found.cancelled_at = BookingState.CANCELLED, now
        db.session.flush()
        seats.write_letter(held, found, "booking_cancelled")
        audit.record(actor, "cancelled a booking", f"booking:{booking_id}", had_seat=had_seat)
        if had_seat:
            seats.free_seat(held.row.id)
            seats.promote_waiting(actor, held, now=now)


def send_reminders(*, limit: int = 200) -> int:
    """Remind, once, everybody with a seat in a session that starts within two days; the number of letters.

    Who booked within those two days has just had a letter; a session that has started reminds nobody.
    """
    with transaction():
        now = clock.now()
        soon = db.session.scalars(
            select(WorkshopSession.id)
            .where(
                WorkshopSession.state == WorkshopSessionState.PUBLISHED,
                WorkshopSession.starts_at > now,
                WorkshopSession.starts_at <= now + booking.REMINDED_BEFORE,
            )
            .order_by(WorkshopSession.starts_at, WorkshopSession.id)
        ).all()
        written = 0
        for workshop_session_id in soon:
            held = seats.hold(workshop_session_id)
            for found in _to_be_reminded(held, limit - written):
                seats.write_letter(held, found, "booking_reminder")
                written += 1
        return written


def _to_be_reminded(held: seats.Held, limit: int) -> list[Booking]:
    """Who got the seat before the two days began and no reminder since they did (a postponed session has new ones)."""
    window_opened = held.row.starts_at - booking.REMINDED_BEFORE
    reminded = exists().where(
        Letter.kind == "booking_reminder",
        Letter.about == "booking:" + cast(Booking.id, String),
        Letter.written_at >= window_opened,
    )
    return list(
        db.session.scalars(
            select(Booking)
            .where(
                Booking.workshop_session_id == held.row.id,
                Booking.state == BookingState.BOOKED,
                Booking.user_id.is_not(None),
                func.coalesce(Booking.promoted_at, Booking.made_at) < window_opened,
                ~reminded,
            )
            .order_by(Booking.made_at, Booking.id)
            .limit(limit)
        )
    )
