"""What every form does with typed text and with WTForms' own sentences."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import IntegerField, StringField
from wtforms.validators import InputRequired, NumberRange

from accelerator.forms.base import BaseForm, clean_text
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message


class Sample(BaseForm):
    """A name and a number."""

    name = StringField("Name", [InputRequired("Type a name.")])
    seats = IntegerField("Seats", [NumberRange(min=1, max=9)])


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ada  ", "Ada"),
        ("a\x00b", "ab"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("e\u0301", "é"),
        ("\ud800", "?"),
        (None, None),
        (3, 3),
    ],
)
def test_clean_text(typed, kept):
    assert clean_text(typed) == kept


@pytest.mark.parametrize("typed", ["", "   ", "\x01", "\t\n"])
def test_a_required_field_of_nothing_but_spaces_is_empty(typed):
    form = Sample(MultiDict({"name": typed, "seats": "3"}))

    assert not form.validate()
    assert form.name.errors == ["Type a name."]


def test_wtforms_own_sentences_keep_their_values_for_the_translator():
    form = Sample(MultiDict({"name": "Ada", "seats": "12"}))

    assert not form.validate()
    [error] = form.seats.errors
    assert isinstance(error, Message)
    assert (error.msgid, error.values) == ("Number must be between %(min)s and %(max)s.", {"min": 1, "max": 9})


def test_a_refusal_stands_at_its_field_or_on_the_form():
    form = Sample(MultiDict({"name": "Ada", "seats": "3"}))
    assert form.validate()

    form.refuse(RuleViolation(Message("Taken."), field="name"))
    form.refuse(RuleViolation(Message("Too late.")))

    assert form.name.errors == ["Taken."]
    assert form.form_errors == ["Too late."]
    assert form.is_refused
