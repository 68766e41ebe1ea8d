"""Rules · Assignment · Program — the assignment as a linear programme, solved goal after goal by HiGHS.

Coverage, capacity, minimum loads and groups that do not overlap make a network: the linear optimum is whole. What
is more (overlapping groups, co-reviews, a connected graph) asks for whole numbers, with the rows that a solution
breaks added when it breaks them. Not every pair need be a column: the duals price all others, a pair that would
help becomes a column, and until none does the duals give a bound that is proven.

Source: HiGHS (highs.dev); Dantzig and Wolfe, "Decomposition principle for linear programs" (1960), for the pricing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import highspy
import numpy as np

from accelerator.kernel.message import Message
from accelerator.rules.assignment.graph import Pair
from accelerator.rules.assignment.instance import Instance
from accelerator.rules.assignment.plan import STEPS, Flags, Integers, Numbers, Step, Stopped, Watch, watched
from accelerator.rules.assignment.solver import FINE, LACKS, MOST_ROUNDS, Goal, silent_solver

TOLERANCE: Final = 1e-7
MOST_NEW_PAIRS: Final = 3
"""Pairs of one application that become columns in one round of pricing."""
NEAR: Final = 5e-3
"""The share of the value that a large plan with groups may be away from its bound."""
ASK_EVERY: Final = 200
"""Calls of HiGHS between two questions to the watcher."""
_INFINITY: Final = highspy.kHighsInf


@dataclass(frozen=True, eq=False)
class Solution:
    """The pairs chosen (rows and columns), and how good: `level` is reached, `bound` proven; small is good."""

    pairs: list[Pair]
    level: float
    bound: float


Lazy = Callable[["Program", Sequence[Pair]], bool]
"""Adds the rows that the pairs break; whether it added any."""


class Program:
    """The columns and rows in HiGHS: what may lack first, then the pairs, then what lazy rows need."""

    def __init__(self, instance: Instance, start: Flags, watch: Watch | None = None) -> None:
        self.instance = instance
        self.goal = Goal.ALL  # solved last
        self.help_left = 0.0  # what the pairs that are no columns could still add, at most
        self.gave_up = False  # too many branches or rounds for one goal
        self.is_whole = False  # whole numbers asked of every pair
        self.lazy: list[Lazy] = []
        self.highs = silent_solver()
        self._listen(watch)
        self.column_of = np.full(instance.allowed.shape, -1, dtype=np.int64)  # by row and column: where in HiGHS
        self.pair_places = np.empty((0, 2), dtype=np.int64)  # by pair column: its row and column
        self.first_pair = 0
        self.costs: dict[Goal, dict[int, float]] = {goal: {} for goal in Goal}
        self.levels: dict[Goal, int] = {}  # goal -> the row that keeps its level
        self._add_rows()
        self._add_lacks()
        self.first_pair = self.highs.getNumCol()
        self.add_pairs(*np.nonzero(start & instance.allowed & (instance.need > 0)[:, None]))

    # What is in it.

    def _listen(self, watch: Watch | None) -> None:
        self.step, self._calls, self._is_stopped, self.watch = Step(0, STEPS, Message("Preparing")), 0, False, watch
        if watch is None:
            return

        def ask(event: Any) -> None:
            self._calls += 1
            if self._calls % ASK_EVERY == 0 and not self._is_stopped:
                self._is_stopped = not watch(self.step)
            if self._is_stopped:
                event.interrupt()

        self.highs.cbSimplexInterrupt.subscribe(ask)
        self.highs.cbMipInterrupt.subscribe(ask)

    def at(self, done: int, name: Message) -> None:
        """Say which step comes now. Raises: Stopped."""
        self.step = Step(done, STEPS, name)
        watched(self.watch, done, name)

    def _add_rows(self) -> None:
        """Coverage, capacity, minimum, groups; empty so far."""
        one = self.instance
        self.floor_columns = np.nonzero(one.floor > 0)[0]
        self.lack_rows, self.lack_groups = np.nonzero(one.lacking > 0)
        applications, people = len(one.applications), len(one.reviewers)
        self.cover_from, self.load_from = 0, applications
        self.floor_from = applications + people
        self.group_from = self.floor_from + len(self.floor_columns)
        self.floor_row = np.full(people, -1, dtype=np.int64)
        self.floor_row[self.floor_columns] = self.floor_from + np.arange(len(self.floor_columns))
        self.group_row = np.full(one.lacking.shape, -1, dtype=np.int64)
        self.group_row[self.lack_rows, self.lack_groups] = self.group_from + np.arange(len(self.lack_rows))
        lower = [
            one.need,
            np.zeros(people),
            one.floor[self.floor_columns],
            one.lacking[self.lack_rows, self.lack_groups],
        ]
        lasting = np.full(len(self.floor_columns) + len(self.lack_rows), _INFINITY)
        self.add_rows(np.concatenate(lower), np.concatenate([one.need, one.room, lasting]))

    def _add_lacks(self) -> None:
        """One column for every review, minimum and reader of a group that may have to stay away."""
        one = self.instance
        missing = np.repeat(np.arange(len(one.need)), one.need)
        which = np.arange(len(missing)) - np.repeat(np.cumsum(one.need) - one.need, one.need) + 1
        places = self.add_columns(np.ones(len(missing)), np.arange(len(missing)), self.cover_from + missing)
        self.costs[Goal.REVIEWS] = dict.fromkeys(places.tolist(), 1.0)
        self.costs[Goal.SPREAD] = dict(zip(places.tolist(), which.astype(float).tolist(), strict=True))
        for goal, count, first, upper in (
            (Goal.MINIMA, len(self.floor_columns), self.floor_from, one.floor[self.floor_columns]),
            (Goal.DIVERSITY, len(self.lack_rows), self.group_from, one.lacking[self.lack_rows, self.lack_groups]),
        ):
            places = self.add_columns(upper.astype(float), np.arange(count), first + np.arange(count))
            self.costs[goal] = dict.fromkeys(places.tolist(), 1.0)
        fine = FINE * (1.0 + float(np.abs(one.worth).max(initial=0.0)))
        self.costs[Goal.ALL] = {place: fine for goal in LACKS for place in self.costs[goal]}

    def add_rows(self, lower: Numbers, upper: Numbers) -> int:
        """Rows without entries; the place of the first."""
        first = int(self.highs.getNumRow())
        count, none = len(lower), np.empty(0)
        if count:
            self.highs.addRows(
                count,
                lower.astype(float),
                upper.astype(float),
                0,
                np.zeros(count, dtype=np.int32),
                none.astype(np.int32),
                none,
            )
        return first

    def add_row(self, lower: float, upper: float, columns: Sequence[int], entries: Sequence[float]) -> int:
        """One row with its entries; its place."""
        self.highs.addRow(lower, upper, len(columns), np.array(columns, np.int32), np.array(entries, float))
        return int(self.highs.getNumRow()) - 1

    def add_columns(self, upper: Numbers, owners: Integers, entries_in: Integers) -> Integers:
        """Columns from 0 to `upper` with an entry 1 in each row named; `owners` says whose, in order. Their places."""
        first, count = int(self.highs.getNumCol()), len(upper)
        if count:
            starts = np.searchsorted(owners, np.arange(count)).astype(np.int32)
            ones, zeros = np.ones(len(owners)), np.zeros(count)
            self.highs.addCols(count, zeros, zeros, upper, len(owners), starts, entries_in.astype(np.int32), ones)
        return first + np.arange(count)

    def add_pairs(self, rows: Integers, columns: Integers) -> None:
        """Make these pairs columns."""
        if not len(rows):
            return
        owners, entries = [np.arange(len(rows))] * 2, [self.cover_from + rows, self.load_from + columns]
        more = [self.floor_row[columns]]
        more += [
            np.where(is_member[columns], self.group_row[rows, group], -1)
            for group, is_member in enumerate(self.instance.is_member)
        ]
        for places in more:
            has = np.nonzero(places >= 0)[0]
            owners.append(has)
            entries.append(places[has])
        owner, entry = np.concatenate(owners), np.concatenate(entries)
        order = np.argsort(owner, kind="stable")
        places = self.add_columns(np.ones(len(rows)), owner[order], entry[order])
        self.column_of[rows, columns] = places
        self.pair_places = np.vstack([self.pair_places, np.column_stack([rows, columns])])
        worth = self.instance.worth[rows, columns]
        for goal in (Goal.VALUE, Goal.ALL):
            self.costs[goal].update(zip(places.tolist(), (-worth).tolist(), strict=True))

    def ask_whole(self) -> None:
        """Ask for whole numbers of every pair from now on."""
        self.is_whole = True
        places = self.column_of[self.pair_places[:, 0], self.pair_places[:, 1]].astype(np.int32)
        if len(places):
            whole = np.full(len(places), highspy.HighsVarType.kInteger, dtype=object)
            self.highs.changeColsIntegrality(len(places), places, whole)

    def add_loads(self) -> None:
        """Columns that measure how uneven the loads are: the n-th dossier of a reviewer costs 2n - 1."""
        one = self.instance
        rows = self.add_rows(np.zeros(len(one.room)), np.zeros(len(one.room)))
        entries = [(rows + column, int(self.column_of[row, column])) for row, column in self.pair_places.tolist()]
        for place, column in entries:
            self.highs.changeCoeff(place, column, 1.0)
        for column, room in enumerate(one.room.tolist()):
            most = min(room, int((self.column_of[:, column] >= 0).sum()))
            owners = np.arange(most)
            places = self.add_columns(np.ones(most), owners, np.full(most, rows + column))
            for nth, place in enumerate(places.tolist(), start=int(one.load[column]) + 1):
                self.highs.changeCoeff(rows + column, place, -1.0)
                self.costs[Goal.EVEN][place] = 2.0 * nth - 1.0

    # Solving.

    def solve(self, goal: Goal) -> Solution | None:
        """The best there is for one goal, with the levels kept so far; None when the rows cannot all hold."""
        self.goal = goal
        self._set_costs(goal)
        proven = -_INFINITY
        rounds = 0
        while self._run():
            if self.is_whole:
                rounds += 1
                if rounds > MOST_ROUNDS or self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                    self.gave_up = True
                    return None
            if not self.is_whole:
                self.help_left = 0.0
                if self._price_in(goal):
                    continue
                proven = float(self.highs.getInfo().objective_function_value) - self.help_left
            pairs = self.pairs()
            if pairs is None:
                self.ask_whole()
            elif any(lazy(self, pairs) for lazy in self.lazy):
                self._set_costs(goal)
            else:
                return self._solution(pairs, proven)
        return None

    def _solution(self, pairs: list[Pair], proven: float) -> Solution:
        """With the bound of the branches where every pair is a column, else that of the linear programme."""
        found = self.highs.getInfo()
        level = float(found.objective_function_value)
        if self.is_whole and self.has_every_pair:
            proven = max(proven, min(level, float(found.mip_dual_bound)))
        return Solution(pairs, level, min(level, proven))

    @property
    def has_every_pair(self) -> bool:
        """Whether every pair that may be used is a column."""
        useful = self.instance.allowed & (self.instance.need > 0)[:, None]
        return bool((self.column_of[useful] >= 0).all())

    def _set_costs(self, goal: Goal) -> None:
        count = int(self.highs.getNumCol())
        costs = np.zeros(count)
        places = np.fromiter(self.costs[goal].keys(), dtype=np.int64, count=len(self.costs[goal]))
        costs[places] = np.fromiter(self.costs[goal].values(), dtype=np.float64, count=len(places))
        self.highs.changeColsCost(count, np.arange(count, dtype=np.int32), costs)

    def _run(self) -> bool:
        """Solve as it stands; False when nothing satisfies the rows. Raises: Stopped."""
        if not self.highs.getNumCol():
            return True
        self.highs.run()
        status = self.highs.getModelStatus()
        if self._is_stopped:
            raise Stopped(Message("Stopped as asked. Nothing was assigned."))
        return status in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kSolutionLimit)

    def pairs(self) -> list[Pair] | None:
        """The pairs of the solution; None when a linear one takes half pairs."""
        if not len(self.pair_places):
            return []
        places = self.column_of[self.pair_places[:, 0], self.pair_places[:, 1]]
        taken = np.asarray(self.highs.getSolution().col_value)[places]
        if not self.is_whole and np.abs(taken - np.round(taken)).max() > 1e-5:
            return None
        return [(row, column) for row, column in self.pair_places[taken > 0.5].tolist()]

    def keep(self, goal: Goal, level: float) -> None:
        """From now on every plan must be as good as this in the goal."""
        terms = self.costs[goal]
        if terms:
            slack = TOLERANCE * max(1.0, abs(level)) if goal is Goal.VALUE else 0.5
            self.levels[goal] = self.add_row(-_INFINITY, level + slack, list(terms), list(terms.values()))

    def close_lacks(self) -> None:
        """From now on nothing may lack."""
        if places := [place for goal in LACKS for place in self.costs[goal]]:
            none = np.zeros(len(places))
            self.highs.changeColsBounds(len(places), np.array(places, np.int32), none, none)

    def lack(self) -> float:
        """How much lacks in the solution at hand, of whatever kind."""
        taken = self.highs.getSolution().col_value
        return float(sum(taken[place] for goal in LACKS for place in self.costs[goal]))

    def release(self, goal: Goal) -> None:
        """The goal's level no longer binds."""
        if goal in self.levels:
            self.highs.changeRowBounds(self.levels.pop(goal), -_INFINITY, _INFINITY)

    # Pricing the pairs that are not columns.

    def reduced_costs(self, goal: Goal) -> Numbers:
        """By row and column: what one unit of each pair would add to the goal, all things considered."""
        one = self.instance
        duals = np.asarray(self.highs.getSolution().row_dual)
        count = len(one.applications)
        weight = float(goal in (Goal.VALUE, Goal.ALL))
        if goal is not Goal.VALUE and Goal.VALUE in self.levels:
            weight -= float(duals[self.levels[Goal.VALUE]])
        costs = -weight * one.worth
        loads = duals[self.load_from : self.floor_from].copy()
        loads[self.floor_columns] += duals[self.floor_from : self.group_from]
        costs = costs - duals[self.cover_from : count][:, None] - loads[None, :]
        if len(self.lack_rows):
            groups = np.zeros(one.lacking.shape)
            groups[self.lack_rows, self.lack_groups] = duals[self.group_from : self.group_from + len(self.lack_rows)]
            costs -= groups @ one.is_member
        return np.asarray(costs, dtype=np.float64)

    def prices(self) -> Numbers:
        """By column: what one place on the reviewer's desk is worth; below nothing where a minimum presses."""
        duals = np.asarray(self.highs.getSolution().row_dual)
        prices: Numbers = -duals[self.load_from : self.floor_from]
        prices[self.floor_columns] -= duals[self.floor_from : self.group_from]
        return prices

    def has_price(self) -> Flags:
        """By column: whether one place more, or one dossier less, would change the goal."""
        duals = np.asarray(self.highs.getSolution().row_dual)
        prices = np.abs(duals[self.load_from : self.floor_from])
        prices[self.floor_columns] += np.abs(duals[self.floor_from : self.group_from])
        return np.asarray(prices > TOLERANCE * max(1.0, float(np.abs(self.instance.worth).max(initial=0.0))))

    def _price_in(self, goal: Goal) -> bool:
        """Make columns of the pairs that would help; whether there were any."""
        one = self.instance
        left = one.allowed & (self.column_of < 0) & (one.need > 0)[:, None]
        if not left.any():
            return False
        costs = np.where(left, self.reduced_costs(goal), 0.0)
        new = np.zeros(left.shape, dtype=np.bool_)
        most = min(MOST_NEW_PAIRS, costs.shape[1])
        best = np.argpartition(costs, most - 1, axis=1)[:, :most]
        new[np.arange(len(costs))[:, None], best] = True
        new &= costs < -TOLERANCE
        if not new.any():
            return False
        help_left = -float(np.minimum(np.take_along_axis(costs, best, axis=1), 0.0).sum()) * self._help_share()
        if self._is_near_enough(goal, help_left):
            self.help_left = help_left
            return False
        self.add_pairs(*np.nonzero(new))
        self._set_costs(goal)
        return True

    def _help_share(self) -> float:
        """How much more the pairs left could help than the best few of each application, at most."""
        return max(1.0, float(self.instance.need.max(initial=0)) / MOST_NEW_PAIRS)

    def _is_near_enough(self, goal: Goal, help_left: float) -> bool:
        """Whether what could still be gained is too little to go on for, in a plan that is no flow and lacks nothing."""
        level = abs(float(self.highs.getInfo().objective_function_value))
        return goal is Goal.ALL and not self.instance.is_plain and help_left < NEAR * level and self.lack() < TOLERANCE
