"""Rules · Assignment — who reviews what: everyone covered first, then even loads, conflicts never.

The plan is exact. Reviews are handed out in rounds (the first one to every application, then the second …),
each by an augmenting path where no reviewer is free at once: the sets of reviews that can be given together
form a matroid, so this greedy order gives as many as possible, spread as evenly as possible. Loads are then
levelled along cost-reducing paths; a plan without such a path has the least sum of squared loads.

Source: Harvey, Ladner, Lovász, Tamir, "Semi-matchings for bipartite graphs and load balancing" (2006).
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from accelerator.kernel.message import Message

Pair = tuple[int, int]


@dataclass(frozen=True)
class Reviewer:
    """A member of the committee; `capacity` is the number of dossiers accepted, all told."""

    id: int
    capacity: int


@dataclass(frozen=True)
class Shortfall:
    """One application that gets fewer reviews than asked, with the sentence that says why."""

    application_id: int
    missing: int
    reason: Message


@dataclass(frozen=True)
class Plan:
    """The new pairs (application, reviewer), what is missing and what it means for each reviewer.

    `loads` counts what was kept as well. `is_connected` says whether any two applications can be compared
    through a chain of shared reviewers.
    """

    pairs: tuple[Pair, ...]
    shortfalls: tuple[Shortfall, ...]
    loads: Mapping[int, int]
    is_connected: bool

    @property
    def missing(self) -> int:
        """How many reviews nobody could be found for."""
        return sum(shortfall.missing for shortfall in self.shortfalls)


def assign(
    applications: Iterable[int],
    reviewers: Iterable[Reviewer],
    conflicts: Iterable[Pair],
    *,
    per_application: int,
    kept: Iterable[Pair] = (),
    seed: int = 0,
) -> Plan:
    """The plan with the most reviews, then the fewest applications short, then the most even loads.

    Args:      conflicts and kept hold (application id, reviewer id); kept pairs stay and count.
    Invariant: the same input and seed give the same plan, in whatever order the input comes.
    """
    return _Board(sorted(set(applications)), list(reviewers), conflicts, kept, per_application, seed).plan()


def desk_order(assignment_ids: Sequence[int], *, seed: int) -> list[int]:
    """The ids in the order of one reviewer's desk, shuffled so that no dossier is always read last."""
    order = sorted(assignment_ids)
    random.Random(seed).shuffle(order)
    return order


def is_connected(pairs: Iterable[Pair]) -> bool:
    """True when all applications and reviewers named by the pairs hang together; true of none."""
    return len(_components(pairs)) <= 1


class _Board:
    """The state of the hand-out. Sets of applications and of reviewers are the bits of integers."""

    def __init__(
        self,
        applications: list[int],
        reviewers: list[Reviewer],
        conflicts: Iterable[Pair],
        kept: Iterable[Pair],
        per_application: int,
        seed: int,
    ) -> None:
        self.random = random.Random(seed)
        self.applications = applications
        self.reviewers = sorted(reviewers, key=lambda reviewer: reviewer.id)
        self.per_application = per_application
        row_of = {application_id: row for row, application_id in enumerate(applications)}
        column_of = {reviewer.id: column for column, reviewer in enumerate(self.reviewers)}
        everyone, everything = (1 << len(self.reviewers)) - 1, (1 << len(applications)) - 1
        self.capacity = [reviewer.capacity for reviewer in self.reviewers]
        self.load = [0] * len(self.reviewers)
        self.covered = [0] * len(applications)
        self.may = [everyone] * len(applications)  # by application: reviewers it could still go to
        self.open_to = [everything] * len(self.reviewers)  # by reviewer: applications that could still come
        self.held = [0] * len(self.reviewers)  # by reviewer: new applications, which may move on
        self.kept: list[Pair] = []
        for application_id, reviewer_id in sorted(set(kept)):
            if (row := row_of.get(application_id)) is not None:
                self.covered[row] += 1
                if (column := column_of.get(reviewer_id)) is not None:
                    self._forbid(row, column)
                    self.kept.append((row, column))
            if (column := column_of.get(reviewer_id)) is not None:
                self.load[column] += 1
        for application_id, reviewer_id in conflicts:
            if application_id in row_of and reviewer_id in column_of:
                self._forbid(row_of[application_id], column_of[reviewer_id])
        self.eligible = list(self.may)  # free of conflict and not yet holding it, before the hand-out
        self.dead = 0  # full reviewers from whom nothing can ever move on

    def plan(self) -> Plan:
        """Cover, level, connect; then say what came out."""
        order = list(range(len(self.applications)))
        for round_ in range(1, self.per_application + 1):
            self.random.shuffle(order)
            for row in order:
                if self.covered[row] < round_:
                    self._give_one(row)
        self._level()
        self._connect()
        return Plan(
            pairs=tuple(
                sorted(
                    (self.applications[row], self.reviewers[column].id)
                    for column in range(len(self.reviewers))
                    for row in _bits(self.held[column])
                )
            ),
            shortfalls=tuple(self._shortfalls()),
            loads={reviewer.id: load for reviewer, load in zip(self.reviewers, self.load, strict=True)},
            is_connected=len(_components(self._all_pairs())) <= 1,
        )

    def _forbid(self, row: int, column: int) -> None:
        self.may[row] &= ~(1 << column)
        self.open_to[column] &= ~(1 << row)

    def _put(self, row: int, column: int) -> None:
        self._forbid(row, column)
        self.held[column] |= 1 << row
        self.load[column] += 1
        self.covered[row] += 1

    def _take(self, row: int, column: int) -> None:
        self.may[row] |= 1 << column
        self.open_to[column] |= 1 << row
        self.held[column] &= ~(1 << row)
        self.load[column] -= 1
        self.covered[row] -= 1

    def _give_one(self, row: int) -> None:
        """One more reviewer for the application, moving others' dossiers on where that frees a place."""
        free = [column for column in _bits(self.may[row] & ~self.dead) if self.load[column] < self.capacity[column]]
        if free:
            least = min(self.load[column] for column in free)
            self._put(row, self.random.choice([column for column in free if self.load[column] == least]))
            return
        came_from: dict[int, tuple[int, int]] = {}  # reviewer -> the one before, and what that one hands over
        seen = self.may[row] & ~self.dead
        queue = deque(_bits(seen))
        while queue:
            giver = queue.popleft()
            for taker in range(len(self.reviewers)):
                if (seen | self.dead) >> taker & 1 or not (movable := self.held[giver] & self.open_to[taker]):
                    continue
                came_from[taker] = (giver, _lowest(movable))
                seen |= 1 << taker
                if self.load[taker] < self.capacity[taker]:
                    self._put(row, self._shift_back(taker, came_from))
                    return
                queue.append(taker)
        self.dead |= seen

    def _shift_back(self, taker: int, came_from: Mapping[int, tuple[int, int]]) -> int:
        """Hand dossiers on along the path that ends at `taker`; the reviewer at its start, one lighter."""
        while taker in came_from:
            giver, row = came_from[taker]
            self._take(row, giver)
            self._put(row, taker)
            taker = giver
        return taker

    def _level(self) -> None:
        """Shift dossiers from heavy to light reviewers until no shift makes the loads more even."""
        settled: set[int] = set()
        while True:
            light = [c for c in range(len(self.reviewers)) if c not in settled and self.load[c] < self.capacity[c]]
            if not light:
                return
            taker = min(light, key=lambda column: (self.load[column], column))
            if self._lighten_towards(taker):
                settled.clear()
            else:
                settled.add(taker)

    def _lighten_towards(self, light: int) -> bool:
        """Bring one dossier to `light` from the heaviest reviewer whose load can flow there, if it helps."""
        goes_to: dict[int, tuple[int, int]] = {}  # reviewer -> the next one, and what is handed over
        queue, seen = deque([light]), {light}
        while queue:
            taker = queue.popleft()
            for giver in range(len(self.reviewers)):
                if giver not in seen and (movable := self.held[giver] & self.open_to[taker]):
                    goes_to[giver] = (taker, _lowest(movable))
                    seen.add(giver)
                    queue.append(giver)
        heaviest = max(seen, key=lambda column: (self.load[column], -column))
        if self.load[heaviest] < self.load[light] + 2:
            return False
        giver = heaviest
        while giver != light:
            taker, row = goes_to[giver]
            self._take(row, giver)
            self._put(row, taker)
            giver = taker
        return True

    def _all_pairs(self) -> list[Pair]:
        return self.kept + [(row, column) for column in range(len(self.reviewers)) for row in _bits(self.held[column])]

    def _connect(self) -> None:
        """Join the parts of the graph by exchanges that leave coverage and the evenness of loads as they are."""
        parts = len(_components(self._all_pairs()))
        for _ in range(parts):
            if parts <= 1 or not (better := self._joining_exchange(parts)):
                return
            parts = better

    def _joining_exchange(self, parts: int) -> int:
        """Make one exchange that leaves fewer parts; their number, or 0 when none of those tried does."""
        part_of = {node: index for index, nodes in enumerate(_components(self._all_pairs())) for node in nodes}
        held = [(row, column) for column in range(len(self.reviewers)) for row in _bits(self.held[column])]
        self.random.shuffle(held)
        tries = 0
        for row, column in held:
            for other_row, other in self._partners(row, column, held, part_of):
                tries += 1
                self._exchange(row, column, other_row, other)
                now = len(_components(self._all_pairs()))
                if now < parts:
                    return now
                self._exchange_back(row, column, other_row, other)
                if tries >= _MOST_EXCHANGES_TRIED:
                    return 0
        return 0

    def _partners(
        self, row: int, column: int, held: Sequence[Pair], part_of: Mapping[Pair, int]
    ) -> Iterator[tuple[int | None, int]]:
        """What (row, column) can be exchanged with: a pair of another part, or a lighter reviewer's free place."""
        for other in _bits(self.may[row]):
            is_elsewhere = part_of.get((1, other)) != part_of[(1, column)]
            if is_elsewhere and self.load[other] + 1 == self.load[column] and self.load[other] < self.capacity[other]:
                yield None, other
        for other_row, other in held:
            if (
                part_of[(1, other)] != part_of[(1, column)]
                and self.may[row] >> other & 1
                and self.may[other_row] >> column & 1
            ):
                yield other_row, other

    def _exchange(self, row: int, column: int, other_row: int | None, other: int) -> None:
        self._take(row, column)
        self._put(row, other)
        if other_row is not None:
            self._take(other_row, other)
            self._put(other_row, column)

    def _exchange_back(self, row: int, column: int, other_row: int | None, other: int) -> None:
        self._take(row, other)
        self._put(row, column)
        if other_row is not None:
            self._take(other_row, column)
            self._put(other_row, other)

    def _shortfalls(self) -> Iterator[Shortfall]:
        for row, application_id in enumerate(self.applications):
            if (missing := self.per_application - self.covered[row]) > 0:
                yield Shortfall(application_id, missing, self._reason(row, missing))

    def _reason(self, row: int, missing: int) -> Message:
        free_of_conflict = self.eligible[row].bit_count()
        already = self.covered[row] - sum(self.held[c] >> row & 1 for c in range(len(self.reviewers)))
        if not self.reviewers:
            return Message("Nobody is on the committee yet.")
        if free_of_conflict + already < self.per_application:
            return Message(
                "Only %(count)s of %(committee)s reviewers can still take it: the others hold it already, have a "
                "conflict of interest or gave it back.",
                count=free_of_conflict,
                committee=len(self.reviewers),
            )
        return Message(
            "Every reviewer who could take it already holds the number of dossiers agreed. Raise a limit or name "
            "one more reviewer."
        )


_MOST_EXCHANGES_TRIED = 2_000


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1


def _components(pairs: Iterable[Pair]) -> list[set[Pair]]:
    """The connected parts of the graph; nodes are (0, application) and (1, reviewer)."""
    above: dict[Pair, Pair] = {}

    def top(node: Pair) -> Pair:
        above.setdefault(node, node)
        while above[node] != node:
            above[node] = above[above[node]]
            node = above[node]
        return node

    for application, reviewer in pairs:
        above[top((0, application))] = top((1, reviewer))
    parts: dict[Pair, set[Pair]] = {}
    for node in list(above):
        parts.setdefault(top(node), set()).add(node)
    return [parts[key] for key in sorted(parts, key=lambda key: min(parts[key]))]
