"""The public calendar, one session, its calendar file."""

from __future__ import annotations

from datetime import timedelta

import pytest
from icalendar import Calendar

from accelerator.kernel.enums import Role, WorkshopLevel, WorkshopSessionState
from accelerator.services import bookings
from tests import make
from tests.conftest import at


@pytest.fixture(autouse=True)
def _today():
    at("2027-01-05T09:00+00:00")


def titles(page):
    return [" ".join(link.text_content().split()) for link in page.tree.xpath("//h3/a")]


def days(page):
    return [" ".join(day.text_content().split()) for day in page.tree.xpath("//section/h2")]


def test_the_calendar_groups_published_sessions_by_day(browser, db):
    make.workshop_session(starts_at=make.instant("2027-03-10T13:00"), workshop_id=make.workshop(title_en="Second").id)
    make.workshop_session(starts_at=make.instant("2027-03-10T08:00"), workshop_id=make.workshop(title_en="First").id)
    make.workshop_session(starts_at=make.instant("2027-03-11T08:00"), workshop_id=make.workshop(title_en="Third").id)
    for state in (WorkshopSessionState.DRAFT, WorkshopSessionState.CANCELLED, WorkshopSessionState.HELD):
        make.workshop_session(state=state)
    make.workshop_session(starts_at=make.instant("2027-01-05T08:59"))

    page = browser.get("public.workshops.index")

    assert days(page) == ["Wednesday 10 March 2027", "Thursday 11 March 2027"]
    assert titles(page) == ["First", "Second", "Third"]
    assert "3 upcoming sessions" in page.text


def test_the_calendar_shows_the_day_and_the_time_of_the_venue(browser, db):
    venue = make.venue(region_code="04", zone="Indian/Reunion", city="Saint-Denis")
    make.workshop_session(venue=venue, starts_at=make.instant("2027-03-10T21:00"))

    page = browser.get("public.workshops.index")

    assert days(page) == ["Thursday 11 March 2027"]
    assert "01:00–04:00" in page.text


@pytest.mark.parametrize(
    ("taken", "waiting", "words"),
    [(0, 0, "30 seats left"), (29, 0, "Last seat"), (30, 0, "Full, nobody waiting"), (30, 2, "Full, 2 waiting")],
)
def test_seats_are_told_in_words(browser, db, taken, waiting, words):
    session = make.workshop_session(capacity=30, seats_taken=taken)
    for _ in range(waiting):
        ada = make.user()
        startup = make.startup(people=(ada,))
        bookings.book(actor=make.actor(ada), workshop_session_id=session.id, startup_id=startup.id, person_name="Ada")

    assert words in browser.get("public.workshops.index").text
    assert words in browser.get("public.workshops.show", workshop_session_id=session.id).text


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("region=93", ["Marseille"]),
        ("language=en", ["English"]),
        ("level=expert", ["Expert"]),
        ("since=2027-04-01", ["Later"]),
        ("region=84&language=fr&since=2027-04-01", ["Later"]),
        ("region=11", []),
        ("region=xx&language=de&level=none&since=tomorrow", ["Marseille", "English", "Expert", "Later"]),
        ("since=0001-01-01", ["Marseille", "English", "Expert", "Later"]),
        ("since=9999-12-31", ["Marseille", "English", "Expert", "Later"]),
    ],
)
def test_filters_stand_in_the_address_and_wrong_ones_ask_for_everything(browser, db, address, found):
    start = make.instant("2027-03-01T08:00")
    marseille = make.venue(region_code="93", city="Marseille")
    make.workshop_session(venue=marseille, workshop_id=make.workshop(title_en="Marseille").id, starts_at=start)
    make.workshop_session(language="en", workshop_id=make.workshop(title_en="English").id, starts_at=start)
    expert = make.workshop(title_en="Expert", level=WorkshopLevel.EXPERT)
    make.workshop_session(workshop_id=expert.id, starts_at=start)
    make.workshop_session(workshop_id=make.workshop(title_en="Later").id, starts_at=make.instant("2027-04-01T08:00"))

    assert titles(browser.get(f"/workshops?{address}")) == found


def test_an_empty_calendar_says_what_to_do(browser, db):
    assert "No session is planned at the moment" in browser.get("/workshops").text
    assert browser.get("/workshops?region=93").links("All sessions") == ["/workshops"]


def test_pages_keep_their_filters(browser, db):
    venue = make.venue()
    for number in range(41):
        make.workshop_session(venue=venue, starts_at=make.instant("2027-03-01T08:00") + timedelta(days=number))

    first = browser.get("/workshops?region=84")
    last = browser.get("/workshops?region=84&page=3")

    assert len(titles(first)) == 20
    assert len(titles(last)) == 1
    assert first.links("Next") == ["/workshops?page=2&region=84"]
    assert "Nothing on this page" in browser.get("/workshops?page=9").text
    assert browser.get("/workshops?page=x").status == 404


def test_the_calendar_costs_the_same_for_one_and_for_many(browser, db, count_statements):
    venue, workshop = make.venue(), make.workshop()
    make.workshop_session(venue=venue, workshop_id=workshop.id)
    browser.get("/workshops")
    with count_statements() as one:
        browser.get("/workshops")
    for number in range(3):
        make.workshop_session(
            venue=venue, workshop_id=workshop.id, starts_at=make.instant("2027-05-01T08:00") + timedelta(days=number)
        )
    with count_statements() as many:
        browser.get("/workshops")

    assert (one.count, many.count) == (2, 2)


def test_a_session_page_leads_through_sign_in_to_the_booking(browser, db):
    session = make.workshop_session(trainer_name="Radia Perlman")

    page = browser.get("public.workshops.show", workshop_session_id=session.id)
    [link] = page.links("Book a seat")
    sign_in = browser.get(link)

    assert page.h1 == "Discover generative AI"
    for fact in (
        "Experiences Lab Lyon",
        "1 place de la Bourse, 69002 Lyon",
        "Radia Perlman",
        "time of the venue, Paris",
    ):
        assert fact in page.text
    assert sign_in.location == f"/sign-in?next={link}"


def test_a_full_session_states_the_rule_of_its_waiting_list(browser, db):
    session = make.workshop_session(capacity=1, seats_taken=1)

    page = browser.get("public.workshops.show", workshop_session_id=session.id)

    assert "in the order of the requests" in page.text
    assert len(page.links("Join the waiting list")) == 1


def test_a_session_page_shows_the_visitors_own_booking(browser, db):
    ada, grace, eve = make.user(), make.user(), make.user()
    startup = make.startup(name="Novéa", people=(ada, grace))
    make.startup(people=(eve,))
    session = make.workshop_session()
    bookings.book(actor=make.actor(ada), workshop_session_id=session.id, startup_id=startup.id, person_name="Ada L.")
    path = browser.url("public.workshops.show", workshop_session_id=session.id)

    own = browser.sign_in(ada).get(path)
    assert "Novéa, for Ada L.: Seat booked" in own.text
    assert own.links("Book a seat") == []
    assert len(browser.sign_in(grace).get(path).links("Book a seat")) == 1
    assert "Ada L." not in browser.sign_in(eve).get(path).body


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"booking_closes_at": make.instant("2027-01-05T08:00")}, "Bookings are closed for this session."),
        (
            {"state": WorkshopSessionState.CANCELLED, "cancelled_reason": "Strike."},
            "This session is cancelled. Strike.",
        ),
        ({"state": WorkshopSessionState.HELD}, "This session takes no bookings any more."),
    ],
)
def test_a_session_that_takes_no_booking_says_why(browser, db, changes, words):
    session = make.workshop_session(**changes)

    page = browser.get("public.workshops.show", workshop_session_id=session.id)

    assert words in page.text
    assert page.links("Book a seat") == []


def test_people_who_cannot_book_are_not_asked_to(browser, db):
    session = make.workshop_session()
    reviewer = make.user(Role.REVIEWER)

    page = browser.sign_in(reviewer).get("public.workshops.show", workshop_session_id=session.id)

    assert page.links("Book a seat") == []


def test_a_draft_is_nowhere(browser, db):
    draft = make.workshop_session(state=WorkshopSessionState.DRAFT)

    assert browser.get("public.workshops.show", workshop_session_id=draft.id).status == 404
    assert browser.get("public.workshops.calendar", workshop_session_id=draft.id).status == 404
    assert browser.get("public.workshops.show", workshop_session_id=999).status == 404


def test_the_calendar_file_is_served_as_one(browser, db):
    session = make.workshop_session(starts_at=make.instant("2027-03-10T08:00"))

    page = browser.get("public.workshops.calendar", workshop_session_id=session.id)
    event = Calendar.from_ical(page.body).events[0]

    assert page.response.mimetype == "text/calendar"
    assert page.response.headers["Content-Disposition"] == f"attachment; filename=workshop-{session.id}.ics"
    assert (str(event["SUMMARY"]), event.DTSTART) == ("Discover generative AI", make.instant("2027-03-10T08:00"))
