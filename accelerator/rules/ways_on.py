"""Rules · Ways on — where a startup that was not selected can go: a workshop near it, the next call.

Source: coordinates of the seats of the regions (WGS 84, two decimals), Code officiel géographique.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.regions import department_of_postcode

MOST_SESSIONS: Final = 2
FARTHEST_KM: Final = 400
"""Beyond this a workshop is not near, as the crow flies."""

EARTH_RADIUS_KM: Final = 6371.0

SEATS: Final = {
    "01": (16.00, -61.73),
    "02": (14.60, -61.07),
    "03": (4.94, -52.33),
    "04": (-20.88, 55.45),
    "06": (-12.78, 45.23),
    "11": (48.86, 2.35),
    "24": (47.90, 1.91),
    "27": (47.32, 5.04),
    "28": (49.44, 1.10),
    "32": (50.63, 3.06),
    "44": (48.57, 7.75),
    "52": (47.22, -1.55),
    "53": (48.11, -1.68),
    "75": (44.84, -0.58),
    "76": (43.60, 1.44),
    "84": (45.76, 4.84),
    "93": (43.30, 5.37),
    "94": (41.92, 8.74),
}
"""Latitude and longitude of the seat of each region, by INSEE code."""


@dataclass(frozen=True)
class FreeSession:
    """One session with a free seat."""

    id: int
    title: Bilingual
    city: str
    postcode: str
    region_code: str
    latitude: float
    longitude: float
    starts_at: datetime
    zone: str
    language: str


@dataclass(frozen=True)
class NextCall:
    """One call that is open or announced."""

    batch_id: int
    code: str
    name: Bilingual
    is_open: bool
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True)
class WayOn:
    """What one startup is told to go on with."""

    sessions: tuple[FreeSession, ...] = ()
    call: NextCall | None = None


def nearest(
    sessions: Sequence[FreeSession], region_code: str, department_code: str | None = None
) -> tuple[FreeSession, ...]:
    """The sessions to propose: those of the startup's department, then of its region, then the nearest others.

    Within each the soonest comes first; others by distance from the seat of the region, no farther than 400 km.
    """
    at_home = sorted(
        (one for one in sessions if one.region_code == region_code),
        key=lambda one: (department_of_postcode(one.postcode) != department_code, one.starts_at, one.id),
    )
    seat = SEATS.get(region_code)
    if seat is None or len(at_home) >= MOST_SESSIONS:
        return tuple(at_home[:MOST_SESSIONS])
    elsewhere = sorted(
        (round(distance_km(seat, (one.latitude, one.longitude))), one.starts_at, one.id, one)
        for one in sessions
        if one.region_code != region_code
    )
    near = [one for away, _at, _id, one in elsewhere if away <= FARTHEST_KM]
    return tuple([*at_home, *near][:MOST_SESSIONS])


def distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The way between two places over the globe, in kilometres; places are latitude and longitude in degrees."""
    (latitude, longitude), (to_latitude, to_longitude) = (
        (math.radians(place[0]), math.radians(place[1])) for place in (one, other)
    )
    half = (
        math.sin((to_latitude - latitude) / 2) ** 2
        + math.cos(latitude) * math.cos(to_latitude) * math.sin((to_longitude - longitude) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, half)))


def next_call(calls: Sequence[NextCall], applied_to: frozenset[int]) -> NextCall | None:
    """The first of the calls, in their order, that the startup has not applied to yet."""
    return next((call for call in calls if call.batch_id not in applied_to), None)
