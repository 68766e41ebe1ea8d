"""Calendar files: read back by the library, through both nights the clocks change, overseas, cancelled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from accelerator.outbound.calendar import Event, event_file

STAMP = datetime(2026, 9, 1, 12, tzinfo=UTC)


def event(**changes):
    values = {
        "uid": "session-1@exemple.fr",
        "sequence": 0,
        "starts_at": datetime(2026, 10, 26, 8, tzinfo=UTC),
        "ends_at": datetime(2026, 10, 26, 11, tzinfo=UTC),
        "zone": "Europe/Paris",
        "title": "Découvrir l’IA; générative, etc.",
        "description": "Une ligne\nune autre, avec \\ et ;",
        "place": "Experiences Lab, 1 place de la Bourse, 69002 Lyon",
        "path": "/workshops/1",
    }
    return Event(**{**values, **changes})


def read(file: bytes):
    calendar = Calendar.from_ical(file)
    return calendar, calendar.events[0]


@pytest.mark.parametrize(
    ("zone", "starts_at", "wall"),
    [
        ("Europe/Paris", "2026-10-24T07:00+00:00", "2026-10-24T09:00"),
        ("Europe/Paris", "2026-10-25T08:00+00:00", "2026-10-25T09:00"),
        ("Europe/Paris", "2027-03-27T08:00+00:00", "2027-03-27T09:00"),
        ("Europe/Paris", "2027-03-28T07:00+00:00", "2027-03-28T09:00"),
        ("Indian/Reunion", "2027-03-28T05:00+00:00", "2027-03-28T09:00"),
        ("America/Guadeloupe", "2026-10-25T13:00+00:00", "2026-10-25T09:00"),
    ],
)
def test_times_read_back_as_the_same_instant_and_the_same_wall_clock(zone, starts_at, wall):
    starts = datetime.fromisoformat(starts_at)
    file = event_file(event(starts_at=starts, ends_at=starts + timedelta(hours=3), zone=zone), stamped_at=STAMP)

    calendar, found = read(file)

    first, last = found.DTSTART, found.DTEND
    assert first == starts
    assert last - first == timedelta(hours=3)
    assert found.DTSTART.strftime("%Y-%m-%dT%H:%M") == wall
    assert f"DTSTART;TZID={zone}:" in file.decode()
    assert [timezone.tz_name for timezone in calendar.timezones] == [zone]


def test_a_session_across_the_change_keeps_both_instants():
    starts, ends = datetime(2026, 10, 24, 23, tzinfo=UTC), datetime(2026, 10, 25, 3, tzinfo=UTC)

    _calendar, found = read(event_file(event(starts_at=starts, ends_at=ends), stamped_at=STAMP))

    assert (found.DTSTART.astimezone(UTC), found.DTEND.astimezone(UTC)) == (starts, ends)


def test_what_and_where_survive_the_round_trip():
    calendar, found = read(event_file(event(sequence=3), stamped_at=STAMP))

    assert (str(calendar["METHOD"]), str(found["UID"]), found["SEQUENCE"]) == ("PUBLISH", "session-1@exemple.fr", 3)
    assert str(found["SUMMARY"]) == "Découvrir l’IA; générative, etc."
    assert str(found["DESCRIPTION"]) == "Une ligne\nune autre, avec \\ et ;"
    assert str(found["LOCATION"]) == "Experiences Lab, 1 place de la Bourse, 69002 Lyon"
    assert found.DTSTAMP == STAMP
    assert str(found["URL"]).endswith("/workshops/1")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "CONFIRMED"),
        ({"is_tentative": True}, "TENTATIVE"),
        ({"is_tentative": True, "is_cancelled": True}, "CANCELLED"),
    ],
)
def test_status(changes, status):
    assert str(read(event_file(event(**changes), stamped_at=STAMP))[1]["STATUS"]) == status


def test_lines_are_folded_and_end_as_the_standard_says():
    file = event_file(event(description="é" * 500), stamped_at=STAMP)

    assert all(len(line) <= 75 for line in file.split(b"\r\n"))
    assert b"\n" not in file.replace(b"\r\n", b"")
