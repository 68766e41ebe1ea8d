"""The lines of the call that anyone can check before opening an account."""

from __future__ import annotations

from accelerator.rules import eligibility


def test_a_rolling_call_asks_less():
    cohort = [line.code for line in eligibility.lines_of(is_rolling=False)]
    rolling = [line.code for line in eligibility.lines_of(is_rolling=True)]

    assert cohort == ["france", "generative_ai", "prototype", "full_time", "on_site", "rights"]
    assert rolling == ["france", "generative_ai", "rights"]


def test_lines_not_met_come_first_and_say_why_and_what_else():
    lines = eligibility.lines_of(is_rolling=True)

    checked = eligibility.check(lines, {"france": True, "generative_ai": False, "rights": True})

    assert [(one.line.code, one.is_met) for one in checked] == [
        ("generative_ai", False),
        ("france", True),
        ("rights", True),
    ]
    assert all(line.why and line.instead for line in lines)
