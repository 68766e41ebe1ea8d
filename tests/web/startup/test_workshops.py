"""A founder's bookings: make one, see the place in the queue, give it back."""

from __future__ import annotations

import json

import pytest
from icalendar import Calendar
from sqlalchemy import func, select, update

from accelerator.forms.base import clean_text
from accelerator.kernel.enums import BookingState, Role, WorkshopSessionState
from accelerator.models.workshops import Booking, WorkshopSession
from accelerator.services import bookings
from tests import make
from tests.conftest import at


@pytest.fixture(autouse=True)
def _today():
    at("2027-01-05T09:00+00:00")


@pytest.fixture
def ada(db):
    return make.user(name="Ada Lovelace")


def book(person, startup, session, name=""):
    return bookings.book(
        actor=make.actor(person),
        workshop_session_id=session.id,
        startup_id=startup.id,
        person_name=name or person.name,
    )


def somebody_books(session):
    person = make.user()
    return book(person, make.startup(people=(person,)), session)


def test_book_takes_a_seat_and_leads_to_my_bookings(browser, db, ada):
    startup = make.startup(name="Novéa", people=(ada,))
    session = make.workshop_session()

    form = browser.sign_in(ada).get("startup.workshops.book", workshop_session_id=session.id)
    answer = browser.post(
        "startup.workshops.book",
        {
            "startup_id": form.value("startup_id"),
            "person_name": form.value("person_name"),
            "access_needs": "Ramp",
            "request_key": form.value("request_key"),
        },
        workshop_session_id=session.id,
    )
    page = browser.follow(answer)

    assert page.notices == ["Your seat is booked. An e-mail confirms it."]
    assert "Seat booked Discover generative AI" in page.text
    row = db.scalars(select(Booking)).one()
    assert (row.startup_id, row.person_name, row.access_needs) == (startup.id, "Ada Lovelace", "Ramp")


def test_book_a_full_session_says_the_position(browser, db, ada):
    make.startup(people=(ada,))
    session = make.workshop_session(capacity=1)
    for _ in range(3):
        somebody_books(session)

    form = browser.sign_in(ada).get("startup.workshops.book", workshop_session_id=session.id)
    answer = browser.post(
        "startup.workshops.book",
        {"startup_id": form.value("startup_id"), "person_name": "Ada"},
        workshop_session_id=session.id,
    )

    assert "in the order of the requests" in form.text
    page = browser.follow(answer)
    assert page.notices == ["You are number 3 on the waiting list. An e-mail confirms it."]
    assert "Number 3 on the waiting list" in page.text


def test_the_same_form_sent_twice_is_one_booking(browser, db, ada):
    startup = make.startup(people=(ada,))
    session = make.workshop_session()
    form = {"startup_id": startup.id, "person_name": "Ada", "request_key": "k"}

    for _ in range(2):
        answer = browser.sign_in(ada).post("startup.workshops.book", form, workshop_session_id=session.id)
        assert answer.location == "/my/workshops/"

    assert db.scalars(select(func.count(Booking.id))).one() == 1


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"person_name": ""}, "Who comes?: Type the person’s name."),
        ({"person_name": "A" * 121}, "Who comes?: At most 120 characters."),
        ({"startup_id": ""}, "Which startup?: Choose a startup."),
        ({"access_needs": "x" * 301}, "What should the venue prepare for this person?: At most 300 characters."),
    ],
)
def test_book_refused_keeps_what_was_typed(browser, db, ada, form, error):
    first, _second = make.startup(people=(ada,)), make.startup(people=(ada,))
    session = make.workshop_session()
    typed = {"startup_id": str(first.id), "person_name": "Ada", "access_needs": "Ramp", **form}

    page = browser.sign_in(ada).post("startup.workshops.book", typed, workshop_session_id=session.id)

    assert (page.status, page.errors) == (422, [error])
    assert page.value("person_name") == typed["person_name"]
    assert page.value("access_needs") == typed["access_needs"]
    assert db.scalars(select(func.count(Booking.id))).one() == 0


def test_book_against_a_rule_is_refused_with_its_sentence(browser, db, ada):
    startup = make.startup(people=(ada,))
    session = make.workshop_session(booking_closes_at=make.instant("2027-01-05T09:00"))

    page = browser.sign_in(ada).post(
        "startup.workshops.book", {"startup_id": startup.id, "person_name": "Ada"}, workshop_session_id=session.id
    )

    assert (page.status, page.errors) == (422, ["Bookings are closed for this session."])


@pytest.mark.parametrize("startup_id", ["-1", "x", "9" * 30, "999"])
def test_book_for_a_startup_that_is_not_mine_is_not_found(browser, db, ada, startup_id):
    make.startup(people=(ada,))
    session = make.workshop_session()

    page = browser.sign_in(ada).post(
        "startup.workshops.book",
        {"startup_id": startup_id, "person_name": "Ada"},
        workshop_session_id=session.id,
    )

    assert page.status == 404
    assert db.scalars(select(func.count(Booking.id))).one() == 0


def test_a_founder_without_a_startup_is_shown_the_way(browser, db, ada):
    page = browser.sign_in(ada).get("startup.workshops.book", workshop_session_id=make.workshop_session().id)

    assert "Which startup do you come from?" in page.text


def test_a_draft_cannot_be_booked(browser, db, ada):
    startup = make.startup(people=(ada,))
    draft = make.workshop_session(state=WorkshopSessionState.DRAFT)

    assert browser.sign_in(ada).get("startup.workshops.book", workshop_session_id=draft.id).status == 404
    answer = browser.post(
        "startup.workshops.book", {"startup_id": startup.id, "person_name": "Ada"}, workshop_session_id=draft.id
    )
    assert answer.status == 404


def test_cancel_asks_first_and_then_promotes(browser, db, ada):
    startup = make.startup(people=(ada,))
    session = make.workshop_session(capacity=1)
    mine = book(ada, startup, session)
    next_one = somebody_books(session)

    asked = browser.sign_in(ada).get("startup.workshops.cancel", booking_id=mine)
    before = db.get(Booking, mine).state
    answer = browser.post("startup.workshops.cancel", {}, booking_id=mine)
    again = browser.post("startup.workshops.cancel", {}, booking_id=mine)

    assert asked.h1 == "Give this seat back?"
    assert before is BookingState.BOOKED
    assert browser.follow(answer).notices[:1] == ["The booking is cancelled."]
    assert again.location == "/my/workshops/"
    db.expire_all()
    assert [db.get(Booking, number).state for number in (mine, next_one)] == [
        BookingState.CANCELLED,
        BookingState.BOOKED,
    ]


def test_cancel_after_the_start_is_refused(browser, db, ada):
    session = make.workshop_session()
    mine = book(ada, make.startup(people=(ada,)), session)
    at(session.starts_at.isoformat())

    page = browser.sign_in(ada).post("startup.workshops.cancel", {}, booking_id=mine)

    assert page.status == 422
    assert "The session has started" in page.text
    assert "nothing to cancel" in browser.get("startup.workshops.cancel", booking_id=mine).text


def test_anothers_booking_is_not_found(browser, db, ada):
    theirs = somebody_books(make.workshop_session())
    make.startup(people=(ada,))
    browser.sign_in(ada)

    assert browser.get("startup.workshops.cancel", booking_id=theirs).status == 404
    assert browser.post("startup.workshops.cancel", {}, booking_id=theirs).status == 404
    assert browser.get("startup.workshops.calendar", booking_id=theirs).status == 404
    assert db.get(Booking, theirs).state is BookingState.BOOKED


def test_my_bookings_are_mine_and_those_behind_stand_below(browser, db, ada):
    startup = make.startup(people=(ada,))
    past = make.workshop_session(starts_at=make.instant("2027-02-01T08:00"))
    coming = make.workshop_session(starts_at=make.instant("2027-03-01T08:00"))
    gone = make.workshop_session(starts_at=make.instant("2027-03-02T08:00"))
    book(ada, startup, past)
    book(ada, startup, coming, name="Ada Byron")
    bookings.cancel_booking(actor=make.actor(ada), booking_id=book(ada, startup, gone))
    somebody_books(coming)
    at("2027-02-10T09:00+00:00")

    page = browser.sign_in(ada).get("startup.workshops.index")

    assert [
        " ".join(title.text_content().split()) for title in page.tree.xpath("//h2[contains(@class, 'ticket')]")
    ] == ["Discover generative AI"]
    assert "Ada Byron" in page.text
    assert [row[1:] for row in page.table("2 bookings")] == [
        ["2 March 2027", "Lyon", "Ada Lovelace", "Cancelled"],
        ["1 February 2027", "Lyon", "Ada Lovelace", "Seat booked"],
    ]


def test_my_bookings_when_there_are_none(browser, db, ada):
    page = browser.sign_in(ada).get("startup.workshops.index")

    assert page.links("See the workshops") == ["/workshops"]


def test_my_bookings_cost_the_same_for_one_and_for_many(browser, db, ada, count_statements):
    startup = make.startup(people=(ada,))
    browser.sign_in(ada).get("startup.workshops.index")
    counts = []
    for _ in range(3):
        session = make.workshop_session(starts_at=make.instant(f"2027-03-0{len(counts) + 1}T08:00"))
        book(ada, startup, session)
        with count_statements() as statements:
            browser.get("startup.workshops.index")
        counts.append(statements.count)

    assert counts == [5, 5, 5]


def test_the_calendar_file_of_a_waiting_place_is_tentative(browser, db, ada):
    session = make.workshop_session(capacity=1)
    somebody_books(session)
    mine = book(ada, make.startup(people=(ada,)), session)

    page = browser.sign_in(ada).get("startup.workshops.calendar", booking_id=mine)

    assert str(Calendar.from_ical(page.body).events[0]["STATUS"]) == "TENTATIVE"


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.MANAGER, (Role.COORDINATOR, "84")], ids=str)
def test_founders_pages_are_for_founders(browser, db, role):
    session = make.workshop_session()

    page = browser.sign_in(make.user(role)).get("startup.workshops.book", workshop_session_id=session.id)

    assert page.status == 403


@pytest.mark.shared
def test_naughty_strings_are_kept_or_refused(browser, db, ada, shared):
    startup = make.startup(people=(ada,))
    session = make.workshop_session()
    browser.sign_in(ada)
    texts = json.loads((shared / "bad-input" / "blns.json").read_text())[::3]  # all of them: tests/forms
    kept = 0
    for text in texts:
        page = browser.post(
            "startup.workshops.book",
            {"startup_id": startup.id, "person_name": text, "access_needs": text},
            workshop_session_id=session.id,
        )
        stored = db.scalar(select(Booking))
        if page.status == 302:
            assert (stored.person_name, stored.access_needs) == (
                " ".join(str(clean_text(text)).split()),
                clean_text(text),
            )
            kept += 1
            db.delete(stored)
            db.execute(update(WorkshopSession).values(seats_taken=0))
            db.commit()
        else:
            assert (page.status, stored) == (422, None)

    assert kept > 130
