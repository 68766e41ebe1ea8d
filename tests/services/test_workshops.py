"""Sessions made, changed, published and called off, by those who run the region."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import func, select

from accelerator.kernel.enums import BookingState, Role, WorkshopSessionState
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.models.audit import AuditEntry
from accelerator.models.letters import Letter
from accelerator.models.workshops import Booking, WorkshopSession
from accelerator.rules.booking import Timetable
from accelerator.services import bookings, workshops
from accelerator.services.workshops import SessionPlan
from tests import make
from tests.conftest import at

DAY = date(2027, 3, 10)


@pytest.fixture(autouse=True)
def _today():
    at("2027-01-05T09:00+00:00")


def plan(venue, **changes):
    values = {
        "workshop_id": changes.pop("workshop_id", None) or make.workshop().id,
        "venue_id": venue.id,
        "timetable": Timetable(DAY, time(9), time(12), 2),
        "language": "fr",
        "capacity": 30,
        "seats_per_startup": 2,
        "trainer_name": "Radia",
    }
    return SessionPlan(**{**values, **changes})


def coordinator(region="84"):
    return make.actor(make.user((Role.COORDINATOR, region)))


def the_session(db):
    db.expire_all()
    return db.scalars(select(WorkshopSession)).one()


def booked(session, people=1):
    made = []
    for _ in range(people):
        person = make.user()
        startup = make.startup(people=(person,))
        made.append(
            bookings.book(
                actor=make.actor(person),
                workshop_session_id=session.id,
                startup_id=startup.id,
                person_name=person.name,
            )
        )
    return made


def states(db):
    db.expire_all()
    return list(db.scalars(select(Booking.state).order_by(Booking.id)))


def test_create_session_is_a_draft_in_the_time_of_the_venue(db):
    venue = make.venue(region_code="04", postcode="97400", city="Saint-Denis", zone="Indian/Reunion")

    workshops.create_session(actor=coordinator("04"), plan=plan(venue))

    session = the_session(db)
    assert session.state is WorkshopSessionState.DRAFT
    assert session.starts_at == make.instant("2027-03-10T05:00")
    assert session.booking_closes_at == make.instant("2027-03-10T03:00")
    assert (session.region_code, session.calendar_sequence, session.seats_taken) == ("04", 0, 0)
    assert db.scalars(select(AuditEntry.verb)).all() == ["created a session"]


def test_create_session_takes_length_and_seats_from_workshop_and_venue(db):
    venue = make.venue(capacity=17)
    workshop = make.workshop(duration_minutes=90)

    workshops.create_session(
        actor=coordinator(),
        plan=plan(venue, workshop_id=workshop.id, capacity=None, timetable=Timetable(DAY, time(9), None, 0)),
    )

    session = the_session(db)
    assert (session.capacity, session.ends_at - session.starts_at) == (17, timedelta(minutes=90))


def test_create_session_twice_with_one_form_makes_one(db):
    venue, actor = make.venue(), coordinator()
    form = plan(venue)

    first = workshops.create_session(actor=actor, plan=form, request_key="k")
    again = workshops.create_session(actor=actor, plan=form, request_key="k")

    assert first == again == the_session(db).id


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"capacity": 41}, "capacity"),
        ({"capacity": 0}, "capacity"),
        ({"timetable": Timetable(DAY, time(9), time(9), 2)}, "ends"),
        ({"timetable": Timetable(date(2027, 1, 5), time(9), time(12), 2)}, "day"),
        ({"timetable": Timetable(date(2030, 1, 5), time(9), time(12), 2)}, "day"),
        ({"timetable": Timetable(date(2027, 3, 28), time(2, 30), time(5), 2)}, "starts"),
        ({"venue_id": 999}, "venue_id"),
        ({"workshop_id": 999}, "workshop_id"),
    ],
)
def test_create_session_refused_leaves_nothing_behind(db, changes, field):
    with pytest.raises(RuleViolation) as refused:
        workshops.create_session(actor=coordinator(), plan=plan(make.venue(), **changes), request_key="k")

    assert refused.value.field == field
    assert db.scalars(select(func.count(WorkshopSession.id))).one() == 0
    assert db.scalars(select(func.count(AuditEntry.id))).one() == 0


def test_two_sessions_do_not_share_a_room(db):
    venue, actor = make.venue(), coordinator()
    workshops.create_session(actor=actor, plan=plan(venue))
    later = Timetable(DAY, time(11, 59), time(14), 2)

    with pytest.raises(RuleViolation, match="The venue is taken by .*09:00 to 12:00"):
        workshops.create_session(actor=actor, plan=plan(venue, timetable=later))

    workshops.create_session(actor=actor, plan=plan(make.venue(), timetable=later))
    workshops.create_session(actor=actor, plan=plan(venue, timetable=Timetable(DAY, time(12), time(14), 2)))
    assert db.scalars(select(func.count(WorkshopSession.id))).one() == 3


def test_the_room_of_a_cancelled_session_is_free(db):
    venue, actor = make.venue(), coordinator()
    first = workshops.create_session(actor=actor, plan=plan(venue))
    workshops.cancel_session(actor=actor, workshop_session_id=first, reason="Trainer ill")

    workshops.create_session(actor=actor, plan=plan(venue))

    assert db.scalars(select(func.count(WorkshopSession.id))).one() == 2


ACTS = {
    "create": lambda actor, session, venue: workshops.create_session(actor=actor, plan=plan(venue)),
    "edit": lambda actor, session, venue: workshops.edit_session(
        actor=actor, workshop_session_id=session.id, plan=plan(venue), version=session.version
    ),
    "publish": lambda actor, session, venue: workshops.publish_session(actor=actor, workshop_session_id=session.id),
    "cancel": lambda actor, session, venue: workshops.cancel_session(
        actor=actor, workshop_session_id=session.id, reason="Mine now"
    ),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", [WorkshopSessionState.DRAFT, WorkshopSessionState.PUBLISHED])
@pytest.mark.parametrize(
    "roles", [((Role.COORDINATOR, "93"),), (Role.FOUNDER,), (Role.REVIEWER,), (Role.SPONSOR,)], ids=str
)
def test_other_regions_and_other_roles_touch_nothing(db, act, state, roles):
    venue = make.venue()
    session = make.workshop_session(venue=venue, state=state, starts_at=make.instant("2027-04-01T08:00"))
    before = (session.version, session.state, session.starts_at)

    with pytest.raises((NotAllowed, NotFound)):
        ACTS[act](make.actor(make.user(*roles)), session, venue)

    session = the_session(db)
    assert (session.version, session.state, session.starts_at) == before
    assert db.scalars(select(func.count(AuditEntry.id))).one() == 0


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("roles", [((Role.COORDINATOR, "84"),), (Role.MANAGER,)], ids=str)
def test_own_coordinator_and_managers_may(db, act, roles):
    venue = make.venue()
    session = make.workshop_session(
        venue=venue, state=WorkshopSessionState.DRAFT, starts_at=make.instant("2027-04-01T08:00")
    )

    ACTS[act](make.actor(make.user(*roles)), session, venue)

    assert db.scalars(select(func.count(AuditEntry.id))).one() == 1


def test_a_session_does_not_move_to_a_region_of_others(db):
    session = make.workshop_session()
    elsewhere = make.venue(region_code="93", postcode="13001", city="Marseille")

    with pytest.raises(NotAllowed):
        workshops.edit_session(
            actor=coordinator(), workshop_session_id=session.id, plan=plan(elsewhere), version=session.version
        )


def test_a_new_time_is_told_to_everybody_who_holds_a_place(db):
    venue = make.venue()
    session = make.workshop_session(venue=venue, capacity=1, starts_at=make.instant("2027-03-01T08:00"))
    first, second, gone = booked(session, 3)
    bookings.cancel_booking(actor=make.actor(make.manager()), booking_id=gone)
    before = db.scalars(select(func.count(Letter.id))).one()

    workshops.edit_session(actor=coordinator(), workshop_session_id=session.id, plan=plan(venue, capacity=1), version=1)

    told = db.execute(select(Letter.about, Letter.kind, Letter.body).order_by(Letter.id).offset(before)).all()
    assert [(row.about, row.kind) for row in told] == [
        (f"booking:{first}", "session_changed"),
        (f"booking:{second}", "session_changed"),
    ]
    assert "Wednesday 10 March 2027 09:00 (Paris time)" in told[0].body
    session = the_session(db)
    assert (session.version, session.calendar_sequence) == (2, 1)


def test_a_change_of_the_trainer_alone_writes_no_letter(db):
    venue = make.venue()
    workshop = make.workshop()
    session = make.workshop_session(
        venue=venue,
        workshop_id=workshop.id,
        starts_at=make.instant("2027-03-10T08:00"),
        ends_at=make.instant("2027-03-10T11:00"),
    )
    booked(session)

    workshops.edit_session(
        actor=coordinator(),
        workshop_session_id=session.id,
        plan=plan(venue, workshop_id=workshop.id, trainer_name="Grace"),
        version=1,
    )

    assert db.scalars(select(Letter.kind)).all() == ["booking_confirmed"]
    assert the_session(db).trainer_name == "Grace"


def test_a_stale_edit_is_a_conflict_and_changes_nothing(db):
    venue = make.venue()
    session = make.workshop_session(venue=venue)
    form = plan(venue)
    workshops.edit_session(actor=coordinator(), workshop_session_id=session.id, plan=form, version=1)

    with pytest.raises(Conflict):
        workshops.edit_session(
            actor=coordinator(), workshop_session_id=session.id, plan=replace(form, trainer_name="Eve"), version=1
        )

    assert the_session(db).trainer_name == "Radia"


def test_more_seats_go_to_the_queue_in_order_and_fewer_than_taken_are_refused(db):
    venue = make.venue()
    session = make.workshop_session(venue=venue, capacity=2, starts_at=make.instant("2027-03-10T08:00"))
    booked(session, 5)
    actor = coordinator()

    workshops.edit_session(actor=actor, workshop_session_id=session.id, plan=plan(venue, capacity=4), version=1)
    with pytest.raises(RuleViolation, match="4 seats are already booked"):
        workshops.edit_session(actor=actor, workshop_session_id=session.id, plan=plan(venue, capacity=3), version=2)

    assert states(db) == [BookingState.BOOKED] * 4 + [BookingState.WAITING]
    assert (the_session(db).capacity, the_session(db).seats_taken) == (4, 4)
    assert db.scalars(select(func.count(Letter.id)).where(Letter.kind == "booking_promoted")).one() == 2


@pytest.mark.parametrize("state", [WorkshopSessionState.HELD, WorkshopSessionState.CANCELLED])
def test_what_is_over_is_not_changed(db, state):
    venue = make.venue()
    session = make.workshop_session(venue=venue, state=state)
    actor = coordinator()

    with pytest.raises(RuleViolation):
        workshops.edit_session(actor=actor, workshop_session_id=session.id, plan=plan(venue), version=1)
    with pytest.raises(RuleViolation):
        workshops.publish_session(actor=actor, workshop_session_id=session.id)

    assert the_session(db).version == 1


def test_what_has_started_is_neither_changed_nor_cancelled(db):
    venue = make.venue()
    session = make.workshop_session(venue=venue)
    at(session.starts_at.isoformat())

    with pytest.raises(RuleViolation, match="started"):
        workshops.edit_session(actor=coordinator(), workshop_session_id=session.id, plan=plan(venue), version=1)
    with pytest.raises(RuleViolation, match="started"):
        workshops.cancel_session(actor=coordinator(), workshop_session_id=session.id, reason="Too late")


def test_publish_once_and_not_in_the_past(db):
    session = make.workshop_session(state=WorkshopSessionState.DRAFT)
    late = make.workshop_session(state=WorkshopSessionState.DRAFT, starts_at=make.instant("2027-01-05T08:59"))
    actor = coordinator()

    workshops.publish_session(actor=actor, workshop_session_id=session.id)
    workshops.publish_session(actor=actor, workshop_session_id=session.id)
    with pytest.raises(RuleViolation, match="started"):
        workshops.publish_session(actor=actor, workshop_session_id=late.id)

    db.expire_all()
    assert (session.state, session.version) == (WorkshopSessionState.PUBLISHED, 2)
    assert late.state is WorkshopSessionState.DRAFT
    assert db.scalars(select(AuditEntry.verb)).all() == ["published a session"]


def test_cancel_tells_everybody_once_and_keeps_who_was_promised_a_seat(db):
    session = make.workshop_session(capacity=1)
    booked(session, 2)
    actor = coordinator()

    with pytest.raises(RuleViolation, match="Say why"):
        workshops.cancel_session(actor=actor, workshop_session_id=session.id, reason="")
    workshops.cancel_session(actor=actor, workshop_session_id=session.id, reason="The trainer is ill.")
    workshops.cancel_session(actor=actor, workshop_session_id=session.id, reason="Again")

    letters = db.scalars(select(Letter.body).where(Letter.kind == "session_cancelled")).all()
    assert len(letters) == 2
    assert all("The trainer is ill." in body for body in letters)
    assert states(db) == [BookingState.BOOKED, BookingState.WAITING]
    assert (the_session(db).calendar_sequence, the_session(db).cancelled_reason) == (1, "The trainer is ill.")


def test_the_calendar_file_keeps_its_uid_and_raises_its_sequence(db):
    venue = make.venue()
    session = make.workshop_session(venue=venue, starts_at=make.instant("2027-03-01T08:00"))
    [booking_id] = booked(session)
    founder = make.actor(db.get(make.User, db.get(Booking, booking_id).user_id))

    def events():
        files = (
            workshops.calendar_file(workshop_session_id=session.id, locale="en"),
            workshops.booking_calendar_file(actor=founder, booking_id=booking_id, locale="en"),
        )
        return [
            (str(event["UID"]), event["SEQUENCE"], event.DTSTART, str(event["STATUS"]))
            for event in (Calendar.from_ical(file).events[0] for file in files)
        ]

    first = events()
    workshops.edit_session(actor=coordinator(), workshop_session_id=session.id, plan=plan(venue), version=1)
    moved = events()
    workshops.cancel_session(actor=coordinator(), workshop_session_id=session.id, reason="Ill")
    cancelled = events()

    uid = session.calendar_uid
    assert first == [(uid, 0, make.instant("2027-03-01T08:00"), "CONFIRMED")] * 2
    assert moved == [(uid, 1, make.instant("2027-03-10T08:00"), "CONFIRMED")] * 2
    assert cancelled == [(uid, 2, make.instant("2027-03-10T08:00"), "CANCELLED")] * 2


def test_the_calendar_file_of_a_draft_or_of_anothers_booking_is_not_found(db):
    draft = make.workshop_session(state=WorkshopSessionState.DRAFT)
    [booking_id] = booked(make.workshop_session())
    eve = make.user()
    make.startup(people=(eve,))

    with pytest.raises(NotFound):
        workshops.calendar_file(workshop_session_id=draft.id, locale="fr")
    with pytest.raises(NotFound):
        workshops.booking_calendar_file(actor=make.actor(eve), booking_id=booking_id, locale="fr")
