"""Step 7: a session with one seat in Lyon: booked, waited for, given back, passed on; who came is written down."""

from __future__ import annotations

from accelerator.extensions import db
from accelerator.kernel.enums import BookingState
from accelerator.models.workshops import Booking, WorkshopSession
from tests.browser.conftest import Person
from tests.browser.journey.story import Story, fetched
from tests.conftest import at

TITLE = {"fr": "Découvrir l’IA générative", "en": "Discover generative AI"}
SECOND = "founder3@exemple.fr"


def the_session_is_published(story: Story) -> None:
    """The coordinator of Auvergne-Rhône-Alpes plans it at a venue of the region and opens it to bookings."""
    at("2027-10-05T08:00Z")
    coordinator = story.coordinator
    coordinator.open("/regions/")
    coordinator.press(story.say("Plan a session"))
    coordinator.page.select_option("#workshop_id", label=TITLE[story.locale])
    venues = coordinator.page.locator("#venue_id option").all_inner_texts()
    assert not [venue for venue in venues if "Paris" in venue or "Nantes" in venue], venues
    coordinator.page.select_option("#venue_id", label=next(venue for venue in venues if venue.startswith("Lyon")))
    coordinator.page.fill("#day", "2027-11-16")
    coordinator.page.fill("#starts", "09:30")
    coordinator.page.fill("#capacity", "1")
    coordinator.press(story.say("Plan the session"))
    coordinator.press(story.say("Publish"))
    coordinator.reads(story.say("The session is published."))


def the_only_seat_is_booked_and_passed_on(story: Story) -> None:
    """The founder books, a second one waits; the seat given back goes to the list at once."""
    founder, second = story.founder, story.signed_in(SECOND)
    _to_the_session(story, founder)
    founder.press(story.say("Book a seat"))
    _send(story, founder, "Book a seat")
    founder.reads(story.say("Your seat is booked. An e-mail confirms it."))
    _calendar_file(founder)

    _to_the_session(story, second)
    second.press(story.say("Join the waiting list"))
    _send(story, second, "Join the waiting list")
    second.reads(story.say("You are number %(position)s on the waiting list. An e-mail confirms it.", position=1))

    founder.open("/my/workshops/")
    founder.press(story.say("Give my seat back") + story.say(": ") + TITLE[story.locale])
    founder.press(story.say("Give my seat back"))
    founder.reads(story.say("The booking is cancelled."))
    assert _states(story) == [BookingState.CANCELLED, BookingState.BOOKED]
    second.open("/my/workshops/")
    second.reads(story.say("Seat booked"))

    _to_the_session(story, founder)
    founder.press(story.say("Join the waiting list"))
    _send(story, founder, "Join the waiting list")
    assert _states(story) == [BookingState.CANCELLED, BookingState.BOOKED, BookingState.WAITING]


def those_who_came_are_written_down(story: Story) -> None:
    """On the day both are at the door: the one with the seat and the one who waited."""
    at("2027-11-16T08:50Z")
    coordinator = story.coordinator
    coordinator.open("/regions/")
    coordinator.press(story.say("Attendance: %(title)s", title=TITLE[story.locale]))
    for person in ("Fondatrice 3", "Inès Marchand"):
        coordinator.press(story.say("Came: %(person)s", person=person))
    assert coordinator.page.locator(".door-list__item--came").count() == 2
    at("2027-11-16T12:00Z")
    coordinator.open(f"/regions/sessions/{db.session.query(WorkshopSession.id).scalar()}/attendance")
    coordinator.press(story.say("Close attendance"))
    coordinator.reads(story.say("Attendance is closed. The session counts as held."))


def _to_the_session(story: Story, person: Person) -> None:
    person.open("/workshops")
    person.press(TITLE[story.locale])


def _send(story: Story, person: Person, words: str) -> None:
    """Send the booking form as it stands: one's own name, one's only startup."""
    with person.page.expect_navigation():
        person.page.locator("main form").get_by_role("button", name=story.say(words), exact=True).click()
    person.inspect()


def _calendar_file(person: Person) -> None:
    """The booking for one's own calendar."""
    answer = fetched(person, person.page.locator("main a[href$='.ics']").first.get_attribute("href") or "")
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.text().startswith("BEGIN:VCALENDAR\r\n")
    assert "DTSTART" in answer.text()


def _states(story: Story) -> list[BookingState]:
    story.look_again()
    return [booking.state for booking in db.session.query(Booking).order_by(Booking.id)]
