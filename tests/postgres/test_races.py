"""200 clients at once for the last of something, over HTTP on the real server, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections import Counter
from datetime import date

from flask import Flask
from sqlalchemy import func, select

from accelerator.extensions import db as database
from accelerator.kernel import clock
from accelerator.kernel.actor import SYSTEM
from accelerator.kernel.enums import ApplicationState, BatchState, BookingState, OfferState, Outcome, Role
from accelerator.kernel.money import Money
from accelerator.models.credits import CreditAllocation, CreditGrant
from accelerator.models.programmes import Batch
from accelerator.models.selection import Decision, Offer
from accelerator.models.workshops import Booking, WorkshopSession
from accelerator.services import credits
from tests import make
from tests.server import live_server

CLIENTS = 200


def founders(count: int) -> list[tuple[object, object]]:
    """That many founders, each of a startup of their own."""
    pairs = []
    for _ in range(count):
        person = make.user()
        pairs.append((person, make.startup(people=(person,))))
    return pairs


def test_200_bookings_at_once_on_30_seats_sell_exactly_30(either_app: Flask):
    session = make.workshop_session(capacity=30)
    people = founders(CLIENTS)

    with live_server(either_app, threads=16) as server:
        path = f"/my/workshops/sessions/{session.id}/book"
        answers = server.post_at_once(
            [
                (path, {"startup_id": str(startup.id), "person_name": person.name}, server.cookie_for(person))
                for person, startup in people
            ]
        )

    database.session.rollback()
    assert Counter(answer.status for answer in answers) == {302: CLIENTS}
    assert Counter(database.session.scalars(select(Booking.state))) == {
        BookingState.BOOKED: 30,
        BookingState.WAITING: CLIENTS - 30,
    }
    assert database.session.get(WorkshopSession, session.id).seats_taken == 30


def test_one_person_pressing_50_times_holds_one_seat(either_app: Flask):
    session = make.workshop_session(capacity=30)
    [(person, startup)] = founders(1)

    with live_server(either_app, threads=16) as server:
        cookie = server.cookie_for(person)
        form = {"startup_id": str(startup.id), "person_name": person.name, "request_key": "one-form"}
        answers = server.post_at_once([(f"/my/workshops/sessions/{session.id}/book", form, cookie)] * 50)

    database.session.rollback()
    assert {answer.status for answer in answers} == {302}
    assert database.session.scalar(select(func.count()).select_from(Booking)) == 1


def test_200_grants_at_once_on_the_last_30_of_a_pool_give_exactly_30(either_app: Flask):
    manager = make.manager()
    batch = make.batch()
    pool_id = credits.fund_pool(
        actor=SYSTEM,
        sponsor="Sponsor",
        name="The last thirty",
        ceiling=Money(30_00, "EUR"),
        starts_on=date(2024, 9, 1),
        ends_on=date(2027, 12, 31),
    )
    startups = [startup for _person, startup in founders(CLIENTS)]
    for startup in startups:
        make.offer(of=make.application(of=batch, by=startup), state=OfferState.ACCEPTED)
    allocation_id = credits.allocate(actor=SYSTEM, pool_id=pool_id, batch_id=batch.id, amount_minor=30_00)

    with live_server(either_app, threads=16) as server:
        cookie = server.cookie_for(manager)
        form = {"amount": "1,00", "starts_on": "2026-01-01", "expires_on": "2027-06-30"}
        answers = server.post_at_once(
            [
                (f"/staff/credits/allocations/{allocation_id}/startups/{startup.id}", form, cookie)
                for startup in startups
            ]
        )

    database.session.rollback()
    assert Counter(answer.status for answer in answers) == {302: 30, 422: CLIENTS - 30}
    assert database.session.scalar(select(func.count()).select_from(CreditGrant)) == 30
    assert database.session.get(CreditAllocation, allocation_id).granted_minor == 30_00


def test_200_offers_at_once_for_the_last_place_of_a_batch_make_exactly_one(either_app: Flask):
    manager = make.user(Role.MANAGER)
    batch = make.batch(state=BatchState.DECIDED, places=15, places_taken=14)
    waiting = []
    for position in range(1, CLIENTS + 1):
        application = make.application(of=batch, state=ApplicationState.WAITLISTED)
        database.session.add(
            Decision(
                application_id=application.id,
                batch_id=batch.id,
                outcome=Outcome.WAITLIST,
                waitlist_position=position,
                decided_at=clock.now(),
            )
        )
        waiting.append(application.id)
    database.session.commit()

    with live_server(either_app, threads=16) as server:
        cookie = server.cookie_for(manager)
        answers = server.post_at_once(
            [
                (f"/staff/batches/{batch.code}/offers", {"application": str(id_), "reason": "They can come."}, cookie)
                for id_ in waiting
            ]
        )

    database.session.rollback()
    assert Counter(answer.status for answer in answers) == {302: 1, 409: CLIENTS - 1}
    assert database.session.scalar(select(func.count()).select_from(Offer)) == 1
    assert database.session.get(Batch, batch.id).places_taken == 15
