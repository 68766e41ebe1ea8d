"""Rules · Conflicts · Ties — what is known of reviewers and startups, and the ground that two of them share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from accelerator.kernel.enums import ConflictSource, GroundKind, InterestKind, TieKind

COOLING_YEARS: Final = 3
"""How many calendar years a tie counts after the one in which it ended.

Source: the three years of article 432-13 of the French criminal code, taken as the measure here.
"""


@dataclass(frozen=True)
class Interest:
    """One tie that a reviewer declared. `person` is the close person's name; `until_year` None: it goes on."""

    kind: InterestKind
    organisation: str
    siren: str = ""
    person: str = ""
    until_year: int | None = None


@dataclass(frozen=True)
class Colleague:
    """Somebody of a startup that a reviewer is tied to: a member of it too, or through a declared interest."""

    startup_id: int
    startup: str
    person_id: int
    person: str
    through: Interest | None = None


@dataclass(frozen=True)
class ReviewerTies:
    """What is known of a reviewer: name, address, own startups, the people there, interests, what is on record."""

    id: int
    email: str
    startup_ids: frozenset[int] = frozenset()
    declared: Mapping[int, str] | None = None  # startup id -> the ground written down
    sources: Mapping[int, ConflictSource] = field(default_factory=dict)  # startup id -> who wrote it; the reviewer
    name: str = ""
    interests: tuple[Interest, ...] = ()
    colleagues: tuple[Colleague, ...] = ()


@dataclass(frozen=True)
class Tie:
    """A person or an organisation that a startup named: who holds its shares, advises it, employed its founders."""

    kind: TieKind
    organisation: str = ""
    siren: str = ""
    person: str = ""


@dataclass(frozen=True)
class StartupTies:
    """What is known of a startup: its people with their addresses, its name and SIREN, whom it named."""

    id: int
    emails: tuple[str, ...] = ()
    name: str = ""
    siren: str = ""
    members: tuple[tuple[int, str], ...] = ()  # user id, name
    ties: tuple[Tie, ...] = ()


@dataclass(frozen=True)
class Ground:
    """One reason why this reviewer must not score this startup, or, if not certain, may have to step back.

    `evidence` is the same for as long as what it rests on is. `is_askable`: the sentence can be shown to the
    reviewer without telling who the applicant is.
    """

    reviewer_id: int
    startup_id: int
    source: ConflictSource
    reason: str
    kind: GroundKind = GroundKind.DECLARED
    is_certain: bool = True
    evidence: str = ""
    is_askable: bool = False


def still_counts(until_year: int | None, year: int) -> bool:
    """True while a tie goes on, and for three calendar years after the one in which it ended."""
    return until_year is None or year - until_year <= COOLING_YEARS
