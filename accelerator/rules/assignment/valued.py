"""Rules · Assignment · Valued — the best plan goal after goal: reviews, diversity, minimum loads, value, even loads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from accelerator.kernel.message import Message
from accelerator.rules.assignment import repair
from accelerator.rules.assignment.candidates import candidates
from accelerator.rules.assignment.even import Board
from accelerator.rules.assignment.graph import Pair, components
from accelerator.rules.assignment.instance import Instance
from accelerator.rules.assignment.lazy import CoReviews, connection, too_close
from accelerator.rules.assignment.plan import Flags, Numbers, Watch, total_worth
from accelerator.rules.assignment.program import TOLERANCE, Program, Solution
from accelerator.rules.assignment.solver import LACKS, Goal

MOST_AT_ONCE: Final = 30_000
"""Pairs up to which every one is a column from the start."""
MOST_WHOLE: Final = 20_000
"""Pairs up to which a connected graph is solved exactly; above, a plan is repaired, with its bound."""
MOST_TOGETHER: Final = 400
"""Pairs up to which a limit of co-reviews is tried exactly; above, or where that takes too many branches, a plan is
repaired, with its bound."""
MOST_EVEN: Final = 6_000
"""Pairs up to which even loads are solved exactly where the plan is no flow."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """The new pairs (rows and columns) with their worth, what is proven, and what connecting cost."""

    pairs: list[Pair]
    value: float
    bound: float
    price: float = 0.0


def best_plan(one: Instance, *, seed: int, watch: Watch | None = None) -> Outcome:
    """The best pairs, goal after goal.

    Raises: Stopped.
    """
    factor = _scale(one)
    scaled = one if factor == 1.0 else replace(one, worth=one.worth * factor)
    found = _best_plan(scaled, seed, watch)
    return Outcome(found.pairs, worth_of(one, found.pairs), found.bound / factor, round(found.price / factor, 9))


def _scale(one: Instance) -> float:
    """The power of two that brings very large or very small values within reach of the solver's tolerances."""
    greatest = float(np.abs(one.worth).max(initial=0.0))
    return 1.0 if not greatest or 0.1 <= greatest <= 1_000 else float(2.0 ** -np.floor(np.log2(greatest)))


def _best_plan(one: Instance, seed: int, watch: Watch | None) -> Outcome:
    """The best pairs of an instance whose values are neither tiny nor huge."""
    useful = int((one.allowed & (one.need > 0)[:, None]).sum())
    program, solution = _solved(one, useful, watch)
    value = worth_of(one, solution.pairs)
    outcome = Outcome(solution.pairs, value, max(value, -solution.bound))
    if too_close(one, outcome.pairs):
        return _parted(one, outcome)
    if one.is_plain and (Goal.MINIMA not in program.levels or len(program.pair_places) > MOST_EVEN):
        program.at(3, Message("Making the loads even"))
        outcome = _even_on_face(program, outcome, seed)
    elif len(program.pair_places) <= MOST_EVEN:
        program.at(3, Message("Making the loads even"))
        outcome = _even(program, outcome)
    program.at(4, Message("Connecting the applications"))
    if one.limits.connected and not _is_connected(one, outcome.pairs):
        return _joined(program, outcome) if useful <= MOST_WHOLE else _repaired(one, outcome)
    return outcome


def _solved(one: Instance, useful: int, watch: Watch | None) -> tuple[Program, Solution]:
    """The best value, with co-reviews limited where that can be solved, without that limit where it cannot."""
    if one.limits.co_reviews is not None and useful <= MOST_TOGETHER:
        program = Program(one, one.allowed, watch)
        program.lazy.append(CoReviews())
        solution = _best_value(program)
        if not program.gave_up:
            return program, solution
    program = Program(one, _start(one, useful, watch), watch)
    return program, _best_value(program)


def _parted(one: Instance, outcome: Outcome) -> Outcome:
    """The plan with co-reviews limited by exchanges, and joined by others."""
    pairs = repair.part(one, outcome.pairs)
    parted = Outcome(pairs, worth_of(one, pairs), outcome.bound)
    return parted if not one.limits.connected or _is_connected(one, pairs) else _repaired(one, parted)


def _start(one: Instance, useful: int, watch: Watch | None) -> Flags:
    """The pairs to begin with: all of a small instance, the most promising of a large one."""
    if useful <= MOST_AT_ONCE:
        return one.allowed

    def exact_prices(sample: Instance, start: Flags) -> Numbers:
        program = Program(sample, start, watch)
        program.solve(Goal.ALL)
        return program.prices()

    return candidates(one, exact_prices=exact_prices)


def worth_of(one: Instance, pairs: Sequence[Pair]) -> float:
    """What the pairs are worth together."""
    return total_worth(float(one.worth[row, column]) for row, column in pairs)


def _best_value(program: Program) -> Solution:
    """The pairs of most value among the plans that lack least; the levels reached are kept."""
    one = program.instance
    program.at(1, Message("Looking for a plan that lacks nothing"))
    if (solution := program.solve(Goal.ALL)) is not None and program.lack() < 0.5:
        program.close_lacks()
        program.keep(Goal.VALUE, solution.level)
        return solution
    program.at(2, Message("Making what lacks as little as can be"))
    last = [Goal.VALUE, Goal.SPREAD]
    for goal in [*LACKS, *(reversed(last) if one.limits.is_lack_spread else last)]:
        if not program.gave_up and program.costs[goal] and (found := program.solve(goal)) is not None:
            program.keep(goal, found.level)
            solution = Solution(found.pairs, found.level, found.bound if goal is Goal.VALUE else _bound(goal, solution))
    return solution if solution is not None else Solution([], 0.0, 0.0)


def _bound(goal: Goal, before: Solution | None) -> float:
    """What is proven of the value stays proven while the lack is spread; nothing is before."""
    return before.bound if goal is Goal.SPREAD and before is not None else 0.0


def _is_connected(one: Instance, pairs: Sequence[Pair]) -> bool:
    return len(components([*one.kept, *pairs])) <= 1


def _even_on_face(program: Program, outcome: Outcome, seed: int) -> Outcome:
    """Level the loads and join the graph by exchanges among the plans of the same value.

    A plan is as good as this one exactly when it uses no pair that costs, keeps every pair that gains, and leaves
    loads with a price at their limit (complementary slackness): a flow on the pairs that are left free.
    """
    one = program.instance
    if not len(program.pair_places):
        return outcome
    costs = program.reduced_costs(program.goal)
    near = TOLERANCE * max(1.0, float(np.abs(one.worth).max(initial=0.0)))
    useful = one.allowed & (one.need > 0)[:, None]
    taken = np.zeros(useful.shape, dtype=np.bool_)
    for row, column in outcome.pairs:
        taken[row, column] = True
    is_free = np.abs(costs) <= near
    board = Board(
        list(one.applications), list(one.reviewers), (), _kept_ids(one), one.per_application, seed, is_sorted=False
    )
    board.load = one.load.tolist()
    board.hold(
        _places(taken & is_free),
        fixed=_places(taken & ~is_free),
        free=_places(useful & is_free),
        pinned=np.nonzero(program.has_price())[0].tolist(),
    )
    board.level()
    if one.limits.connected:
        board.join()
    pairs = board.places()
    return Outcome(pairs, worth_of(one, pairs), outcome.bound, outcome.price)


def _kept_ids(one: Instance) -> list[Pair]:
    return [(one.applications[row], one.reviewers[column].id) for row, column in one.kept]


def _places(flags: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> list[Pair]:
    return [(row, column) for row, column in np.argwhere(flags).tolist()]


def _even(program: Program, outcome: Outcome) -> Outcome:
    """Level the loads where the plan is no flow."""
    if not program.costs[Goal.EVEN]:
        program.add_loads()
    if not program.costs[Goal.EVEN] or (solution := program.solve(Goal.EVEN)) is None:
        return outcome
    one = program.instance
    return Outcome(solution.pairs, worth_of(one, solution.pairs), outcome.bound, outcome.price)


def _joined(program: Program, outcome: Outcome) -> Outcome:
    """The best connected plan that lacks no more, with its price; the plan at hand when there is none."""
    one = program.instance
    program.release(Goal.VALUE)
    if not one.limits.is_lack_spread:
        program.release(Goal.SPREAD)
    program.lazy.append(connection)
    program.ask_whole()
    solution = program.solve(Goal.VALUE)
    if solution is None:
        return outcome
    value = worth_of(one, solution.pairs)
    joined = Outcome(solution.pairs, value, max(value, -solution.bound), max(0.0, round(outcome.value - value, 9)))
    program.keep(Goal.VALUE, solution.level)
    if Goal.REVIEWS in program.levels and (spread := program.solve(Goal.SPREAD)) is not None:
        program.keep(Goal.SPREAD, spread.level)
        joined = Outcome(spread.pairs, worth_of(one, spread.pairs), joined.bound, joined.price)
    return _even(program, joined) if len(program.pair_places) <= MOST_EVEN else joined


def _repaired(one: Instance, outcome: Outcome) -> Outcome:
    """The plan joined by the cheapest exchanges found."""
    pairs = repair.join(one, outcome.pairs)
    value = worth_of(one, pairs)
    return Outcome(pairs, value, outcome.bound, max(0.0, round(outcome.value - value, 9)))
