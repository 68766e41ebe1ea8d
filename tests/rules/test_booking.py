"""Who may book, cancel, record; what a session's plan must hold to; both nights the clocks change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import WorkshopSessionState as State
from accelerator.kernel.errors import RuleViolation
from accelerator.rules import booking
from accelerator.rules.booking import Busy, Plan, SessionFacts, Timetable

START = datetime(2026, 12, 10, 8, tzinfo=UTC)
SESSION = SessionFacts(
    state=State.PUBLISHED,
    starts_at=START,
    ends_at=START + timedelta(hours=3),
    booking_closes_at=START - timedelta(hours=2),
    capacity=30,
    seats_taken=12,
    seats_per_startup=2,
    zone="Europe/Paris",
)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("state", "now", "reason"),
    [
        (State.PUBLISHED, SESSION.booking_closes_at - SECOND, ""),
        (State.PUBLISHED, SESSION.booking_closes_at, "Bookings are closed for this session."),
        (State.PUBLISHED, START, "This session takes no bookings any more."),
        (State.DRAFT, START - timedelta(days=9), "This session takes no bookings any more."),
        (State.HELD, START - timedelta(days=9), "This session takes no bookings any more."),
        (State.CANCELLED, START - timedelta(days=9), "This session is cancelled."),
    ],
)
def test_may_book(state, now, reason):
    assert booking.may_book(replace(SESSION, state=state), now=now).reason == reason


def test_a_full_session_still_takes_bookings_for_the_queue():
    assert booking.may_book(replace(SESSION, seats_taken=30), now=START - timedelta(days=1))


@pytest.mark.parametrize(("live", "allowed"), [(0, True), (1, True), (2, False), (3, False)])
def test_may_hold_another_counts_the_waiting_too(live, allowed):
    assert bool(booking.may_hold_another(live, SESSION)) is allowed


def test_cancelling_and_promoting_end_when_the_session_starts():
    assert booking.may_cancel(SESSION, now=START - SECOND)
    assert not booking.may_cancel(SESSION, now=START)
    assert booking.promotes(SESSION, now=START - SECOND)
    assert not booking.promotes(SESSION, now=START)
    assert not booking.promotes(replace(SESSION, state=State.CANCELLED), now=START - SECOND)


@pytest.mark.parametrize(
    ("zone", "now", "allowed"),
    [
        ("Europe/Paris", "2026-12-09T22:59:59+00:00", False),
        ("Europe/Paris", "2026-12-09T23:00:00+00:00", True),
        ("Indian/Reunion", "2026-12-09T20:00:00+00:00", True),
        ("America/Cayenne", "2026-12-10T02:59:59+00:00", False),
    ],
)
def test_attendance_opens_with_the_day_of_the_venue(zone, now, allowed):
    session = replace(SESSION, zone=zone)

    assert bool(booking.may_record_attendance(session, now=datetime.fromisoformat(now))) is allowed


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state": State.DRAFT}, "This session is not published."),
        ({"state": State.CANCELLED}, "This session is cancelled."),
        ({"attendance_closed_at": START}, "Attendance of this session is closed."),
    ],
)
def test_attendance_is_not_recorded(changes, reason):
    assert booking.may_record_attendance(replace(SESSION, **changes), now=START).reason == reason


def test_attendance_closes_when_the_day_after_is_over_at_the_venue():
    assert booking.attendance_closes_at(SESSION) == datetime(2026, 12, 11, 23, tzinfo=UTC)
    assert booking.attendance_closes_at(replace(SESSION, zone="Indian/Reunion")) == datetime(
        2026, 12, 11, 20, tzinfo=UTC
    )


def test_attendance_can_be_closed_once_after_the_end():
    assert not booking.may_close_attendance(SESSION, now=SESSION.ends_at - SECOND)
    assert booking.may_close_attendance(SESSION, now=SESSION.ends_at)
    assert not booking.may_close_attendance(replace(SESSION, state=State.HELD), now=SESSION.ends_at)


@pytest.mark.parametrize(
    ("zone", "day", "starts_at"),
    [
        ("Europe/Paris", date(2027, 3, 27), "2027-03-27T08:00+00:00"),
        ("Europe/Paris", date(2027, 3, 28), "2027-03-28T07:00+00:00"),
        ("Europe/Paris", date(2026, 10, 24), "2026-10-24T07:00+00:00"),
        ("Europe/Paris", date(2026, 10, 25), "2026-10-25T08:00+00:00"),
        ("Indian/Reunion", date(2027, 3, 28), "2027-03-28T05:00+00:00"),
        ("America/Guadeloupe", date(2027, 3, 28), "2027-03-28T13:00+00:00"),
    ],
)
def test_plan_keeps_the_wall_clock_of_the_venue(zone, day, starts_at):
    made = booking.plan(Timetable(day, time(9), None, 2), zone=zone, duration_minutes=180)

    assert made.starts_at == datetime.fromisoformat(starts_at)
    assert made.ends_at - made.starts_at == timedelta(hours=3)
    assert made.starts_at - made.booking_closes_at == timedelta(hours=2)


@pytest.mark.parametrize(
    ("timetable", "field"),
    [
        (Timetable(date(2027, 3, 28), time(2, 30), time(5), 2), "starts"),
        (Timetable(date(2027, 3, 28), time(1), time(2, 30), 2), "ends"),
        (Timetable(date(2027, 3, 10), time(9), time(9), 2), "ends"),
        (Timetable(date(2027, 3, 10), time(9), time(8, 59), 2), "ends"),
        (Timetable(date(2027, 3, 10), time(6), time(18, 1), 2), "ends"),
        (Timetable(date(1, 1, 1), time(0), time(1), 2), "day"),
    ],
)
def test_plan_refuses_times_that_cannot_be(timetable, field):
    with pytest.raises(RuleViolation) as refused:
        booking.plan(timetable, zone="Europe/Paris", duration_minutes=60)

    assert refused.value.field == field


def test_a_session_starts_in_the_future_within_two_years():
    wanted = Plan(START, START + timedelta(hours=1), START)

    booking.refuse_plan(wanted, now=START - SECOND)
    for now in (START, START - timedelta(days=732)):
        with pytest.raises(RuleViolation):
            booking.refuse_plan(wanted, now=now)


@pytest.mark.parametrize(("capacity", "refused"), [(0, True), (11, True), (12, False), (40, False), (41, True)])
def test_capacity_lies_between_the_seats_taken_and_the_room(capacity, refused):
    if refused:
        with pytest.raises(RuleViolation, match=r"seat|holds"):
            booking.refuse_capacity(capacity, venue_capacity=40, seats_taken=12)
    else:
        booking.refuse_capacity(capacity, venue_capacity=40, seats_taken=12)


def test_overlap_names_the_other_session_in_the_time_of_the_venue():
    other = Busy(Bilingual("Agents", "Agents"), START, START + timedelta(hours=2))

    booking.refuse_overlap(Plan(other.ends_at, other.ends_at + timedelta(hours=1), START), [other], zone="UTC")
    with pytest.raises(RuleViolation) as refused:
        booking.refuse_overlap(Plan(START, START + SECOND, START), [other], zone="Indian/Reunion")

    assert refused.value.reason.values["title"] == Bilingual("Agents", "Agents")
    assert (refused.value.reason.values["starts"], refused.value.reason.values["ends"]) == ("12:00", "14:00")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ada  Lovelace", "ada lovelace", True),
        ("ÉMILIE", "émilie", True),
        ("!!!", "???", False),
        ("Le Goff", "Goff", False),
    ],
)
def test_same_person(one, other, same):
    assert booking.same_person(one, other) is same
