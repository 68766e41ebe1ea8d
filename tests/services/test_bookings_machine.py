"""Any order of booking, cancelling, resizing and passing time keeps the promises of the waiting list."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from accelerator.extensions import db as database
from accelerator.kernel import clock
from accelerator.kernel.enums import BookingState
from accelerator.kernel.errors import RuleViolation
from accelerator.models.letters import Letter
from accelerator.models.workshops import Booking, WorkshopSession
from accelerator.rules.booking import Timetable
from accelerator.services import bookings, workshops
from accelerator.services.workshops import SessionPlan
from tests import make

NOW = make.instant("2027-01-05T09:00")
PEOPLE = 8


class WaitingList(RuleBasedStateMachine):
    """One session of few seats, eight founders of four startups, a coordinator."""

    app = None

    def __init__(self):
        super().__init__()
        database.session.remove()
        database.engine.dispose()
        instance = self.app.config["INSTANCE"]
        for leftover in instance.glob("work.sqlite3*"):
            leftover.unlink()
        shutil.copyfile(instance / "template.sqlite3", instance / "work.sqlite3")
        clock.fix(NOW)

    @initialize(capacity=st.integers(1, 4))
    def _open(self, capacity):
        people = [make.user() for _ in range(PEOPLE)]
        startups = [make.startup(people=tuple(people[i : i + 2])) for i in range(0, PEOPLE, 2)]
        self.people = [(make.actor(person), startups[i // 2].id) for i, person in enumerate(people)]
        self.manager = make.actor(make.manager())
        venue = make.venue(capacity=6)
        self.workshop_id, self.venue_id = make.workshop().id, venue.id
        self.session_id = make.workshop_session(
            workshop_id=self.workshop_id,
            venue=venue,
            capacity=capacity,
            starts_at=make.instant("2027-03-10T08:00"),
            ends_at=make.instant("2027-03-10T11:00"),
            booking_closes_at=make.instant("2027-03-10T06:00"),
        ).id
        self.version = 1
        self.queue: list[int] = []
        self.seated: set[int] = set()
        self.gone: set[int] = set()
        self.promoted = 0
        self.capacity = capacity

    def _fill(self):
        """The model: free seats go to the head of the queue."""
        while self.queue and len(self.seated) < self.capacity:
            self.seated.add(self.queue.pop(0))
            self.promoted += 1

    @rule(who=st.integers(0, PEOPLE - 1), minutes=st.integers(0, 1))
    def book(self, who, minutes):
        clock.fix(clock.now() + timedelta(minutes=minutes))
        actor, startup_id = self.people[who]
        made = bookings.book(
            actor=actor, workshop_session_id=self.session_id, startup_id=startup_id, person_name=actor.name
        )
        if made in self.seated or made in self.queue:
            return
        assert made not in self.gone
        if len(self.seated) < self.capacity:
            self.seated.add(made)
        else:
            self.queue.append(made)

    @precondition(lambda self: self.seated or self.queue)
    @rule(data=st.data(), by_manager=st.booleans())
    def cancel(self, data, by_manager):
        booking_id = data.draw(st.sampled_from(sorted(self.seated | set(self.queue) | self.gone)))
        owner = database.session.get(Booking, booking_id).user_id
        actor = self.manager if by_manager else next(a for a, _ in self.people if a.user_id == owner)
        bookings.cancel_booking(actor=actor, booking_id=booking_id)
        if booking_id in self.queue:
            self.queue.remove(booking_id)
        self.seated.discard(booking_id)
        self.gone.add(booking_id)
        self._fill()

    @rule(capacity=st.integers(1, 6))
    def resize(self, capacity):
        plan = SessionPlan(
            workshop_id=self.workshop_id,
            venue_id=self.venue_id,
            timetable=Timetable(make.date(2027, 3, 10), make.instant("2027-03-10T09:00").time(), None, 2),
            language="fr",
            capacity=capacity,
        )
        try:
            workshops.edit_session(
                actor=self.manager, workshop_session_id=self.session_id, plan=plan, version=self.version
            )
        except RuleViolation:
            assert capacity < len(self.seated)
            return
        self.version += 1
        self.capacity = capacity
        self._fill()

    @invariant()
    def stored_is_what_the_model_says(self):
        if not hasattr(self, "session_id"):
            return
        database.session.rollback()
        database.session.expire_all()
        session = database.session.get(WorkshopSession, self.session_id)
        live = database.session.execute(select(Booking.id, Booking.state).order_by(Booking.made_at, Booking.id)).all()
        booked = {row.id for row in live if row.state is BookingState.BOOKED}
        waiting = [row.id for row in live if row.state is BookingState.WAITING]
        promotions = database.session.scalars(
            select(func.count(Letter.id)).where(Letter.kind == "booking_promoted")
        ).one()

        assert session.seats_taken == len(booked) <= session.capacity == self.capacity
        assert (booked, waiting) == (self.seated, self.queue)
        assert not (waiting and session.seats_taken < session.capacity)
        assert promotions == self.promoted
        assert {row.id for row in live if row.state is BookingState.CANCELLED} == self.gone


@pytest.mark.usefixtures("db")
def test_the_waiting_list_keeps_its_promises(app):
    WaitingList.app = app
    run_state_machine_as_test(
        WaitingList,
        settings=settings(
            max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
