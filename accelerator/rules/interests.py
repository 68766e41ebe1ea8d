"""Rules · Interests — what an entry of the register must hold, for reviewers and for startups."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from accelerator.kernel.enums import InterestKind, TieKind
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message
from accelerator.rules.conflicts import Interest
from accelerator.rules.identity import normal_siren

MAX_INTERESTS: Final = 100
MAX_TIES: Final = 60
EARLIEST_YEAR: Final = 1950
ORGANISATION_MAX: Final = 160
PERSON_MAX: Final = 120
NOTE_MAX: Final = 300
_LEADING_NUMBER: Final = re.compile(r"([0-9][0-9 .\u00a0\u202f-]*[0-9])")


@dataclass(frozen=True)
class InterestEntry:
    """What a reviewer types: `siren` as typed, years as whole numbers or none."""

    kind: InterestKind
    organisation: str
    siren: str = ""
    person: str = ""
    note: str = ""
    since_year: int | None = None
    until_year: int | None = None


@dataclass(frozen=True)
class TieEntry:
    """What a founder types: an organisation, a person, or both."""

    kind: TieKind
    organisation: str
    siren: str = ""
    person: str = ""


def checked_interest(entry: InterestEntry, *, present_year: int) -> InterestEntry:
    """The entry as it is stored: the SIREN in nine digits, or none.

    Raises: RuleViolation on "siren", "organisation", "person", "since_year" or "until_year".
    """
    siren = normal_siren(entry.siren) if entry.siren else ""
    if entry.kind is InterestKind.CLOSE_PERSON:
        if not entry.person:
            raise RuleViolation(Message("Type the name of the person."), field="person")
    elif not entry.organisation:
        raise RuleViolation(Message("Type the name of the organisation."), field="organisation")
    if siren and not entry.organisation:
        raise RuleViolation(Message("Type the name that goes with this SIREN."), field="organisation")
    if entry.kind is InterestKind.PAST_EMPLOYER and entry.until_year is None:
        raise RuleViolation(Message("Type the year in which you left."), field="until_year")
    for field, year in (("since_year", entry.since_year), ("until_year", entry.until_year)):
        if year is not None and not EARLIEST_YEAR <= year <= present_year:
            raise RuleViolation(
                Message("A year from %(first)s to %(last)s.", first=EARLIEST_YEAR, last=present_year), field=field
            )
    if entry.since_year is not None and entry.until_year is not None and entry.since_year > entry.until_year:
        raise RuleViolation(Message("It cannot have ended before it began."), field="until_year")
    person = entry.person if entry.kind is InterestKind.CLOSE_PERSON else ""
    return replace(entry, siren=siren, person=person)


def checked_tie(entry: TieEntry) -> TieEntry:
    """The entry as it is stored: the SIREN in nine digits, or none.

    Raises: RuleViolation on "siren" or "organisation".
    """
    siren = normal_siren(entry.siren) if entry.siren else ""
    if entry.kind is TieKind.FORMER_EMPLOYER and not entry.organisation:
        raise RuleViolation(Message("Type the name of the organisation."), field="organisation")
    if not entry.organisation and not entry.person:
        raise RuleViolation(Message("Type the name of an organisation or of a person."), field="organisation")
    if siren and not entry.organisation:
        raise RuleViolation(Message("Type the name that goes with this SIREN."), field="organisation")
    return replace(entry, siren=siren)


def listed(text: str) -> list[Interest]:
    """The organisations of a typed list, one a line: a SIREN, a name, or a SIREN with its name.

    Raises: RuleViolation on "interests", with the line, when a number cannot be a SIREN.
    """
    found = []
    for place, line in enumerate((line.strip() for line in text.splitlines()), start=1):
        if not line:
            continue
        number = _LEADING_NUMBER.match(line)
        siren, name = "", line
        if number and sum(character.isdigit() for character in number.group(1)) >= 9:
            try:
                siren = normal_siren(number.group(1))
            except RuleViolation as violation:
                raise RuleViolation(
                    Message("Line %(line)s: %(reason)s", line=place, reason=violation.reason), field="interests"
                ) from violation
            name = line[number.end() :].strip(" ,;:–-")
        found.append(Interest(InterestKind.COMPANY, name, siren))
    if len(found) > MAX_INTERESTS:
        raise RuleViolation(Message("At most %(most)s entries.", most=MAX_INTERESTS), field="interests")
    return found
