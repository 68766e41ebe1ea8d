"""Rules · Assignment · Lazy — rows that are added when a plan breaks them: co-reviews, a connected graph."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from accelerator.rules.assignment.graph import Pair, components
from accelerator.rules.assignment.instance import Instance
from accelerator.rules.assignment.program import Program


def co_reviews(one: Instance, pairs: Sequence[Pair]) -> Counter[Pair]:
    """By two columns, the lesser first: how many applications both would hold."""
    readers: dict[int, list[int]] = defaultdict(list)
    for row, column in [*one.kept, *pairs]:
        readers[row].append(column)
    kept = set(one.kept)
    found: Counter[Pair] = Counter(
        {
            (int(first), int(second)): int(one.shared[first, second])
            for first, second in np.argwhere(np.triu(one.shared))
        }
    )
    for row, columns in readers.items():
        for first, second in combinations(sorted(columns), 2):
            if (row, first) not in kept or (row, second) not in kept:
                found[first, second] += 1
    return found


def too_close(one: Instance, pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs of columns that share more than they may, and more than they did."""
    most = one.limits.co_reviews
    if most is None:
        return []
    shared = co_reviews(one, pairs)
    return sorted(two for two, count in shared.items() if count > max(most, int(one.shared[two])))


class CoReviews:
    """Limits two reviewers' shared applications once a plan has exceeded them."""

    def __init__(self) -> None:
        self.limited: set[Pair] = set()

    def __call__(self, program: Program, pairs: Sequence[Pair]) -> bool:
        """Whether any two had to be limited."""
        new = [two for two in too_close(program.instance, pairs) if two not in self.limited]
        if new and not program.is_whole:
            program.ask_whole()
        for two in new:
            self._limit(program, *two)
        self.limited.update(new)
        return bool(new)

    def _limit(self, program: Program, first: int, second: int) -> None:
        one = program.instance
        kept = set(one.kept)
        both: list[int] = []
        for row in range(len(one.applications)):
            columns = [
                int(program.column_of[row, column]) for column in (first, second) if program.column_of[row, column] >= 0
            ]
            if len(columns) == 2:
                place = int(program.add_columns(np.ones(1), np.empty(0, np.int64), np.empty(0, np.int64))[0])
                program.add_row(-1.0, np.inf, [place, *columns], [1.0, -1.0, -1.0])
                both.append(place)
            elif len(columns) == 1 and ((row, first) in kept or (row, second) in kept):
                both.append(columns[0])
        spare = max(0, (one.limits.co_reviews or 0) - int(one.shared[first, second]))
        program.add_row(-np.inf, float(spare), both, [1.0] * len(both))


def connection(program: Program, pairs: Sequence[Pair]) -> bool:
    """Asks of every part of the graph but the largest that it be joined to another; False when all hang together."""
    parts = components([*program.instance.kept, *pairs])
    if len(parts) <= 1:
        return False
    for part in sorted(parts, key=len)[:-1]:
        rows = np.zeros(len(program.instance.applications), dtype=np.bool_)
        columns = np.zeros(len(program.instance.reviewers), dtype=np.bool_)
        for kind, place in part:
            (columns if kind else rows)[place] = True
        crossing = program.column_of[rows[:, None] != columns[None, :]]
        crossing = crossing[crossing >= 0]
        program.add_row(1.0, np.inf, crossing.tolist(), [1.0] * len(crossing))
    return True
