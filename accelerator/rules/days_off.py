"""Rules · Days off — public and school holidays where a workshop would be held; a warning, never a refusal.

Source: library `holidays` (public holidays of France with Alsace-Moselle and overseas; school zones A, B, C).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

import holidays

from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.regions import department_of_postcode

_LANGUAGES: Final = {"fr": "fr", "en": "en_US"}
_PUBLIC_SUBDIVISION: Final = {
    "57": "57",
    "67": "6AE",
    "68": "6AE",
    **{code: code for code in ("971", "972", "973", "974", "976")},
}
_SCHOOL_ZONES: Final = {
    "A": "01 03 07 15 16 17 19 21 23 24 25 26 33 38 39 40 42 43 47 58 63 64 69 70 71 73 74 79 86 87 89 90",
    "B": "02 04 05 06 08 10 13 14 18 22 27 28 29 35 36 37 41 44 45 49 50 51 52 53 54 55 56 57 59 60 61 62 67 68 72 "
    "76 80 83 84 85 88",
    "C": "09 11 12 30 31 32 34 46 48 65 66 75 77 78 81 82 91 92 93 94 95",
}
SCHOOL_ZONE_OF_DEPARTMENT: Final = {
    department: zone for zone, departments in _SCHOOL_ZONES.items() for department in departments.split()
}
"""Source: education.gouv.fr, calendrier scolaire (académies by zone). Corsica and overseas keep their own calendars."""


@dataclass(frozen=True)
class DayOff:
    """Why few people may come that day. `school_zone` is "A", "B" or "C" for school holidays, else empty."""

    name: Bilingual
    school_zone: str = ""


def days_off(day: date, postcode: str) -> list[DayOff]:
    """The public holiday and the school holidays of that day at that postcode."""
    department = department_of_postcode(postcode) or ""
    found = []
    if name := _name_of(day, _PUBLIC_SUBDIVISION.get(department), "public"):
        found.append(DayOff(name))
    zone = SCHOOL_ZONE_OF_DEPARTMENT.get(department)
    if zone and (name := _name_of(day, f"Zone {zone}", "school")):
        found.append(DayOff(name, zone))
    return found


def _name_of(day: date, subdivision: str | None, category: str) -> Bilingual | None:
    fr, en = (_calendar(day.year, subdivision, category, language).get(day) for language in _LANGUAGES.values())
    return Bilingual(fr, en or fr) if fr else None


@lru_cache(maxsize=64)
def _calendar(year: int, subdivision: str | None, category: str, language: str) -> dict[date, str]:
    return dict(holidays.country_holidays("FR", subdiv=subdivision, years=year, categories=category, language=language))
