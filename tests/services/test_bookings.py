"""Booking, waiting, giving back, being reminded."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from accelerator.kernel.enums import BookingState, Role, WorkshopSessionState
from accelerator.kernel.errors import NotAllowed, NotFound, RuleViolation
from accelerator.models.audit import AuditEntry
from accelerator.models.letters import Letter
from accelerator.models.workshops import Booking, WorkshopSession
from accelerator.services import bookings
from tests import make
from tests.conftest import at


def founder(**columns):
    """A founder with a startup of their own."""
    person = make.user(**columns)
    return person, make.startup(people=(person,))


def book(person, startup, session, **others):
    return bookings.book(
        actor=make.actor(person),
        workshop_session_id=session.id,
        startup_id=startup.id,
        **{"person_name": person.name, **others},
    )


def kinds(db, person=None):
    query = select(Letter.kind).order_by(Letter.id)
    return db.scalars(query if person is None else query.where(Letter.to_user_id == person.id)).all()


def state(db, booking_id):
    return db.get(Booking, booking_id, populate_existing=True).state


def test_book_takes_a_seat_and_writes_one_letter_in_the_persons_language(db):
    ada, startup = founder(name="Ada", locale="fr")
    session = make.workshop_session(starts_at=make.instant("2027-03-10T08:00"))

    booking_id = book(ada, startup, session, access_needs="Boucle magnétique")

    found = db.get(Booking, booking_id)
    assert (found.state, found.access_needs) == (BookingState.BOOKED, "Boucle magnétique")
    assert db.scalars(select(WorkshopSession.seats_taken)).one() == 1
    letter = db.scalars(select(Letter)).one()
    assert letter.subject == "Votre place est réservée : Découvrir l’IA générative"
    assert "mercredi 10 mars 2027 09:00 (heure de Paris)" in letter.body
    assert "Boucle" not in letter.body
    assert db.scalars(select(AuditEntry.verb)).all() == ["booked a seat"]


def test_book_on_a_full_session_waits_with_a_position(db):
    session = make.workshop_session(capacity=1)
    for _ in range(2):
        book(*founder(), session)
    ada, startup = founder()

    booking_id = book(ada, startup, session)

    assert state(db, booking_id) is BookingState.WAITING
    assert db.scalars(select(WorkshopSession.seats_taken)).one() == 1
    assert kinds(db) == ["booking_confirmed", "booking_waiting", "booking_waiting"]
    assert "number 2 on the waiting list" in db.scalars(select(Letter.body).where(Letter.to_user_id == ada.id)).one()


def test_the_same_form_again_is_the_same_booking(db):
    ada, startup = founder()
    session = make.workshop_session()

    first = book(ada, startup, session, request_key="k1")
    again = book(ada, startup, session, request_key="k1")
    same_person = book(ada, startup, session, request_key="k2")

    assert first == again == same_person
    assert kinds(db) == ["booking_confirmed"]
    assert db.scalars(select(WorkshopSession.seats_taken)).one() == 1


def test_a_second_live_booking_of_one_account_is_refused(db):
    ada, startup = founder(name="Ada")
    session = make.workshop_session()
    book(ada, startup, session)

    with pytest.raises(RuleViolation, match="already hold a booking here, for Ada"):
        book(ada, startup, session, person_name="Grace")

    assert db.scalars(select(func.count(Booking.id))).one() == 1


def test_a_startup_holds_no_more_than_its_share_the_queue_included(db):
    ada, grace, joan = (make.user() for _ in range(3))
    startup = make.startup(people=(ada, grace, joan))
    session = make.workshop_session(capacity=1, seats_per_startup=2)
    book(ada, startup, session)
    book(grace, startup, session)

    with pytest.raises(RuleViolation, match="all the places it can have here \\(2"):
        book(joan, startup, session)

    assert db.scalars(select(func.count(Booking.id))).one() == 2


def test_two_colleagues_do_not_book_for_the_same_person(db):
    ada, grace = make.user(), make.user()
    startup = make.startup(people=(ada, grace))
    session = make.workshop_session()
    book(ada, startup, session, person_name="Joan Clarke")

    with pytest.raises(RuleViolation, match="A colleague has already booked for joan clarke"):
        book(grace, startup, session, person_name="joan clarke")


def test_one_person_is_not_in_two_places_at_once(db):
    ada, startup = founder(name="Ada")
    first = make.workshop_session()
    overlapping = make.workshop_session(starts_at=first.starts_at + timedelta(hours=2))
    after = make.workshop_session(starts_at=first.ends_at)
    book(ada, startup, first)

    with pytest.raises(RuleViolation, match="Ada already has a place in “Discover generative AI”|Découvrir"):
        book(ada, startup, overlapping, person_name="ADA")
    book(ada, startup, overlapping, person_name="Grace")

    assert state(db, book(ada, startup, after)) is BookingState.BOOKED


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"state": WorkshopSessionState.DRAFT}, NotFound),
        ({"state": WorkshopSessionState.CANCELLED}, RuleViolation),
        ({"state": WorkshopSessionState.HELD}, RuleViolation),
        ({"booking_closes_at": make.instant("2020-01-01T00:00")}, RuleViolation),
    ],
)
def test_book_refused_leaves_nothing_behind(db, changes, error):
    ada, startup = founder()
    session = make.workshop_session(**changes)

    with pytest.raises(error):
        book(ada, startup, session, request_key="k")

    for table in (Booking, Letter, AuditEntry):
        assert db.scalars(select(func.count(table.id))).one() == 0
    assert db.scalars(select(WorkshopSession.seats_taken)).one() == 0


def test_book_for_another_startup_or_without_the_right_is_refused(db):
    ada, _startup = founder()
    theirs = make.startup()
    session = make.workshop_session()
    reviewer = make.user(Role.REVIEWER)

    with pytest.raises(NotFound):
        book(ada, theirs, session)
    with pytest.raises(NotAllowed):
        book(reviewer, theirs, session)
    with pytest.raises(NotFound):
        bookings.book(
            actor=make.actor(ada), workshop_session_id=9999, startup_id=_startup.id, person_name="Ada", request_key=""
        )


def test_cancel_gives_the_seat_to_the_first_of_the_queue_at_once(db):
    session = make.workshop_session(capacity=1)
    at("2026-01-01T09:00+00:00")
    session.starts_at, session.ends_at = make.instant("2026-02-01T08:00"), make.instant("2026-02-01T11:00")
    session.booking_closes_at = make.instant("2026-01-31T08:00")
    db.commit()
    ada, grace, joan = founder(), founder(), founder()
    hers = book(*ada, session)
    second, third = book(*grace, session), book(*joan, session)
    at("2026-01-31T20:00+00:00")

    bookings.cancel_booking(actor=make.actor(ada[0]), booking_id=hers)

    assert [state(db, number) for number in (hers, second, third)] == [
        BookingState.CANCELLED,
        BookingState.BOOKED,
        BookingState.WAITING,
    ]
    assert db.scalars(select(WorkshopSession.seats_taken)).one() == 1
    assert kinds(db, ada[0]) == ["booking_confirmed", "booking_cancelled"]
    assert kinds(db, grace[0]) == ["booking_waiting", "booking_promoted"]
    assert kinds(db, joan[0]) == ["booking_waiting"]


def test_cancel_again_changes_nothing_and_the_cancelled_do_not_come_back(db):
    session = make.workshop_session(capacity=1)
    ada, grace = founder(), founder()
    hers, second = book(*ada, session), book(*grace, session)
    bookings.cancel_booking(actor=make.actor(grace[0]), booking_id=second)

    bookings.cancel_booking(actor=make.actor(grace[0]), booking_id=second)
    bookings.cancel_booking(actor=make.actor(ada[0]), booking_id=hers)

    assert [state(db, number) for number in (hers, second)] == [BookingState.CANCELLED, BookingState.CANCELLED]
    assert db.scalars(select(WorkshopSession.seats_taken)).one() == 0
    assert kinds(db, grace[0]) == ["booking_waiting", "booking_cancelled"]


def test_who_cancelled_can_book_again_at_the_end_of_the_queue(db):
    session = make.workshop_session(capacity=1)
    ada, grace = founder(), founder()
    first = book(*ada, session)
    book(*grace, session)
    bookings.cancel_booking(actor=make.actor(ada[0]), booking_id=first)

    again = book(*ada, session)

    assert again != first
    assert state(db, again) is BookingState.WAITING


def test_cancel_after_the_start_is_refused_and_promotes_nobody(db):
    at("2026-01-01T09:00+00:00")
    session = make.workshop_session(capacity=1)
    ada, grace = founder(), founder()
    hers, second = book(*ada, session), book(*grace, session)
    at(session.starts_at.isoformat())

    with pytest.raises(RuleViolation, match="has started"):
        bookings.cancel_booking(actor=make.actor(ada[0]), booking_id=hers)

    assert [state(db, number) for number in (hers, second)] == [BookingState.BOOKED, BookingState.WAITING]


@pytest.mark.parametrize(
    ("roles", "allowed"),
    [
        ((Role.FOUNDER,), False),
        (((Role.COORDINATOR, "84"),), True),
        (((Role.COORDINATOR, "93"),), False),
        ((Role.MANAGER,), True),
        ((Role.REVIEWER,), False),
    ],
)
def test_who_else_may_cancel_a_booking(db, roles, allowed):
    ada, startup = founder()
    booking_id = book(ada, startup, make.workshop_session())
    eve = make.actor(make.user(*roles))

    if allowed:
        bookings.cancel_booking(actor=eve, booking_id=booking_id)
    else:
        with pytest.raises(NotFound):
            bookings.cancel_booking(actor=eve, booking_id=booking_id)

    assert state(db, booking_id) is (BookingState.CANCELLED if allowed else BookingState.BOOKED)


def test_reminders_go_once_two_days_before_and_never_after_the_start(db):
    at("2026-01-01T09:00+00:00")
    session = make.workshop_session(starts_at=make.instant("2026-01-10T08:00"), capacity=2)
    ada, grace, joan = founder(), founder(), founder()
    book(*ada, session)
    at("2026-01-08T07:59:59+00:00")
    assert bookings.send_reminders() == 0

    at("2026-01-08T08:00:00+00:00")
    book(*grace, session)
    book(*joan, session)
    first, second = bookings.send_reminders(), bookings.send_reminders()

    assert (first, second) == (1, 0)
    assert kinds(db, ada[0]) == ["booking_confirmed", "booking_reminder"]
    assert kinds(db, grace[0]) == ["booking_confirmed"]
    assert kinds(db, joan[0]) == ["booking_waiting"]


def test_reminders_missed_until_the_start_are_not_sent_late(db):
    at("2026-01-01T09:00+00:00")
    session = make.workshop_session(starts_at=make.instant("2026-01-10T08:00"))
    cancelled = make.workshop_session(
        starts_at=make.instant("2026-01-10T10:00"), state=WorkshopSessionState.PUBLISHED, venue=make.venue()
    )
    book(*founder(), session)
    book(*founder(), cancelled)
    cancelled.state = WorkshopSessionState.CANCELLED
    db.commit()
    at("2026-01-10T08:00:00+00:00")

    assert bookings.send_reminders() == 0


def test_reminders_come_again_for_a_postponed_session_and_respect_the_limit(db):
    at("2026-01-01T09:00+00:00")
    session = make.workshop_session(starts_at=make.instant("2026-01-10T08:00"))
    for _ in range(3):
        book(*founder(), session)
    at("2026-01-09T08:00:00+00:00")
    assert [bookings.send_reminders(limit=2), bookings.send_reminders(limit=2)] == [2, 1]

    session.starts_at, session.ends_at = make.instant("2026-02-10T08:00"), make.instant("2026-02-10T11:00")
    db.commit()
    at("2026-02-09T08:00:00+00:00")

    assert [bookings.send_reminders(), bookings.send_reminders()] == [3, 0]
