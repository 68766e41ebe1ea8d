"""Kernel · Regions — the 18 French regions by INSEE code, and the departments they are made of.

Source: INSEE, Code officiel géographique (decoupage-administratif 6.0.0, Licence Ouverte 2.0).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Region:
    """A French region. `zone` is its IANA time zone; `departments` are department codes."""

    code: str
    name: str
    zone: str
    departments: tuple[str, ...]


REGIONS: Final[dict[str, Region]] = {
    region.code: region
    for region in (
        Region("01", "Guadeloupe", "America/Guadeloupe", ("971",)),
        Region("02", "Martinique", "America/Martinique", ("972",)),
        Region("03", "Guyane", "America/Cayenne", ("973",)),
        Region("04", "La Réunion", "Indian/Reunion", ("974",)),
        Region("06", "Mayotte", "Indian/Mayotte", ("976",)),
        Region("11", "Île-de-France", "Europe/Paris", ("75", "77", "78", "91", "92", "93", "94", "95")),
        Region("24", "Centre-Val de Loire", "Europe/Paris", ("18", "28", "36", "37", "41", "45")),
        Region("27", "Bourgogne-Franche-Comté", "Europe/Paris", ("21", "25", "39", "58", "70", "71", "89", "90")),
        Region("28", "Normandie", "Europe/Paris", ("14", "27", "50", "61", "76")),
        Region("32", "Hauts-de-France", "Europe/Paris", ("02", "59", "60", "62", "80")),
        Region("44", "Grand Est", "Europe/Paris", ("08", "10", "51", "52", "54", "55", "57", "67", "68", "88")),
        Region("52", "Pays de la Loire", "Europe/Paris", ("44", "49", "53", "72", "85")),
        Region("53", "Bretagne", "Europe/Paris", ("22", "29", "35", "56")),
        Region(
            "75",
            "Nouvelle-Aquitaine",
            "Europe/Paris",
            ("16", "17", "19", "23", "24", "33", "40", "47", "64", "79", "86", "87"),
        ),
        Region(
            "76",
            "Occitanie",
            "Europe/Paris",
            ("09", "11", "12", "30", "31", "32", "34", "46", "48", "65", "66", "81", "82"),
        ),
        Region(
            "84",
            "Auvergne-Rhône-Alpes",
            "Europe/Paris",
            ("01", "03", "07", "15", "26", "38", "42", "43", "63", "69", "73", "74"),
        ),
        Region("93", "Provence-Alpes-Côte d’Azur", "Europe/Paris", ("04", "05", "06", "13", "83", "84")),
        Region("94", "Corse", "Europe/Paris", ("2A", "2B")),
    )
}

REGION_OF_DEPARTMENT: Final[dict[str, str]] = {
    department: region.code for region in REGIONS.values() for department in region.departments
}


def department_of_postcode(postcode: str) -> str | None:
    """The department a French postcode lies in, or None when it names none.

    Corsica's 20xxx is split at 20200 (2A below, 2B from there); overseas codes have three digits.
    """
    if len(postcode) != 5 or not postcode.isdigit():
        return None
    if postcode.startswith("20"):
        return "2A" if int(postcode) < 20200 else "2B"
    code = postcode[:3] if postcode.startswith("97") else postcode[:2]
    return code if code in REGION_OF_DEPARTMENT else None


def region_of_postcode(postcode: str) -> str | None:
    """The INSEE code of the region a French postcode lies in, or None when it names none."""
    department = department_of_postcode(postcode)
    return REGION_OF_DEPARTMENT[department] if department else None
