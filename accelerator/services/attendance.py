"""Services · Attendance — who came: written down on the day, put right until it is closed, evidence for the counter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import SYSTEM, Actor
from accelerator.kernel.enums import EvidenceKind, WorkshopSessionState
from accelerator.kernel.errors import NotAllowed, NotFound, RuleViolation
from accelerator.kernel.message import N_, Message
from accelerator.kernel.permissions import Permission
from accelerator.kernel.regions import department_of_postcode, region_of_postcode
from accelerator.models.accounts import User
from accelerator.models.startups import Membership, Startup
from accelerator.models.workshops import Attendance, Booking, Venue, WorkshopSession
from accelerator.rules import access, booking, identity
from accelerator.services import audit, counter, seats
from accelerator.services.accounts import normal_email
from accelerator.services.transaction import transaction


@dataclass(frozen=True)
class WalkIn:
    """Somebody at the door without a booking. A SIREN or a known address says which startup; else its name does."""

    person_name: str
    email: str = ""
    siren: str = ""
    startup_name: str = ""
    postcode: str = ""


def record_came(*, actor: Actor, workshop_session_id: int, booking_id: int) -> int:
    """The person of this booking came; the attendance id. Again changes nothing.

    Raises: NotFound, NotAllowed, RuleViolation before the day and once attendance is closed.
    """
    with transaction():
        held = _held_for_recording(actor, workshop_session_id)
        found = db.session.get(Booking, booking_id, populate_existing=True)
        if found is None or found.workshop_session_id != workshop_session_id:
            raise NotFound(Message("There is no such booking."))
        return _record(actor, held, found.startup_id, found.person_name, found.id)


def record_walk_in(*, actor: Actor, workshop_session_id: int, walk_in: WalkIn) -> int:
    """Somebody without a booking came; the attendance id. The same person again, or one who had booked, stands once.

    The startup is recognised by SIREN, by the person's account, or by name and department; a new one is created.

    Raises: NotFound, NotAllowed, RuleViolation.
    """
    with transaction():
        held = _held_for_recording(actor, workshop_session_id)
        person_name = " ".join(walk_in.person_name.split())
        startup = _startup_of(actor, walk_in)
        booked = [
            found
            for found in db.session.scalars(
                select(Booking)
                .where(Booking.workshop_session_id == workshop_session_id, Booking.startup_id == startup.id)
                .order_by(Booking.state, Booking.id)  # "booked" before "cancelled" before "waiting"
            )
            if booking.same_person(found.person_name, person_name)
        ]
        if booked:
            return _record(actor, held, startup.id, booked[0].person_name, booked[0].id)
        return _record(actor, held, startup.id, person_name, None)


def undo_attendance(*, actor: Actor, workshop_session_id: int, attendance_id: int) -> None:
    """The mark was a mistake: it goes, and its evidence is withdrawn. Again changes nothing.

    Raises: NotFound, NotAllowed, RuleViolation once attendance is closed.
    """
    with transaction():
        _held_for_recording(actor, workshop_session_id)
        found = db.session.get(Attendance, attendance_id, populate_existing=True)
        if found is None or found.workshop_session_id != workshop_session_id:
            return
        counter.withdraw_evidence(
            actor=actor,
            kind=EvidenceKind.WORKSHOP_ATTENDED,
            reference=f"attendance:{found.id}",
            reason=N_("Attendance corrected: this person did not come."),
        )
        audit.record(
            actor,
            "undid an attendance",
            f"attendance:{found.id}",
            session=workshop_session_id,
            startup=found.startup_id,
        )
        db.session.delete(found)


def close_attendance(*, actor: Actor, workshop_session_id: int) -> None:
    """The session was held and its attendance is final. Again changes nothing.

    Raises: NotFound, NotAllowed, RuleViolation before the session is over.
    """
    with transaction():
        held = seats.hold_managed(actor, workshop_session_id)
        _refuse_others(actor)
        if held.row.state is WorkshopSessionState.HELD:
            return
        now = clock.now()
        if not (verdict := booking.may_close_attendance(held.facts, now=now)):
            raise RuleViolation(verdict.reason)
        held.row.state, held.row.attendance_closed_at = WorkshopSessionState.HELD, now
        held.row.version += 1
        audit.record(actor, "closed attendance", held.subject)


def close_due_attendance() -> int:
    """Close every session whose day after is over; the number closed."""
    now = clock.now()
    closed = 0
    past = db.session.execute(
        select(WorkshopSession, Venue.zone)
        .join(Venue, Venue.id == WorkshopSession.venue_id)
        .where(
            WorkshopSession.state == WorkshopSessionState.PUBLISHED, WorkshopSession.ends_at <= now - timedelta(days=1)
        )
        .order_by(WorkshopSession.id)
        .limit(200)
    ).all()
    due = [row.id for row, zone in past if now >= booking.attendance_closes_at(seats.facts(row, zone))]
    for workshop_session_id in due:
        close_attendance(actor=SYSTEM, workshop_session_id=workshop_session_id)
        closed += 1
    return closed


def _refuse_others(actor: Actor) -> None:
    if not (verdict := access.may(actor, Permission.ATTENDANCE_RECORD)):
        raise NotAllowed(verdict.reason)


def _held_for_recording(actor: Actor, workshop_session_id: int) -> seats.Held:
    _refuse_others(actor)
    held = seats.hold_managed(actor, workshop_session_id)
    if not (verdict := booking.may_record_attendance(held.facts, now=clock.now())):
        raise RuleViolation(verdict.reason)
    return held


def _record(actor: Actor, held: seats.Held, startup_id: int, person_name: str, booking_id: int | None) -> int:
    """One row a person of a startup and session, and one piece of evidence."""
    same = db.session.scalars(
        select(Attendance).where(
            Attendance.workshop_session_id == held.row.id,
            Attendance.startup_id == startup_id,
        )
    )
    for known in same:
        if (booking_id is not None and known.booking_id == booking_id) or booking.same_person(
            known.person_name, person_name
        ):
            return known.id
    came = Attendance(
        workshop_session_id=held.row.id,
        startup_id=startup_id,
        booking_id=booking_id,
        person_name=person_name,
        recorded_at=clock.now(),
        recorded_by_user_id=actor.user_id,
    )
    db.session.add(came)
    db.session.flush()
    counter.record_evidence(
        actor=actor,
        startup_id=startup_id,
        kind=EvidenceKind.WORKSHOP_ATTENDED,
        reference=f"attendance:{came.id}",
        happened_on=held.facts.day,
    )
    audit.record(actor, "recorded an attendance", f"attendance:{came.id}", session=held.row.id, startup=startup_id)
    return came.id


def _startup_of(actor: Actor, walk_in: WalkIn) -> Startup:
    siren = identity.normal_siren(walk_in.siren) if walk_in.siren else None
    if siren and (known := db.session.scalar(select(Startup).where(Startup.siren == siren))):
        return known
    if not siren and walk_in.email and (known := _startup_by_account(walk_in.email)):
        return known
    if not walk_in.startup_name:
        if siren:
            raise RuleViolation(Message("This SIREN is new here: type the startup’s name too."), field="startup_name")
        raise RuleViolation(Message("Type the startup’s SIREN, or its name and postcode."), field="startup_name")
    region_code = region_of_postcode(walk_in.postcode)
    if region_code is None:
        raise RuleViolation(Message("Type the startup’s postcode: five digits, in France."), field="postcode")
    if known := _startup_by_name(walk_in, siren):
        return known
    return _create_startup(actor, walk_in, siren, region_code)


def _startup_by_account(email: str) -> Startup | None:
    found = db.session.scalars(
        select(Startup)
        .join(Membership, Membership.startup_id == Startup.id)
        .join(User, User.id == Membership.user_id)
        .where(User.email == normal_email(email))
        .limit(2)
    ).all()
    return found[0] if len(found) == 1 else None


def _startup_by_name(walk_in: WalkIn, siren: str | None) -> Startup | None:
    """A startup of the same name in the same department; with another SIREN it is another company."""
    department = department_of_postcode(walk_in.postcode)
    for known in db.session.scalars(select(Startup).where(Startup.department_code == department).order_by(Startup.id)):
        if identity.same_name(known.name, walk_in.startup_name) and (siren is None or known.siren is None):
            if siren:
                known.siren = siren
                known.version += 1
                db.session.flush()
            return known
    return None


def _create_startup(actor: Actor, walk_in: WalkIn, siren: str | None, region_code: str) -> Startup:
    startup = Startup(
        name=walk_in.startup_name,
        siren=siren,
        region_code=region_code,
        department_code=department_of_postcode(walk_in.postcode),
        postcode=walk_in.postcode,
        created_at=clock.now(),
    )
    db.session.add(startup)
    db.session.flush()
    audit.record(actor, "created a startup at the door", f"startup:{startup.id}")
    return startup
