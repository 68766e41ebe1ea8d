"""Rules · Assignment · Plan — what is asked of an assignment, and what comes out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from accelerator.kernel.errors import Conflict
from accelerator.kernel.message import Message
from accelerator.rules.assignment.graph import Pair

Numbers = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Reviewer:
    """A member of the committee; `capacity` and `minimum` count dossiers, all told, kept ones included."""

    id: int
    capacity: int
    minimum: int = 0


@dataclass(frozen=True)
class Group:
    """Reviewers of one kind (technical, regional …), of whom every application wants `minimum` readers."""

    name: str
    members: frozenset[int]
    minimum: int = 1


@dataclass(frozen=True)
class Limits:
    """What a plan must hold to besides coverage, capacities and conflicts.

    `co_reviews`: two reviewers share at most so many applications. `groups`: the diversity of each application's
    readers. `connected`: pay with value for a connected graph where it costs any. `is_lack_spread`: where reviews
    lack, spread the lack over the applications before value is looked at, not after.
    """

    co_reviews: int | None = None
    groups: tuple[Group, ...] = ()
    connected: bool = True
    is_lack_spread: bool = False


@dataclass(frozen=True, eq=False)
class Values:
    """How much each listed pair is worth, as three columns of equal length; any number, negative ones too.

    A pair that is not listed is worth nothing; with `only_listed` it may not be used at all.
    """

    applications: Integers
    reviewers: Integers
    worth: Numbers
    only_listed: bool = False

    @classmethod
    def of(cls, worth: Mapping[Pair, float], *, only_listed: bool = False) -> Values:
        """From a mapping of (application id, reviewer id) to value."""
        pairs = np.array(list(worth), dtype=np.int64).reshape(-1, 2)
        return cls(pairs[:, 0], pairs[:, 1], np.array(list(worth.values()), dtype=np.float64), only_listed)


@dataclass(frozen=True)
class Shortfall:
    """One application that gets fewer reviews than asked, with the sentence that says why."""

    application_id: int
    missing: int
    reason: Message


@dataclass(frozen=True)
class UnderLoad:
    """One reviewer who gets fewer dossiers than agreed as a minimum, with the sentence that says why."""

    reviewer_id: int
    missing: int
    reason: Message


@dataclass(frozen=True)
class Undiverse:
    """One application that lacks readers of a group, with the sentence that says why."""

    application_id: int
    group: str
    missing: int
    reason: Message


@dataclass(frozen=True)
class Plan:
    """The new pairs (application, reviewer), what is missing and what it means for each reviewer.

    `loads` counts what was kept as well. `is_connected` says whether any two applications can be compared
    through a chain of shared reviewers; `price_of_connection` is the value that it cost. `value` is the sum over
    the new pairs; `bound` is proven: no plan with as many reviews under the same limits is worth more.
    """

    pairs: tuple[Pair, ...]
    shortfalls: tuple[Shortfall, ...]
    loads: Mapping[int, int]
    is_connected: bool
    under: tuple[UnderLoad, ...] = ()
    undiverse: tuple[Undiverse, ...] = ()
    value: float = 0.0
    bound: float = 0.0
    price_of_connection: float = 0.0

    @property
    def missing(self) -> int:
        """How many reviews nobody could be found for."""
        return sum(shortfall.missing for shortfall in self.shortfalls)

    @property
    def gap_share(self) -> float:
        """How far the value may be from the best one, as a share of the bound; 0.0 when it is the best."""
        return max(0.0, self.bound - self.value) / max(abs(self.bound), 1e-9) if self.bound > self.value else 0.0


@dataclass(frozen=True)
class Step:
    """Where the work stands: `done` of `total` steps, and what comes now."""

    done: int
    total: int
    name: Message


Watch = Callable[[Step], bool]
"""Told of every step; answers False to stop the work."""


class Stopped(Conflict):
    """The watcher asked to stop; there is no plan."""


def watched(watch: Watch | None, done: int, name: Message) -> None:
    """Tell the watcher. Raises: Stopped when it answers False."""
    if watch is not None and not watch(Step(done, STEPS, name)):
        raise Stopped(Message("Stopped as asked. Nothing was assigned."))


STEPS = 6


def total_worth(worth: Iterable[float]) -> float:
    """A sum that is the same in whatever order its terms come."""
    return round(sum(sorted(worth)), 9) + 0.0
