"""Rules · Assignment · Wishes — what a manager asks of a hand-out, and what a reader who knows the field is worth."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Final

import numpy as np

from accelerator.kernel.message import N_
from accelerator.rules.assignment.plan import Group, Limits, Values

SECTOR_WORTH: Final = 2.0
REGION_WORTH: Final = 1.0
"""A reader who knows the sector is worth two, one who knows the region one: what a startup does weighs more than where."""
TECHNICAL: Final = N_("Readers who name topics")
REGIONAL: Final = N_("Readers who name regions")
MOST_EACH: Final = 20
MOST_DOSSIERS: Final = 500


@dataclass(frozen=True)
class Wishes:
    """What a manager asks of a hand-out; defaults ask for nothing more than reviews, free of conflict and even.

    `each`: reviews of an application. `most`, `least`: dossiers of a reviewer, besides the limit agreed with each.
    `together`: dossiers that two reviewers share at most. `by_topic`: topics and regions count. `mixed`: every
    application gets a reader who names topics and one who names regions.
    """

    each: int
    most: int | None = None
    least: int = 0
    together: int | None = None
    by_topic: bool = True
    mixed: bool = False

    def document(self) -> dict[str, object]:
        """As plain values."""
        return asdict(self)

    @classmethod
    def of(cls, document: Mapping[str, object]) -> Wishes:
        """From plain values."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in document.items() if name in known})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Field:
    """What a startup does and where, or what a reviewer knows of both; texts are sectors and region codes."""

    sectors: Collection[str] = ()
    regions: Collection[str] = ()


def values(applications: Mapping[int, Field], reviewers: Mapping[int, Field]) -> Values | None:
    """The worth of every pair in which the reader knows the sector or the region; None when nobody knows any."""
    sectors = sorted({sector for one in reviewers.values() for sector in one.sectors})
    regions = sorted({region for one in reviewers.values() for region in one.regions})
    if not sectors and not regions:
        return None
    people = list(reviewers)
    entries = list(applications)
    worth = np.zeros((len(entries), len(people)))
    for weight, names, what in ((SECTOR_WORTH, sectors, "sectors"), (REGION_WORTH, regions, "regions")):
        theirs = np.array(
            [[name in getattr(applications[id_], what) for name in names] for id_ in entries], dtype=float
        )
        known = np.array([[name in getattr(reviewers[id_], what) for name in names] for id_ in people], dtype=float)
        worth += weight * np.minimum(theirs.reshape(len(entries), -1) @ known.reshape(len(people), -1).T, 1.0)
    rows, columns = np.nonzero(worth)
    return Values(np.array(entries, np.int64)[rows], np.array(people, np.int64)[columns], worth[rows, columns])


def limits(wishes: Wishes, reviewers: Mapping[int, Field]) -> Limits:
    """The limits of a plan that follows the wishes; what lacks is spread over the applications.

    With one reader each, nothing but one reader for all could connect the applications: it is not asked for.
    """
    groups: Sequence[Group] = ()
    if wishes.mixed:
        groups = (
            Group(TECHNICAL, frozenset(id_ for id_, one in reviewers.items() if one.sectors)),
            Group(REGIONAL, frozenset(id_ for id_, one in reviewers.items() if one.regions)),
        )
    return Limits(co_reviews=wishes.together, groups=tuple(groups), connected=wishes.each > 1, is_lack_spread=True)
