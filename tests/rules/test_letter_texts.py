"""Texts of decision letters: names in braces that exist, those that are owed, nothing empty."""

from __future__ import annotations

import pytest

from accelerator.kernel.errors import RuleViolation
from accelerator.rules.letter_texts import BODY_MAX, PLACEHOLDERS, SUBJECT_MAX, refuse_text

GOOD = {
    "offer": "Hello {recipient}: {respond_by} at {link}",
    "waitlisted": "Hello {recipient}: {link}",
    "not_selected": "{feedback}\n{path}",
}


@pytest.mark.parametrize("kind", sorted(GOOD))
def test_a_good_text_passes(kind):
    refuse_text(kind, "About {startup}", GOOD[kind] + " f(x) = {}".replace("{}", "1"))
    assert set(GOOD) == set(PLACEHOLDERS)


@pytest.mark.parametrize(
    ("kind", "subject", "body", "field", "sentence"),
    [
        ("offer", "Hello {name}", GOOD["offer"], "subject", "no placeholder {name}"),
        ("offer", "Hello", GOOD["offer"] + "{feedback}", "body", "no placeholder {feedback}"),
        ("offer", "Hello", "{{ 7 * 7 }}", "body", "no placeholder { 7 * 7 }"),
        ("offer", "Hello", "{Link} {link} {respond_by}", "body", "no placeholder {Link}"),
        ("offer", "{link}", "{respond_by}", "body", "must hold {link}"),
        ("not_selected", "Hello", "Nothing", "body", "must hold {feedback}, {path}"),
        ("offer", " ", GOOD["offer"], "subject", "Write a text"),
        ("offer", "Hello", "\n", "body", "Write a text"),
        ("offer", "x" * (SUBJECT_MAX + 1), GOOD["offer"], "subject", "At most 160"),
        ("offer", "x", GOOD["offer"] + "x" * BODY_MAX, "body", "At most 8000"),
    ],
)
def test_a_bad_text_is_refused_on_its_field(kind, subject, body, field, sentence):
    with pytest.raises(RuleViolation) as refused:
        refuse_text(kind, subject, body)

    assert refused.value.field == field
    assert sentence in str(refused.value.reason)
