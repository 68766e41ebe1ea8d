"""Where a refused startup can go: the nearest seats, the next call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.regions import REGIONS
from accelerator.rules.ways_on import SEATS, FreeSession, NextCall, distance_km, nearest, next_call

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
LYON, GRENOBLE, MARSEILLE, PARIS, BREST = (
    ("84", "69003", 45.75, 4.85),
    ("84", "38000", 45.19, 5.72),
    ("93", "13002", 43.30, 5.37),
    ("11", "75013", 48.83, 2.37),
    ("53", "29200", 48.39, -4.49),
)


def session(number: int, place, days: int = 10) -> FreeSession:
    region, postcode, latitude, longitude = place
    title = Bilingual("Atelier", "Workshop")
    at = NOW + timedelta(days=days)
    return FreeSession(number, title, "X", postcode, region, latitude, longitude, at, "Europe/Paris", "fr")


def ids(found) -> list[int]:
    return [one.id for one in found]


def test_the_own_region_comes_first_however_late():
    found = nearest([session(1, MARSEILLE, 1), session(2, LYON, 90), session(3, GRENOBLE, 60)], "84")

    assert ids(found) == [3, 2]


def test_the_own_department_comes_before_the_rest_of_the_region():
    assert ids(nearest([session(2, LYON, 1), session(3, GRENOBLE, 60)], "84", "38")) == [3, 2]


def test_then_the_nearest_other_not_the_soonest():
    found = nearest([session(1, PARIS, 1), session(2, LYON), session(3, MARSEILLE, 90)], "84")

    assert ids(found) == [2, 3]


def test_what_is_farther_than_400_km_is_not_near():
    assert ids(nearest([session(1, BREST)], "84")) == []
    assert ids(nearest([session(1, PARIS)], "04")) == []


def test_a_startup_without_a_region_is_sent_nowhere():
    assert nearest([session(1, PARIS)], "") == ()


def test_every_region_has_a_seat_that_lies_nearest_to_itself():
    assert set(SEATS) == set(REGIONS)


def test_distances_are_those_of_the_globe():
    assert distance_km((48.86, 2.35), (45.76, 4.84)) == pytest.approx(392, abs=3)
    assert distance_km((1.0, 1.0), (1.0, 1.0)) == 0


def test_the_next_call_is_the_first_not_applied_to():
    calls = [NextCall(n, f"B{n}", Bilingual("", ""), True, NOW, NOW) for n in (3, 1, 2)]

    assert next_call(calls, frozenset({3})).batch_id == 1
    assert next_call(calls, frozenset({1, 2, 3})) is None
