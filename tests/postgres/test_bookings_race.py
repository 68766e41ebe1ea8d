"""200 people press the button at once: thirty seats are thirty seats, and nobody meets an error, on either database."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from accelerator.extensions import db as database
from accelerator.kernel.enums import BookingState
from accelerator.kernel.errors import RuleViolation
from accelerator.models.letters import Letter
from accelerator.models.workshops import Booking, WorkshopSession
from accelerator.services import audit, bookings
from tests import make

CROWD = 200
SEATS = 30
THREADS = 25


def at_once(app, acts):
    """Run the acts on many threads, each with a database session of its own; what each gave."""
    start = Barrier(THREADS)

    def run(position):
        with app.app_context():
            if position < THREADS:
                start.wait()
            try:
                return acts[position]()
            except RuleViolation as refused:
                return refused
            finally:
                database.session.remove()

    database.session.rollback()  # end the snapshot this test has read so far
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(len(acts))))


def booking_act(person, startup, session, **others):
    actor, startup_id, session_id = make.actor(person), startup.id, session.id
    return lambda: bookings.book(
        actor=actor, workshop_session_id=session_id, startup_id=startup_id, person_name=actor.name, **others
    )


def test_200_bookings_on_30_seats_never_oversell(either_app):
    session = make.workshop_session(capacity=SEATS)
    people = [make.user() for _ in range(CROWD)]
    acts = [booking_act(person, make.startup(people=(person,)), session) for person in people]

    results = at_once(either_app, acts)

    assert all(isinstance(result, int) for result in results)
    assert len(set(results)) == CROWD
    assert Counter(database.session.scalars(select(Booking.state))) == {
        BookingState.BOOKED: SEATS,
        BookingState.WAITING: CROWD - SEATS,
    }
    assert database.session.scalars(select(WorkshopSession.seats_taken)).one() == SEATS
    assert Counter(database.session.scalars(select(Letter.kind))) == {
        "booking_confirmed": SEATS,
        "booking_waiting": CROWD - SEATS,
    }
    assert audit.first_broken_entry() is None


def test_a_crowd_that_books_and_cancels_leaves_no_seat_empty_while_somebody_waits(either_app):
    session = make.workshop_session(capacity=5)
    first = [make.user() for _ in range(10)]
    booked = [booking_act(person, make.startup(people=(person,)), session)() for person in first]
    actors = [make.actor(person) for person in first]
    later = [make.user() for _ in range(40)]
    acts = [booking_act(person, make.startup(people=(person,)), session) for person in later]
    for position, (actor, booking_id) in enumerate(zip(actors, booked, strict=True)):
        acts.insert(
            position * 3, lambda actor=actor, number=booking_id: bookings.cancel_booking(actor=actor, booking_id=number)
        )

    results = at_once(either_app, acts)

    assert not [result for result in results if isinstance(result, Exception)]
    assert Counter(database.session.scalars(select(Booking.state))) == {
        BookingState.BOOKED: 5,
        BookingState.WAITING: 35,
        BookingState.CANCELLED: 10,
    }
    assert database.session.scalars(select(WorkshopSession.seats_taken)).one() == 5


@pytest.mark.parametrize("key", ["the same form", ""])
def test_a_double_click_is_one_booking(either_app, key):
    person = make.user()
    session = make.workshop_session()
    act = booking_act(person, make.startup(people=(person,)), session, request_key=key)

    results = at_once(either_app, [act] * THREADS)

    assert len(set(results)) == 1
    assert database.session.scalars(select(func.count(Booking.id))).one() == 1
    assert database.session.scalars(select(func.count(Letter.id))).one() == 1


def test_the_share_of_a_startup_holds_in_a_race(either_app):
    people = tuple(make.user() for _ in range(THREADS))
    startup = make.startup(people=people)
    session = make.workshop_session(seats_per_startup=2)

    results = at_once(either_app, [booking_act(person, startup, session) for person in people])

    assert len([result for result in results if isinstance(result, int)]) == 2
    assert len([result for result in results if isinstance(result, RuleViolation)]) == THREADS - 2
    assert database.session.scalars(select(WorkshopSession.seats_taken)).one() == 2
