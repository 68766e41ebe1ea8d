"""The clock reminds and closes, once."""

from __future__ import annotations

from sqlalchemy import select

from accelerator.jobs.workshops import EVERY
from accelerator.kernel.enums import WorkshopSessionState
from accelerator.models.letters import Letter
from accelerator.services import bookings
from tests import make
from tests.conftest import at


def tick():
    """Every job of the room, one time; what each did."""
    return {call.__name__: call() for call in EVERY}


def test_one_session_from_its_reminder_to_its_end(db):
    at("2027-03-01T09:00Z")
    ada = make.user()
    startup = make.startup(people=(ada,))
    session = make.workshop_session(starts_at=make.instant("2027-03-10T08:00"))
    bookings.book(
        actor=make.actor(ada),
        workshop_session_id=session.id,
        startup_id=startup.id,
        person_name="Ada",
    )

    done = []
    for moment in (
        "2027-03-08T07:59Z",
        "2027-03-08T08:00Z",
        "2027-03-09T08:00Z",
        "2027-03-11T23:00Z",
        "2027-03-12T09:00Z",
    ):
        at(moment)
        done.append((tick()["send_reminders"], session.state))
        db.expire_all()

    assert [sent for sent, _state in done] == [0, 1, 0, 0, 0]
    assert db.scalars(select(Letter.kind).order_by(Letter.id)).all() == ["booking_confirmed", "booking_reminder"]
    assert session.state is WorkshopSessionState.HELD
