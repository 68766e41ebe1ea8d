"""Rules · Interests — what an entry of the register must hold, for reviewers and for startups."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from accelerator.kernel.enums import InterestKind, TieKind
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message
from accelerator.rules.identity import normal_siren

MAX_INTERESTS: Final = 100
MAX_TIES: Final = 60
EARLIEST_YEAR: Final = 1950
ORGANISATION_MAX: Final = 160
PERSON_MAX: Final = 120
NOTE_MAX: Final = 300


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
