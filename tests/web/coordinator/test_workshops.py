"""The sessions of one's regions: plan, publish, call off; the list at the door."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from accelerator.kernel.enums import BookingState, Role, WorkshopSessionState
from accelerator.models.startups import Startup
from accelerator.models.workshops import Attendance, Booking, WorkshopSession
from accelerator.services import attendance, bookings
from tests import make
from tests.conftest import at

START = make.instant("2027-03-10T08:00")


@pytest.fixture(autouse=True)
def _today(db):
    at("2027-01-05T09:00+00:00")
    make.counter_definition()


@pytest.fixture
def camille(db):
    return make.user((Role.COORDINATOR, "84"), name="Camille")


def booked(session, name="", startup=None, needs=""):
    person = make.user(name=name)
    startup = startup or make.startup()
    make.db.session.add(make.Membership(startup_id=startup.id, user_id=person.id, joined_at=make.clock.now()))
    make.db.session.commit()
    return bookings.book(
        actor=make.actor(person),
        workshop_session_id=session.id,
        startup_id=startup.id,
        person_name=person.name,
        access_needs=needs,
    )


def form_for(venue, workshop, **changes):
    values = {
        "workshop_id": workshop.id,
        "venue_id": venue.id,
        "day": "2027-03-10",
        "starts": "09:00",
        "ends": "12:00",
        "closing_hours": "2",
        "capacity": "25",
        "seats_per_startup": "2",
        "language": "fr",
        "trainer_name": "Radia",
        "request_key": "k",
    }
    return {**values, **changes}


def test_the_home_of_a_coordinator_lists_own_sessions_only(browser, db, camille):
    lyon, marseille = make.venue(), make.venue(region_code="93", city="Marseille")
    make.workshop_session(venue=lyon, starts_at=START, seats_taken=12)
    make.workshop_session(venue=lyon, starts_at=START + timedelta(days=1), state=WorkshopSessionState.DRAFT)
    make.workshop_session(venue=marseille)
    past = make.workshop_session(venue=lyon, starts_at=make.instant("2027-01-04T08:00"))

    page = browser.sign_in(camille).get("coordinator.workshops.index")
    behind = browser.get("/regions/?when=past")

    assert [row[2:] for row in page.table("2 sessions")] == [
        ["Lyon Experiences Lab Lyon", "12 of 30", "Published"],
        ["Lyon Experiences Lab Lyon", "0 of 30", "Not yet published"],
    ]
    assert page.links("Attendance") == [f"/regions/sessions/{past.id}/attendance"]
    assert len(behind.table("1 session")) == 1


def test_todays_sessions_lead_to_their_attendance_from_the_morning_on(browser, db, camille):
    session = make.workshop_session(starts_at=START)
    browser.sign_in(camille)

    links = []
    for moment in ("2027-03-09T22:59:00Z", "2027-03-09T23:00:00Z", "2027-03-11T22:00:00Z"):
        at(moment)
        links.append(browser.get("coordinator.workshops.index").links("Attendance"))

    door = f"/regions/sessions/{session.id}/attendance"
    assert links == [[], [door], [door]]


def test_managers_see_all_regions_and_empty_pages_say_what_to_do(browser, db, camille):
    browser.sign_in(camille)
    assert "No session is planned" in browser.get("coordinator.workshops.index").text
    assert "No session has been held yet" in browser.get("/regions/?when=past").text
    make.workshop_session(venue=make.venue(region_code="93"))
    make.workshop_session()

    page = browser.sign_in(make.manager()).get("coordinator.workshops.index")

    assert len(page.table("2 sessions")) == 2


def test_the_list_costs_the_same_for_one_and_for_many(browser, db, camille, count_statements):
    browser.sign_in(camille).get("coordinator.workshops.index")
    counts = []
    for number in range(3):
        make.workshop_session(starts_at=START + timedelta(days=number))
        with count_statements() as asked:
            browser.get("coordinator.workshops.index")
        counts.append(asked.count)

    assert counts == [5, 5, 5]


def test_plan_publish_and_see_the_holidays(browser, db, camille):
    venue, workshop = make.venue(), make.workshop()
    browser.sign_in(camille)
    form = browser.get("coordinator.workshops.new")

    answer = browser.post("coordinator.workshops.new", form_for(venue, workshop, day="2027-05-06"))
    draft = browser.follow(answer)
    published = browser.follow(browser.post(answer.location + "/publish"))

    assert (form.value("closing_hours"), form.value("seats_per_startup")) == ("2", "2")
    assert draft.notices == ["The session is planned. Publish it when it may be booked."]
    assert "Public holiday there that day: Ascension Day." in draft.text
    assert "School holidays there that day: Ascension Break (zone A)." in draft.text
    assert published.notices == ["The session is published."]
    row = db.scalars(select(WorkshopSession)).one()
    assert (row.state, row.starts_at, row.capacity) == (
        WorkshopSessionState.PUBLISHED,
        make.instant("2027-05-06T07:00"),
        25,
    )


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"day": "2026-03-10"}, "Day: A session starts in the future."),
        ({"ends": "08:00"}, "Ends at: The end comes after the start."),
        (
            {"day": "2027-03-28", "starts": "02:30", "ends": "05:00"},
            "Starts at: The clocks change that night: this time does not exist.",
        ),
        ({"capacity": "41"}, "Seats: This venue holds 40 people."),
        ({"venue_id": "0"}, "Venue: Choose a venue."),
        ({"workshop_id": "0"}, "Workshop: Choose a workshop."),
        ({"day": ""}, "Day: Choose a day."),
    ],
)
def test_plan_refused_keeps_what_was_typed(browser, db, camille, changes, error):
    typed = form_for(make.venue(), make.workshop(), trainer_name="Grace", **changes)

    page = browser.sign_in(camille).post("coordinator.workshops.new", typed)

    assert (page.status, page.errors) == (422, [error])
    assert (page.value("trainer_name"), page.value("starts")) == ("Grace", typed["starts"])
    assert db.scalars(select(func.count(WorkshopSession.id))).one() == 0


def test_a_taken_venue_is_refused_with_the_other_session(browser, db, camille):
    venue, workshop = make.venue(), make.workshop(title_en="Agents")
    make.workshop_session(venue=venue, workshop_id=workshop.id, starts_at=START)

    page = browser.sign_in(camille).post("coordinator.workshops.new", form_for(venue, workshop))

    assert page.errors == ["Day: The venue is taken by “Agents” on 10 March 2027, 09:00 to 12:00."]


def test_only_venues_of_the_own_region_are_offered(browser, db, camille):
    make.venue(city="Lyon")
    marseille = make.venue(region_code="93", city="Marseille", postcode="13001")
    browser.sign_in(camille)

    page = browser.get("coordinator.workshops.new")
    answer = browser.post("coordinator.workshops.new", form_for(marseille, make.workshop()))

    assert "Marseille" not in page.body
    assert answer.status == 403
    assert db.scalars(select(func.count(WorkshopSession.id))).one() == 0


def test_edit_shows_what_is_stored_and_changes_it(browser, db, camille):
    session = make.workshop_session(
        venue=make.venue(region_code="84", zone="Indian/Reunion"), starts_at=START, trainer_name="Grace"
    )
    browser.sign_in(camille)
    form = browser.get("coordinator.workshops.edit", workshop_session_id=session.id)
    shown = {name: form.value(name) for name in form_for(make.venue(), make.workshop())}

    answer = browser.post(
        "coordinator.workshops.edit",
        {**shown, "version": form.value("version"), "trainer_name": "Hedy"},
        workshop_session_id=session.id,
    )

    assert (shown["day"], shown["starts"], shown["ends"], shown["closing_hours"]) == (
        "2027-03-10",
        "12:00",
        "15:00",
        "2",
    )
    assert browser.follow(answer).notices == ["The session is changed."]
    assert (session.trainer_name, session.starts_at, session.version) == ("Hedy", START, 2)


def test_a_stale_edit_shows_both_texts_and_can_be_saved_again(browser, db, camille):
    session = make.workshop_session(starts_at=START)
    browser.sign_in(camille)
    form = browser.get("coordinator.workshops.edit", workshop_session_id=session.id)
    shown = {name: form.value(name) for name in form_for(make.venue(), make.workshop())}
    path = browser.url("coordinator.workshops.edit", workshop_session_id=session.id)
    browser.post(path, {**shown, "version": "1", "trainer_name": "Hedy"})

    stale = browser.post(path, {**shown, "version": "1", "trainer_name": "Joan"})
    again = browser.post(
        path, {**shown, "version": stale.value("version"), "trainer_name": stale.value("trainer_name")}
    )

    assert stale.errors == ["Somebody changed this session meanwhile. Compare and save again."]
    assert "As it is stored now" in stale.text and "Hedy" in stale.text
    assert (stale.value("trainer_name"), stale.value("version")) == ("Joan", "2")
    assert again.status == 302
    db.expire_all()
    assert session.trainer_name == "Joan"


def test_call_off_asks_why_and_tells_everybody(browser, db, camille):
    session = make.workshop_session(starts_at=START)
    booked(session)
    browser.sign_in(camille)

    asked = browser.get("coordinator.workshops.cancel", workshop_session_id=session.id)
    refused = browser.post("coordinator.workshops.cancel", {"reason": " "}, workshop_session_id=session.id)
    answer = browser.post("coordinator.workshops.cancel", {"reason": "Strike."}, workshop_session_id=session.id)

    assert "1 e-mail will be sent." in asked.text
    assert refused.errors == ["Why is it called off?: Say why, for the people who booked."]
    page = browser.follow(answer)
    assert page.notices == ["The session is cancelled. Everybody who booked gets an e-mail."]
    assert "Called off: Strike." in page.text
    assert page.links("Change the session") == []


def test_the_session_page_shows_who_booked_and_who_waits(browser, db, camille):
    session = make.workshop_session(starts_at=START, capacity=1)
    first = booked(session, name="Ada", startup=make.startup(name="Novéa"), needs="Ramp")
    booked(session, name="Grace", startup=make.startup(name="Kyrio"))
    browser.sign_in(camille)

    page = browser.get("coordinator.workshops.show", workshop_session_id=session.id)
    answer = browser.post("coordinator.workshops.cancel_booking", {}, workshop_session_id=session.id, booking_id=first)

    tables = page.table("1 person")
    assert tables[0][0] == "Ada Novéa Access: Ramp"
    assert tables[0][1].startswith("Novéa")
    assert "Waiting list" in page.text
    after = browser.follow(answer)
    assert after.notices == ["The booking is cancelled."]
    assert after.table("1 person")[0][0] == "Grace Kyrio"


def test_at_the_door_marks_are_made_and_taken_back(browser, db, camille):
    session = make.workshop_session(starts_at=START)
    first = booked(session, name="Ada Lovelace")
    booked(session, name="Grace Hopper")
    browser.sign_in(camille)
    early = browser.get("coordinator.workshops.attendance", workshop_session_id=session.id)
    at(START.isoformat())

    answer = browser.post("coordinator.workshops.came", {"q": "ada"}, workshop_session_id=session.id, booking_id=first)
    found = browser.follow(answer)
    came_id = db.scalars(select(Attendance.id)).one()
    everybody = browser.get("coordinator.workshops.attendance", workshop_session_id=session.id)
    browser.post("coordinator.workshops.undo", {}, workshop_session_id=session.id, attendance_id=came_id)

    assert "Attendance opens on the day of the session." in early.text
    assert "Mark present" not in early.text
    assert answer.location == f"/regions/sessions/{session.id}/attendance?q=ada#guests"
    assert "Ada Lovelace" in found.text and "Grace Hopper" not in found.text
    assert "1 came of 2 expected" in everybody.text
    assert db.scalars(select(func.count(Attendance.id))).one() == 0


def test_a_walk_in_takes_one_form(browser, db, camille):
    session = make.workshop_session(starts_at=START)
    at(START.isoformat())
    browser.sign_in(camille)
    path = browser.url("coordinator.workshops.walk_in", workshop_session_id=session.id)

    refused = browser.post(path, {"person_name": "Joan", "siren": "123456789"})
    asked = browser.post(path, {"person_name": "Joan"})
    answer = browser.post(path, {"person_name": "Joan", "startup_name": "Fraîche IA", "postcode": "69007"})

    assert refused.status == asked.status == 422
    assert refused.value("person_name") == "Joan"
    assert refused.errors[0].startswith("SIREN of the startup: This number does not pass its check")
    assert asked.errors == ["Name of the startup: Type the startup’s SIREN, or its name and postcode."]
    page = browser.follow(answer)
    assert page.notices == ["Joan is on the list."]
    assert "Fraîche IA · Without booking" in page.text
    assert db.scalars(select(Startup.name)).all() == ["Fraîche IA"]


def test_closing_ends_the_marks(browser, db, camille):
    session = make.workshop_session(starts_at=START)
    first = booked(session)
    at("2027-03-10T10:59+00:00")
    browser.sign_in(camille)
    early = browser.post("coordinator.workshops.close", {}, workshop_session_id=session.id)
    at("2027-03-10T11:00+00:00")

    answer = browser.post("coordinator.workshops.close", {}, workshop_session_id=session.id)
    closed = browser.follow(answer)
    late = browser.post("coordinator.workshops.came", {}, workshop_session_id=session.id, booking_id=first)

    assert early.status == late.status == 422
    assert closed.notices == ["Attendance is closed. The session counts as held."]
    assert session.state is WorkshopSessionState.HELD


def test_the_sheet_lists_who_is_expected(browser, db, camille):
    session = make.workshop_session(starts_at=START, capacity=1)
    booked(session, name="Ada")
    booked(session, name="Waiting Grace")

    page = browser.sign_in(camille).get("coordinator.workshops.sheet", workshop_session_id=session.id)

    names = [row[0] for row in page.table() if row[0]]
    assert names == ["Ada"]


def test_the_csv_holds_everybody_and_no_formula(browser, db, camille):
    session = make.workshop_session(starts_at=START)
    booked(session, name="=1+1", startup=make.startup(name="@evil", siren=None))
    at(START.isoformat())
    attendance.record_walk_in(
        actor=make.actor(camille),
        workshop_session_id=session.id,
        walk_in=attendance.WalkIn("Joan", startup_name="Fraîche", postcode="69007"),
    )

    page = browser.sign_in(camille).get("coordinator.workshops.export", kind="csv", workshop_session_id=session.id)
    rows = list(csv.reader(io.StringIO(page.body.removeprefix("\ufeff"))))

    assert rows[0] == ["Workshop", "Day", "Venue", "Name", "Startup", "SIREN", "Booking", "Came", "Written down"]
    assert [row[3:8] for row in rows[1:]] == [
        ["'=1+1", "'@evil", "", "Seat booked", "no"],
        ["Joan", "Fraîche", "", "Without booking", "yes"],
    ]
    assert rows[2][8] == "2027-03-10 09:00:00+01:00"


PAGES = {
    "show": ("GET", {}),
    "edit": ("GET", {}),
    "cancel": ("GET", {}),
    "attendance": ("GET", {}),
    "sheet": ("GET", {}),
    "export": ("GET", {}),
    "edit_post": ("POST", {}),
    "publish": ("POST", {}),
    "cancel_post": ("POST", {"reason": "Mine now"}),
    "walk_in": ("POST", {"person_name": "Eve", "startup_name": "Eve", "postcode": "69003"}),
    "close": ("POST", {}),
    "came": ("POST", {}),
    "undo": ("POST", {}),
    "cancel_booking": ("POST", {}),
}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    ("roles", "state", "status"),
    [
        (((Role.COORDINATOR, "93"),), WorkshopSessionState.PUBLISHED, 403),
        (((Role.COORDINATOR, "93"), (Role.COORDINATOR, "11")), WorkshopSessionState.PUBLISHED, 403),
        (((Role.COORDINATOR, "93"),), WorkshopSessionState.DRAFT, 404),
        ((Role.FOUNDER,), WorkshopSessionState.PUBLISHED, 403),
        ((Role.ADMINISTRATOR,), WorkshopSessionState.PUBLISHED, 403),
    ],
    ids=["one other region", "two other regions", "draft", "founder", "administrator"],
)
def test_another_region_is_out_of_reach(browser, db, name, roles, state, status):
    session = make.workshop_session(starts_at=START)
    booking_id = booked(session)
    at("2027-03-10T11:30+00:00")
    camille = make.actor(make.user((Role.COORDINATOR, "84")))
    marked = attendance.record_came(actor=camille, workshop_session_id=session.id, booking_id=booking_id)
    at(
        "2027-03-09T11:30+00:00"
        if name in ("cancel_booking", "publish", "cancel_post", "edit_post")
        else "2027-03-10T11:30+00:00"
    )
    session.state = state
    db.commit()
    method, form = PAGES[name]
    values = {"workshop_session_id": session.id}
    if name in ("came", "cancel_booking"):
        values["booking_id"] = booking_id
    if name == "export":
        values["kind"] = "xlsx"
    if name == "undo":
        values["attendance_id"] = marked
    if name == "edit_post":
        form = form_for(make.venue(), make.workshop(), version="1", day="2027-04-10")
    browser.sign_in(make.user(*roles))
    endpoint = f"coordinator.workshops.{name.removesuffix('_post')}"

    page = browser.get(endpoint, **values) if method == "GET" else browser.post(endpoint, form, **values)

    # A founder who asks for a draft is stopped by the role before the draft is looked for.
    assert page.status == (403 if Role.FOUNDER in roles or Role.ADMINISTRATOR in roles else status)
    db.expire_all()
    assert (session.state, session.version, session.trainer_name) == (state, 1, "")
    assert db.get(Booking, booking_id).state is BookingState.BOOKED
    assert db.scalars(select(Attendance.id)).all() == [marked]
    assert db.scalars(select(func.count(Startup.id))).one() == 1


def test_a_booking_of_another_region_is_not_cancelled_through_ones_own_session(browser, db, camille):
    own = make.workshop_session(starts_at=START)
    theirs = make.workshop_session(venue=make.venue(region_code="93"), starts_at=START)
    booking_id = booked(theirs)

    page = browser.sign_in(camille).post(
        "coordinator.workshops.cancel_booking", {}, workshop_session_id=own.id, booking_id=booking_id
    )

    assert page.status == 404
    assert db.get(Booking, booking_id).state is BookingState.BOOKED


@pytest.mark.shared
def test_naughty_names_are_drawn_on_every_page(browser, db, camille, shared):
    session = make.workshop_session(starts_at=START, capacity=600)
    startup = make.startup()
    texts = [
        text
        for text in json.loads((shared / "bad-input" / "blns.json").read_text())
        if 0 < len(text) <= 120 and text.isprintable()
    ]
    for text in texts:
        db.add(
            Booking(
                workshop_session_id=session.id,
                startup_id=startup.id,
                person_name=text,
                access_needs=text,
                state=BookingState.BOOKED,
                made_at=make.clock.now(),
            )
        )
    db.commit()
    at(START.isoformat())
    browser.sign_in(camille)

    for view in ("show", "attendance", "sheet"):
        page = browser.get(f"coordinator.workshops.{view}", workshop_session_id=session.id)
        assert page.status == 200
        assert "<script>alert(123)</script>" in page.text
    export = browser.get("coordinator.workshops.export", kind="csv", workshop_session_id=session.id)
    cells = [cell for row in csv.reader(io.StringIO(export.body.removeprefix("\ufeff"))) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
