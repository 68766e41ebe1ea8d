"""Who came: marked, put right, closed; startups recognised at the door; evidence for the counter."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from accelerator.kernel.enums import EvidenceKind, Role, WorkshopSessionState
from accelerator.kernel.errors import NotAllowed, NotFound, RuleViolation
from accelerator.models.counter import CounterCorrection, Evidence, Reached
from accelerator.models.startups import Startup
from accelerator.models.workshops import Attendance, WorkshopSession
from accelerator.services import attendance, bookings
from accelerator.services.attendance import WalkIn
from tests import make
from tests.conftest import at

START = make.instant("2027-03-10T08:00")


@pytest.fixture
def session(db):
    at("2027-03-01T09:00+00:00")
    make.counter_definition()
    return make.workshop_session(starts_at=START)


def coordinator(region="84"):
    return make.actor(make.user((Role.COORDINATOR, region)))


def booking_of(session, startup=None, name=""):
    person = make.user(name=name)
    startup = startup or make.startup()
    make.db.session.add(make.Membership(startup_id=startup.id, user_id=person.id, joined_at=make.clock.now()))
    make.db.session.commit()
    return bookings.book(
        actor=make.actor(person),
        workshop_session_id=session.id,
        startup_id=startup.id,
        person_name=person.name,
    )


def came(session, booking_id, actor=None):
    return attendance.record_came(actor=actor or coordinator(), workshop_session_id=session.id, booking_id=booking_id)


def walk_in(session, **values):
    return attendance.record_walk_in(
        actor=coordinator(), workshop_session_id=session.id, walk_in=WalkIn(**{"person_name": "Joan", **values})
    )


def evidence(db):
    db.expire_all()
    return [
        (row.startup_id, row.reference, row.happened_on, row.withdrawn_at is None)
        for row in db.scalars(select(Evidence).order_by(Evidence.id))
    ]


def test_who_came_makes_the_startup_count_from_the_day_at_the_venue(db, session):
    venue = make.venue(region_code="04", zone="Indian/Reunion")
    late = make.workshop_session(venue=venue, starts_at=make.instant("2027-03-10T21:00"))
    startup = make.startup()
    booking_id = booking_of(late, startup)
    at("2027-03-10T21:05+00:00")

    attendance_id = came(late, booking_id, coordinator("04"))

    assert evidence(db) == [(startup.id, f"attendance:{attendance_id}", date(2027, 3, 11), True)]
    assert db.scalars(select(Evidence.kind)).one() is EvidenceKind.WORKSHOP_ATTENDED
    assert db.scalars(select(Reached.counted_on)).all() == [date(2027, 3, 11)]


def test_marked_twice_stands_once(db, session):
    booking_id = booking_of(session)
    at(START.isoformat())

    assert came(session, booking_id) == came(session, booking_id)
    assert db.scalars(select(func.count(Attendance.id))).one() == 1
    assert len(evidence(db)) == 1


def test_undo_takes_the_mark_and_the_evidence_away_and_the_number_is_not_given_again(db, session):
    actor = coordinator()
    first, second = booking_of(session), booking_of(session)
    at(START.isoformat())
    marked = came(session, first)

    attendance.undo_attendance(actor=actor, workshop_session_id=session.id, attendance_id=marked)
    attendance.undo_attendance(actor=actor, workshop_session_id=session.id, attendance_id=marked)
    next_one = came(session, second)

    assert next_one != marked
    assert [standing for *_, standing in evidence(db)] == [False, True]
    assert db.scalars(select(Reached.startup_id)).all() == [evidence(db)[1][0]]
    assert db.scalars(select(CounterCorrection.change)).all() == [-1]


def test_a_mark_undone_can_be_made_again(db, session):
    booking_id = booking_of(session)
    at(START.isoformat())
    marked = came(session, booking_id)
    attendance.undo_attendance(actor=coordinator(), workshop_session_id=session.id, attendance_id=marked)

    came(session, booking_id)

    assert db.scalars(select(func.count(Reached.startup_id))).one() == 1


def test_a_startup_with_two_people_stays_counted_when_one_is_undone(db, session):
    startup = make.startup()
    first, second = booking_of(session, startup), booking_of(session, startup)
    at(START.isoformat())
    marked = came(session, first)
    came(session, second)

    attendance.undo_attendance(actor=coordinator(), workshop_session_id=session.id, attendance_id=marked)

    assert db.scalars(select(Reached.startup_id)).all() == [startup.id]
    assert db.scalars(select(CounterCorrection)).all() == []


@pytest.mark.parametrize(
    ("now", "state", "reason"),
    [
        ("2027-03-09T22:59:59+00:00", WorkshopSessionState.PUBLISHED, "on the day"),
        ("2027-03-10T08:00:00+00:00", WorkshopSessionState.CANCELLED, "cancelled"),
    ],
)
def test_attendance_refused_leaves_nothing_behind(db, session, now, state, reason):
    booking_id = booking_of(session)
    session.state = state
    db.commit()
    at(now)

    with pytest.raises(RuleViolation, match=reason):
        came(session, booking_id)
    with pytest.raises(RuleViolation, match=reason):
        walk_in(session, startup_name="Nouvelle", postcode="69003")

    assert evidence(db) == []
    assert db.scalars(select(func.count(Startup.id)).where(Startup.name == "Nouvelle")).one() == 0


@pytest.mark.parametrize(
    ("roles", "error"),
    [(((Role.COORDINATOR, "93"),), NotAllowed), ((Role.FOUNDER,), NotAllowed), ((Role.SPONSOR,), NotAllowed)],
)
def test_others_record_undo_and_close_nothing(db, session, roles, error):
    booking_id = booking_of(session)
    at("2027-03-10T12:00+00:00")
    marked = came(session, booking_id)
    eve = make.actor(make.user(*roles))

    for act in (
        lambda: came(session, booking_id, eve),
        lambda: attendance.record_walk_in(
            actor=eve, workshop_session_id=session.id, walk_in=WalkIn("Eve", startup_name="Eve", postcode="69003")
        ),
        lambda: attendance.undo_attendance(actor=eve, workshop_session_id=session.id, attendance_id=marked),
        lambda: attendance.close_attendance(actor=eve, workshop_session_id=session.id),
    ):
        with pytest.raises(error):
            act()

    assert [standing for *_, standing in evidence(db)] == [True]
    assert db.scalars(select(WorkshopSession.state)).one() is WorkshopSessionState.PUBLISHED


def test_a_booking_or_a_mark_of_another_session_is_not_touched(db, session):
    other = make.workshop_session(starts_at=START)
    booking_id = booking_of(other)
    at(START.isoformat())
    marked = came(other, booking_id)

    with pytest.raises(NotFound):
        came(session, booking_id)
    attendance.undo_attendance(actor=coordinator(), workshop_session_id=session.id, attendance_id=marked)

    assert [standing for *_, standing in evidence(db)] == [True]


def test_a_walk_in_is_recognised_by_siren(db, session):
    startup = make.startup()
    at(START.isoformat())

    walk_in(session, siren=f"{startup.siren[:3]} {startup.siren[3:6]} {startup.siren[6:]}")

    assert [row[0] for row in evidence(db)] == [startup.id]
    assert db.scalars(select(func.count(Startup.id))).one() == 1


def test_a_walk_in_is_recognised_by_the_account_of_its_address(db, session):
    ada = make.user(email="ada@exemple.fr")
    startup = make.startup(people=(ada,))
    at(START.isoformat())

    walk_in(session, email=" Ada@Exemple.fr")

    assert [row[0] for row in evidence(db)] == [startup.id]


def test_an_address_of_two_startups_does_not_decide(db, session):
    ada = make.user(email="ada@exemple.fr")
    make.startup(people=(ada,))
    make.startup(people=(ada,))
    at(START.isoformat())

    with pytest.raises(RuleViolation, match="SIREN, or its name and postcode"):
        walk_in(session, email="ada@exemple.fr")


@pytest.mark.parametrize("typed", ["NOVÉA  sas", "novea", "Novéa"])
def test_a_walk_in_is_recognised_by_name_in_the_same_department(db, session, typed):
    startup = make.startup(name="Novéa SAS", siren=None)
    at(START.isoformat())

    walk_in(session, startup_name=typed, postcode="69100")

    assert [row[0] for row in evidence(db)] == [startup.id]


def test_a_new_siren_at_the_door_completes_the_startup_known_by_name(db, session):
    startup = make.startup(name="Novéa", siren=None)
    at(START.isoformat())
    siren = make.siren()

    walk_in(session, startup_name="Novéa SAS", postcode="69100", siren=siren)

    db.expire_all()
    assert (startup.siren, db.scalars(select(func.count(Startup.id))).one()) == (siren, 1)


def test_the_same_name_with_another_siren_or_in_another_department_is_another_company(db, session):
    make.startup(name="Novéa")
    at(START.isoformat())

    walk_in(session, startup_name="Novéa", postcode="69100", siren=make.siren())
    walk_in(session, startup_name="Novéa", postcode="33000", person_name="Hedy")

    regions = db.scalars(select(Startup.region_code).order_by(Startup.id)).all()
    assert regions == ["84", "84", "75"]


def test_a_new_startup_is_made_at_the_door_once(db, session):
    at(START.isoformat())

    first = walk_in(session, startup_name="Fraîche IA", postcode="2A000".replace("2A", "20"))
    again = walk_in(session, startup_name="fraiche ia", postcode="20000", person_name="  JOAN ")

    assert first == again
    row = db.scalars(select(Startup)).one()
    assert (row.name, row.region_code, row.department_code) == ("Fraîche IA", "94", "2A")


def test_a_walk_in_who_had_booked_uses_the_booking(db, session):
    startup = make.startup()
    booking_id = booking_of(session, startup, name="Joan Clarke")
    at(START.isoformat())

    walk_in(session, siren=startup.siren, person_name="joan  clarke")

    row = db.scalars(select(Attendance)).one()
    assert (row.booking_id, row.person_name) == (booking_id, "Joan Clarke")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "startup_name"),
        ({"siren": "123456789"}, "siren"),
        ({"siren": "12"}, "siren"),
        ({"siren": make.siren(77)}, "startup_name"),
        ({"startup_name": "Nouvelle"}, "postcode"),
        ({"startup_name": "Nouvelle", "postcode": "00000"}, "postcode"),
        ({"email": "nobody@exemple.fr"}, "startup_name"),
    ],
)
def test_a_walk_in_without_a_startup_is_asked_for_one(db, session, values, field):
    at(START.isoformat())

    with pytest.raises(RuleViolation) as refused:
        walk_in(session, **values)

    assert refused.value.field == field
    assert db.scalars(select(func.count(Startup.id))).one() == 0


def test_closing_marks_the_session_held_and_ends_corrections(db, session):
    booking_id = booking_of(session)
    at("2027-03-10T10:59:59+00:00")
    marked = came(session, booking_id)
    with pytest.raises(RuleViolation, match="when the session is over"):
        attendance.close_attendance(actor=coordinator(), workshop_session_id=session.id)
    at("2027-03-10T11:00:00+00:00")

    attendance.close_attendance(actor=coordinator(), workshop_session_id=session.id)
    attendance.close_attendance(actor=coordinator(), workshop_session_id=session.id)
    with pytest.raises(RuleViolation, match="closed"):
        attendance.undo_attendance(actor=coordinator(), workshop_session_id=session.id, attendance_id=marked)

    db.expire_all()
    assert (session.state, session.version) == (WorkshopSessionState.HELD, 2)
    assert session.attendance_closed_at == make.instant("2027-03-10T11:00")


def test_the_clock_closes_when_the_day_after_is_over_where_it_is_held(db, session):
    overseas = make.workshop_session(venue=make.venue(region_code="04", zone="Indian/Reunion"), starts_at=START)
    make.workshop_session(starts_at=START, state=WorkshopSessionState.DRAFT)
    make.workshop_session(starts_at=START, state=WorkshopSessionState.CANCELLED)

    closed = []
    for moment in ("2027-03-11T19:59", "2027-03-11T20:00", "2027-03-11T22:59", "2027-03-11T23:00", "2027-03-12T09:00"):
        at(f"{moment}:00+00:00")
        closed.append(attendance.close_due_attendance())

    assert closed == [0, 1, 0, 1, 0]
    db.expire_all()
    assert (overseas.state, session.state) == (WorkshopSessionState.HELD, WorkshopSessionState.HELD)
