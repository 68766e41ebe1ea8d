"""Text in, values or messages out."""

from __future__ import annotations

import json
from datetime import date, time

import pytest
from werkzeug.datastructures import MultiDict

from accelerator.forms.base import clean_text
from accelerator.forms.workshops import BookingForm, CalendarFilterForm, CancelSessionForm, SessionForm, WalkInForm
from accelerator.rules.booking import Timetable

SESSION = {
    "workshop_id": "1",
    "venue_id": "2",
    "day": "2027-03-10",
    "starts": "09:30",
    "ends": "",
    "closing_hours": "2",
    "capacity": "",
    "seats_per_startup": "2",
    "language": "fr",
    "trainer_name": "Radia",
    "version": "3",
}


def session_form(**changes):
    form = SessionForm(MultiDict({**SESSION, **changes}))
    form.offer([], [])
    return form


def test_a_session_form_gives_a_timetable():
    form = session_form()

    assert form.validate()
    assert form.timetable() == Timetable(date(2027, 3, 10), time(9, 30), None, 2)
    assert (form.workshop_id.data, form.capacity.data, form.version_read()) == (1, None, 3)


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("day", "", "Choose a day."),
        ("day", "2027-02-30", "Type a day, for example 2026-03-01."),
        ("starts", "", "Type a time, for example 09:30."),
        ("starts", "25:00", "Type a time, for example 09:30."),
        ("starts", "09:30+02:00", "Type a time, for example 09:30."),
        ("ends", "noon", "Type a time, for example 09:30."),
        ("capacity", "many", "Type a whole number."),
        ("capacity", "0", "A session has at least one seat."),
        ("capacity", "9" * 40, "A session has at least one seat."),
        ("seats_per_startup", "0", "From 1 to 50 places."),
        ("closing_hours", "-1", "From 0 to 720 hours."),
        ("language", "de", "Choose a language."),
        ("trainer_name", "x" * 121, "At most 120 characters."),
        ("workshop_id", "", "Choose a workshop."),
    ],
)
def test_a_session_form_says_what_is_wrong(field, text, message):
    form = session_form(**{field: text})

    assert not form.validate()
    assert {name: errors[0] for name, errors in form.errors.items()} == {field: message}


def test_a_walk_in_needs_a_name_and_a_postcode_of_five_digits():
    form = WalkInForm(MultiDict({"person_name": " ", "postcode": "6900", "email": "at"}))

    assert not form.validate()
    assert set(form.errors) == {"person_name", "postcode", "email"}


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "tomorrow", ""])
def test_a_calendar_filter_drops_days_that_cannot_be(text):
    form = CalendarFilterForm(MultiDict({"since": text}))
    form.validate()

    assert form.since_chosen() is None


@pytest.mark.shared
def test_every_naughty_string_is_cleaned_or_refused(shared):
    for text in json.loads((shared / "bad-input" / "blns.json").read_text()):
        for form_class, name in (
            (BookingForm, "person_name"),
            (BookingForm, "access_needs"),
            (CancelSessionForm, "reason"),
            (WalkInForm, "person_name"),
            (WalkInForm, "siren"),
            (WalkInForm, "startup_name"),
            (WalkInForm, "postcode"),
            (WalkInForm, "email"),
            (SessionForm, "trainer_name"),
            (SessionForm, "day"),
            (SessionForm, "starts"),
            (SessionForm, "capacity"),
            (SessionForm, "venue_id"),
            (CalendarFilterForm, "region"),
        ):
            form = form_class(MultiDict({name: text}))
            for field in form:
                field.choices = getattr(field, "choices", None) or []
            form.validate()
            if form[name].type in ("StringField", "TextAreaField") and name not in form.errors:
                assert form[name].data == clean_text(text)
