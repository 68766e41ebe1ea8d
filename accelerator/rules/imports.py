"""Rules · Imports — one row of somebody's spreadsheet as values of ours, repaired where the repair is certain."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from accelerator.kernel.enums import ApplicationState, QuestionKind, Sector, Stage
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.regions import REGION_OF_DEPARTMENT, REGIONS, department_of_postcode
from accelerator.rules.applications import AskedQuestion, is_web_address, problem_with
from accelerator.rules.identity import normal_siren
from accelerator.rules.tables import normal_name

PARIS: Final = ZoneInfo("Europe/Paris")
_E = TypeVar("_E", bound=StrEnum)

STARTUP_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "siren": ("siren",),
    "siret": ("siret", "siret_siege"),
    "name": ("name", "startup", "nom", "denomination", "raison_sociale"),
    "postcode": ("postcode", "code_postal"),
    "city": ("city", "ville", "commune"),
    "department": ("department", "departement", "code_departement"),
    "region": ("region", "code_region"),
    "rna": ("rna",),
    "sector": ("sector", "secteur"),
    "stage": ("stage", "maturite"),
    "website": ("website", "site_web", "site"),
    "pitch": ("pitch", "description"),
    "registered_on": ("registered_on", "date_creation"),
    "naf": ("naf", "ape"),
    "headcount_band": ("headcount_band", "tranche_effectifs"),
}
"""What a startup's row may say, and the column names each thing goes by; the first that is filled counts."""

_NOTHING: Final = frozenset({"", "[nd]", "nd", "n/a", "na", "null", "none", "-"})
_POSTCODE: Final = re.compile(r"(\d{4,5})(?:[.,]0+)?", re.ASCII)
_RNA: Final = re.compile(r"W(\d\d|2A|2B)\w\d{6}", re.IGNORECASE | re.ASCII)
_NAF: Final = re.compile(r"(\d\d)\.?(\d\d)([A-Z])", re.IGNORECASE | re.ASCII)
_BAND: Final = re.compile(r"\d\d", re.ASCII)
_UNKNOWN_DAY: Final = date(1900, 1, 1)
_YES: Final = frozenset({"yes", "oui", "true", "vrai", "1", "y", "o", "x"})
_NO: Final = frozenset({"no", "non", "false", "faux", "0", "n"})
_NUMBER_OF_POINTS: Final = re.compile(r"([+-]?\d{1,6})(?:[.,]0+)?", re.ASCII)


@dataclass
class StartupRow:
    """What a row says of a startup; None where it says nothing. `notes` tell what was repaired or left out."""

    name: str
    siren: str | None
    region_code: str
    department_code: str | None = None
    postcode: str | None = None
    city: str | None = None
    sector: Sector | None = None
    stage: Stage | None = None
    website: str | None = None
    pitch: str | None = None
    registered_on: date | None = None
    naf: str | None = None
    headcount_band: str | None = None
    notes: list[Message] = field(default_factory=list)


def known_columns(columns: Iterable[str]) -> set[str]:
    """Which of a file's columns a startup import reads."""
    return set(columns) & {alias for aliases in STARTUP_COLUMNS.values() for alias in aliases}


def startup_row(values: Mapping[str, str], *, default_region: str = "") -> StartupRow:
    """The startup a row speaks of.

    Args:   default_region is the INSEE code for rows that say nothing of the place.
    Raises: RuleViolation with the reason the row cannot be used.
    """
    said = {name: _said(values, aliases) for name, aliases in STARTUP_COLUMNS.items()}
    notes: list[Message] = []
    siren = siren_of(values, notes)
    if not said["name"]:
        raise RuleViolation(Message("no name"), field="name")
    if len(said["name"]) > 160:
        raise RuleViolation(Message("a name of more than 160 characters"), field="name")
    postcode = _postcode(said["postcode"], notes)
    department, region = _place(said, postcode, default_region)
    if said["rna"] and department and not said["postcode"] and not said["department"]:
        notes.append(Message("department %(code)s read from the RNA number", code=department))
    if not region and siren is None:
        raise RuleViolation(
            Message("no postcode, department, region or RNA number: the region is unknown"), field="postcode"
        )
    if not region:
        notes.append(Message("no postcode, department, region or RNA number: the region stays open"))
    return StartupRow(
        name=" ".join(said["name"].split()),
        siren=siren,
        region_code=region,
        department_code=department,
        postcode=postcode,
        city=said["city"][:120] or None,
        sector=_member(Sector, said["sector"], notes),
        stage=_member(Stage, said["stage"], notes),
        website=_website(said["website"], notes),
        pitch=said["pitch"][:300] or None,
        registered_on=_registered_on(said["registered_on"], notes),
        naf=_naf(said["naf"], notes),
        headcount_band=said["headcount_band"] if _BAND.fullmatch(said["headcount_band"]) else None,
        notes=notes,
    )


def _said(values: Mapping[str, str], aliases: Sequence[str]) -> str:
    for alias in aliases:
        text = values.get(alias, "")
        if text.casefold() not in _NOTHING:
            return text
    return ""


def siren_of(values: Mapping[str, str], notes: list[Message]) -> str | None:
    """The SIREN a row names, in its own column or as the SIRET's; None when it names none.

    Raises: RuleViolation when it cannot be one, or the two disagree.
    """
    siren, siret = _said(values, STARTUP_COLUMNS["siren"]), _said(values, STARTUP_COLUMNS["siret"])
    found = normal_siren(_digits(siren, 9, notes)) if siren else None
    if not siret:
        return found
    whole = _digits(siret, 14, notes)
    if found is None:
        return normal_siren(whole)
    if not whole.startswith(found):
        raise RuleViolation(Message("SIREN and SIRET are of two companies"), field="siren")
    return found


def _digits(text: str, length: int, notes: list[Message]) -> str:
    """A number that a spreadsheet has shortened by its leading zeros or lengthened by ".0"."""
    plain = re.sub(r"[.,]0$", "", text.replace(" ", "").replace("\u00a0", ""))
    if plain.isascii() and plain.isdigit() and length - 2 <= len(plain) < length:
        notes.append(Message("leading zero restored: %(number)s", number=plain.zfill(length)))
        return plain.zfill(length)
    if plain != text and plain.isdigit():
        return plain
    return text


def _postcode(text: str, notes: list[Message]) -> str | None:
    if not text:
        return None
    found = _POSTCODE.fullmatch(text.replace(" ", ""))
    postcode = found.group(1).zfill(5) if found else ""
    if department_of_postcode(postcode) is None:
        raise RuleViolation(Message("“%(text)s” is not a postcode in France", text=text[:20]), field="postcode")
    if postcode != text:
        notes.append(Message("postcode read as %(postcode)s", postcode=postcode))
    return postcode


def _place(said: Mapping[str, str], postcode: str | None, default_region: str) -> tuple[str | None, str]:
    """Department and region: from the postcode, else the department, the region, the RNA number, the default.

    Both are empty where the row says nothing of the place.
    """
    department = department_of_postcode(postcode) if postcode else None
    if department is None and said["department"]:
        department = _department(said["department"])
    if department is None and said["region"]:
        return None, _region(said["region"])
    if department is None and (rna := _RNA.fullmatch(said["rna"])) and rna.group(1).upper() in REGION_OF_DEPARTMENT:
        department = rna.group(1).upper()
    if department is not None:
        return department, REGION_OF_DEPARTMENT[department]
    if default_region:
        return None, default_region
    return None, ""


def _department(text: str) -> str:
    plain = re.sub(r"[.,]0$", "", text).upper()
    code = plain.zfill(2)
    if code not in REGION_OF_DEPARTMENT:
        raise RuleViolation(Message("“%(text)s” is not a department", text=text[:20]), field="department")
    return code


def _region(text: str) -> str:
    code = re.sub(r"[.,]0$", "", text).zfill(2)
    if code in REGIONS:
        return code
    for region in REGIONS.values():
        if normal_name(region.name) == normal_name(text):
            return region.code
    raise RuleViolation(Message("“%(text)s” is not a region", text=text[:40]), field="region")


def _member(kind: type[_E], text: str, notes: list[Message]) -> _E | None:
    if not text:
        return None
    name = normal_name(text)
    if name in {member.value for member in kind}:
        return kind(name)
    notes.append(Message("“%(text)s” left out: not one of %(known)s", text=text[:40], known=", ".join(kind)))
    return None


def _website(text: str, notes: list[Message]) -> str | None:
    if not text:
        return None
    address = text if "://" in text else f"https://{text}"
    if len(address) <= 300 and is_web_address(address):
        return address
    notes.append(Message("“%(text)s” left out: not a web address", text=text[:60]))
    return None


def _registered_on(text: str, notes: list[Message]) -> date | None:
    if not text:
        return None
    found = day(text)
    if found is None:
        notes.append(Message("“%(text)s” left out: not a day", text=text[:40]))
    return None if found == _UNKNOWN_DAY else found


def _naf(text: str, notes: list[Message]) -> str | None:
    if not text:
        return None
    found = _NAF.fullmatch(text)
    if found is None:
        notes.append(Message("“%(text)s” left out: not an activity code", text=text[:20]))
        return None
    return f"{found.group(1)}.{found.group(2)}{found.group(3).upper()}"


def day(text: str) -> date | None:
    """A day as 2026-11-23 or 23/11/2026; None when it is neither."""
    for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(text.strip()[:10], pattern).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    return None


def instant(text: str) -> datetime | None:
    """A moment as 2026-11-23T18:00+01:00, 2026-11-23 18:00 or 23/11/2026 18:00; without a zone it is Paris time."""
    plain = text.strip().replace("Z", "+00:00").replace("T", " ", 1)
    for candidate in (plain, re.sub(r"^(\d\d)/(\d\d)/(\d{4})", r"\3-\2-\1", plain)):
        try:
            found = datetime.fromisoformat(candidate)
        except ValueError:
            continue
        if found.time() == time() and len(candidate) <= 10:
            found = found.replace(hour=12)
        return (found if found.tzinfo else found.replace(tzinfo=PARIS)).astimezone(UTC)
    return None


def application_state(text: str) -> ApplicationState:
    """The state a row names; "submitted" when it names none.

    Raises: RuleViolation for a word that is no state.
    """
    name = normal_name(text)
    if not name:
        return ApplicationState.SUBMITTED
    try:
        return ApplicationState(name)
    except ValueError:
        known = ", ".join(ApplicationState)
        raise RuleViolation(
            Message("“%(text)s” is not a state; known are %(known)s", text=text[:40], known=known), field="state"
        ) from None


def answer(question: AskedQuestion, text: str) -> str:
    """A typed answer as it is stored: a choice by its value or label, yes and no in both languages.

    An answer with too many words is kept as it came: it was accepted then.

    Raises: RuleViolation when it cannot be an answer to this question.
    """
    if not text:
        return ""
    if question.kind is QuestionKind.YES_NO:
        text = "yes" if text.casefold() in _YES else "no" if text.casefold() in _NO else text
    if question.kind is QuestionKind.CHOICE:
        wanted = normal_name(text)
        for value, label in question.choices:
            if wanted in {normal_name(value), normal_name(label.fr), normal_name(label.en)}:
                text = value
    if question.kind in (QuestionKind.SHORT_TEXT, QuestionKind.LONG_TEXT):
        return text
    if problem := problem_with(question, text):
        raise RuleViolation(
            Message("%(code)s: “%(text)s”. %(problem)s", code=question.code, text=text[:40], problem=problem),
            field=question.code,
        )
    return text


def points(text: str, code: str) -> int:
    """Whole points on one criterion; "4.0" is 4.

    Raises: RuleViolation when there are none or they are not whole.
    """
    found = _NUMBER_OF_POINTS.fullmatch(text)
    if not text:
        raise RuleViolation(Message("%(code)s: no points", code=code), field=code)
    if found is None:
        raise RuleViolation(
            Message("%(code)s: “%(text)s” is not a whole number", code=code, text=text[:20]), field=code
        )
    return int(found.group(1))
