"""Rules · Assignment · Even — no pair is worth more than another: everyone covered first, then even loads.

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

from accelerator.rules.assignment.graph import Pair, components
from accelerator.rules.assignment.plan import Reviewer


class Board:
    """The state of the hand-out. Sets of applications and of reviewers are the bits of integers."""

    def __init__(
        self,
        applications: list[int],
        reviewers: list[Reviewer],
        conflicts: Iterable[Pair],
        kept: Iterable[Pair],
        per_application: int,
        seed: int,
        *,
        is_sorted: bool = True,
    ) -> None:
        self.random = random.Random(seed)
        self.applications = applications
        self.reviewers = sorted(reviewers, key=lambda reviewer: reviewer.id) if is_sorted else reviewers
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
        self.settled_pairs: list[Pair] = []  # new ones that must stay where they are
        self.pinned: frozenset[int] = frozenset()  # columns whose load must stay as it is
        self.dead = 0  # full reviewers from whom nothing can ever move on

    def hand_out(self) -> list[Pair]:
        """Cover, level, join; the new pairs (application id, reviewer id)."""
        order = list(range(len(self.applications)))
        for round_ in range(1, self.per_application + 1):
            self.random.shuffle(order)
            for row in order:
                if self.covered[row] < round_:
                    self._give_one(row)
        self.level()
        self.join()
        return self.pairs()

    def hold(
        self, pairs: Iterable[Pair], *, fixed: Iterable[Pair], free: Iterable[Pair], pinned: Iterable[int]
    ) -> None:
        """Start from a plan instead, as rows and columns, of which only what costs nothing may change.

        Args: pairs may be handed on, along `free` ones; fixed ones stay; the loads of `pinned` columns stay.
        """
        self.may = [0] * len(self.applications)
        self.open_to = [0] * len(self.reviewers)
        for row, column in free:
            self.may[row] |= 1 << column
            self.open_to[column] |= 1 << row
        for row, column in pairs:
            self._put(row, column)
        for row, column in fixed:
            self._put(row, column)
            self.held[column] &= ~(1 << row)
            self.settled_pairs.append((row, column))
        self.pinned = frozenset(pinned)

    def places(self) -> list[Pair]:
        """The new pairs as rows and columns."""
        held = [(row, column) for column in range(len(self.reviewers)) for row in _bits(self.held[column])]
        return sorted([*held, *self.settled_pairs])

    def pairs(self) -> list[Pair]:
        """The new pairs as ids, in order."""
        return sorted((self.applications[row], self.reviewers[column].id) for row, column in self.places())

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

    def level(self) -> None:
        """Shift dossiers from heavy to light reviewers until no shift makes the loads more even."""
        settled: set[int] = set()
        while True:
            light = [
                column
                for column in range(len(self.reviewers))
                if column not in settled and column not in self.pinned and self.load[column] < self.capacity[column]
            ]
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
        heaviest = max((c for c in seen if self._may_give(c, light)), key=lambda column: (self.load[column], -column))
        if self.load[heaviest] < self.load[light] + 2:
            return False
        giver = heaviest
        while giver != light:
            taker, row = goes_to[giver]
            self._take(row, giver)
            self._put(row, taker)
            giver = taker
        return True

    def _may_give(self, column: int, light: int) -> bool:
        """Whether the reviewer may end one lighter: the load is free, and not at the minimum agreed."""
        least = self.reviewers[column].minimum
        return column == light or (column not in self.pinned and not self.load[column] <= least)

    def _all_pairs(self) -> list[Pair]:
        return (
            self.kept
            + self.settled_pairs
            + [(row, column) for column in range(len(self.reviewers)) for row in _bits(self.held[column])]
        )

    def join(self) -> None:
        """Join the parts of the graph by exchanges that leave coverage and the evenness of loads as they are."""
        parts = len(components(self._all_pairs()))
        for _ in range(parts):
            if parts <= 1 or not (better := self._joining_exchange(parts)):
                return
            parts = better

    def _joining_exchange(self, parts: int) -> int:
        """Make one exchange that leaves fewer parts; their number, or 0 when none of those tried does."""
        part_of = {node: index for index, nodes in enumerate(components(self._all_pairs())) for node in nodes}
        held = [(row, column) for column in range(len(self.reviewers)) for row in _bits(self.held[column])]
        self.random.shuffle(held)
        tries, most = 0, min(_MOST_EXCHANGES_TRIED, _MOST_PAIRS_WALKED // max(1, len(held)))
        for row, column in held:
            for other_row, other in self._partners(row, column, held, part_of):
                tries += 1
                self._exchange(row, column, other_row, other)
                now = len(components(self._all_pairs()))
                if now < parts:
                    return now
                self._exchange_back(row, column, other_row, other)
                if tries >= most:
                    return 0
        return 0

    def _partners(
        self, row: int, column: int, held: Sequence[Pair], part_of: Mapping[Pair, int]
    ) -> Iterator[tuple[int | None, int]]:
        """What (row, column) can be exchanged with: a pair of another part, or a lighter reviewer's free place."""
        for other in _bits(self.may[row]):
            is_elsewhere = part_of.get((1, other)) != part_of[(1, column)]
            is_elsewhere &= self._may_give(column, other) and other not in self.pinned
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


_MOST_EXCHANGES_TRIED = 2_000
_MOST_PAIRS_WALKED = 3_000_000


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1
