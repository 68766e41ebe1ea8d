"""The words everyone speaks."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelerator.kernel import clock
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.intervals import Interval
from accelerator.kernel.message import Message
from accelerator.kernel.money import Money
from accelerator.kernel.regions import REGION_OF_DEPARTMENT, REGIONS, region_of_postcode


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 1000), min_size=1, max_size=20).filter(any))
def test_split_loses_no_cent(minor, weights):
    parts = Money(minor, "EUR").split(weights)

    assert sum(part.minor for part in parts) == minor
    assert len(parts) == len(weights)


@given(st.integers(0, 10**9), st.integers(1, 30))
def test_equal_parts_differ_by_a_cent_at_most(minor, count):
    parts = [part.minor for part in Money(minor, "EUR").split([1] * count)]

    assert max(parts) - min(parts) <= 1


def test_money_refuses_two_currencies_and_fractions():
    with pytest.raises(ValueError, match="do not add up"):
        Money(1, "EUR") + Money(1, "USD")
    with pytest.raises(TypeError):
        Money(1.5, "EUR")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="ISO 4217"):
        Money(1, "eur")


@pytest.mark.parametrize(("amount", "minor"), [("12.345", 1234), ("12.355", 1236), ("-0.005", 0), ("2500", 250000)])
def test_money_of_rounds_half_to_even(amount, minor):
    assert Money.of(Decimal(amount), "EUR").minor == minor


def test_touching_intervals_do_not_overlap():
    nine = datetime(2026, 3, 1, 9, tzinfo=UTC)
    first = Interval(nine, nine + timedelta(hours=1))
    second = Interval(nine + timedelta(hours=1), nine + timedelta(hours=2))

    assert not first.overlaps(second)
    assert first.overlaps(Interval(nine + timedelta(minutes=59), nine + timedelta(hours=2)))
    assert first.contains(nine)
    assert not first.contains(first.end)


def test_message_reads_as_english_and_keeps_its_parts():
    message = Message("%(count)s seats left", count=3)

    assert message == "3 seats left"
    assert (message.msgid, message.values) == ("%(count)s seats left", {"count": 3})
    assert pickle.loads(pickle.dumps(message)).values == {"count": 3}


def test_bilingual_falls_back_on_the_other_language():
    assert Bilingual("Bonjour", "").text_in("en") == "Bonjour"
    assert Bilingual("Bonjour", "Hello").text_in("en") == "Hello"


def test_the_clock_takes_aware_instants_only():
    with pytest.raises(ValueError, match="aware"):
        clock.fix(datetime(2026, 3, 1))


def test_there_are_18_regions_and_101_departments():
    assert len(REGIONS) == 18
    assert len(REGION_OF_DEPARTMENT) == 101


@pytest.mark.parametrize(
    ("postcode", "region"),
    [
        ("69003", "84"),
        ("75013", "11"),
        ("20000", "94"),
        ("20200", "94"),
        ("97400", "04"),
        ("97600", "06"),
        ("33000", "75"),
        ("99999", None),
        ("6900", None),
        ("", None),
        ("abcde", None),
    ],
)
def test_region_of_postcode(postcode, region):
    assert region_of_postcode(postcode) == region


def test_every_commune_lies_in_its_region(shared):
    import csv

    with (shared / "geo" / "communes.csv").open(encoding="utf-8-sig") as file:
        wrong = [
            (row["nom"], postcode)
            for row in csv.DictReader(file)
            if row["type"] == "commune-actuelle" and row["region"] in REGIONS
            for postcode in row["codes_postaux"].split(";" if ";" in row["codes_postaux"] else "|")
            if postcode and region_of_postcode(postcode) != row["region"]
        ]

    # A few communes are served by the post office of the next department.
    assert len(wrong) <= 40, wrong[:50]
