"""Public and school holidays by place."""

from __future__ import annotations

from datetime import date

import pytest

from accelerator.kernel.regions import REGION_OF_DEPARTMENT
from accelerator.rules.days_off import SCHOOL_ZONE_OF_DEPARTMENT, days_off


@pytest.mark.parametrize(
    ("day", "postcode", "names"),
    [
        (date(2026, 4, 3), "67000", [("Good Friday", "")]),
        (date(2026, 4, 3), "57000", [("Good Friday", "")]),
        (date(2026, 4, 3), "54000", []),
        (date(2026, 12, 20), "97400", [("Abolition of Slavery", "")]),
        (date(2026, 5, 27), "97100", [("Abolition of Slavery", "")]),
        (date(2026, 5, 14), "20000", [("Ascension Day", "")]),
        (date(2026, 10, 20), "31000", [("All Saints' Break", "C")]),
        (date(2026, 2, 10), "69002", [("Winter Break", "A")]),
        (date(2026, 2, 10), "75013", []),
        (date(2026, 2, 10), "97400", []),
        (date(2026, 3, 11), "44000", []),
        (date(2026, 3, 11), "no code", []),
    ],
)
def test_days_off(day, postcode, names):
    assert [(found.name.en, found.school_zone) for found in days_off(day, postcode)] == names


def test_days_off_have_both_languages():
    assert days_off(date(2026, 5, 14), "69002")[0].name.fr == "Ascension"


def test_every_mainland_department_has_one_school_zone():
    without = set(REGION_OF_DEPARTMENT) - set(SCHOOL_ZONE_OF_DEPARTMENT)

    assert without == {"2A", "2B", "971", "972", "973", "974", "976"}
    assert set(SCHOOL_ZONE_OF_DEPARTMENT) <= set(REGION_OF_DEPARTMENT)


def test_days_off_agree_with_the_official_calendar(shared):
    """The open-data file, day by day, for one school year; it leaves out the bridge of Ascension, the decree does not."""
    lines = (shared / "geo" / "vacances-scolaires.csv").read_text().splitlines()[1:]
    for line in lines:
        text, zone_a, zone_b, zone_c, _name = line.split(",")
        day = date.fromisoformat(text)
        if not date(2025, 9, 1) <= day <= date(2026, 6, 30):
            continue
        for postcode, official in (("69002", zone_a), ("44000", zone_b), ("75013", zone_c)):
            in_school_holidays = any(
                found.school_zone and found.name.en != "Ascension Break" for found in days_off(day, postcode)
            )
            assert (day, postcode, in_school_holidays) == (day, postcode, official == "True")
