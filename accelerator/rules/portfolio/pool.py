"""Rules · Portfolio · Pool — the candidates that can matter, and the exact best cohort among them.

Presolve by dominance: candidates that no rule names and that all rules count alike are interchangeable but for
their score, so that only the best of each such group, as many as there are places, can be chosen. What is left is
solved as a 0-1 programme by HiGHS; scores are whole millionths of a point, so that totals compare exactly.

Source: Huangfu and Hall, "Parallelizing the dual revised simplex method", Math. Prog. Comp. 10 (2018): HiGHS.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

import highspy
import numpy as np
from numpy.typing import NDArray

from accelerator.kernel.enums import PortfolioRuleKind as Kind
from accelerator.rules.portfolio.terms import COUNTING, Candidate, Rule

MILLIONTHS: Final = 1_000_000
STEP: Final = 16
"""How many candidates one solve of the tie-break decides on; its weights stay below 2 ** STEP."""

Row = tuple[list[int], list[float], float, float]
"""Columns, their coefficients, the least and the most that their sum may be."""


@dataclass(frozen=True)
class _Relaxed:
    """The optimum of the linear relaxation: its value, its columns, how much each gain falls short of its price."""

    value: float
    columns: NDArray[np.float64]
    reduced: NDArray[np.float64]


@dataclass
class _Programme:
    """A 0-1 programme: the least and the most of each column, and its rows."""

    lower: list[int]
    upper: list[int]
    rows: list[Row] = field(default_factory=list)

    def add(self, columns: Collection[int], lower: float, upper: float, values: Sequence[float] = ()) -> None:
        """One more row; without values every coefficient is 1."""
        self.rows.append((list(columns), list(values) or [1.0] * len(columns), lower, upper))

    def best(self, gains: Sequence[int]) -> frozenset[int] | None:
        """The columns of a solution with the greatest sum of gains, proved; None when nothing satisfies the rows."""
        solver = self._solved(gains, highspy.HighsVarType.kInteger)
        if solver is None:
            return None
        return frozenset(np.flatnonzero(np.asarray(solver.getSolution().col_value) > 0.5).tolist())

    def relaxed(self, gains: Sequence[int]) -> _Relaxed | None:
        """The optimum when columns may be parts of one; None when not even that satisfies the rows."""
        solver = self._solved(gains, highspy.HighsVarType.kContinuous)
        if solver is None:
            return None
        solution = solver.getSolution()
        return _Relaxed(
            solver.getObjectiveValue(), np.asarray(solution.col_value), np.abs(np.asarray(solution.col_dual))
        )

    def narrowed(self, free: Sequence[int], chosen: Collection[int]) -> _Programme:
        """The same programme over the free columns alone; of the others the chosen are 1, the rest 0."""
        place = {column: number for number, column in enumerate(free)}
        narrow = _Programme([self.lower[column] for column in free], [self.upper[column] for column in free])
        for columns, values, lower, upper in self.rows:
            pairs = list(zip(columns, values, strict=True))
            given = sum(value for column, value in pairs if column in chosen and column not in place)
            kept = [(place[column], value) for column, value in pairs if column in place]
            narrow.add([one[0] for one in kept], lower - given, upper - given, [one[1] for one in kept])
        return narrow

    def _solved(self, gains: Sequence[int], kind: highspy.HighsVarType) -> highspy.Highs | None:
        if any(not row[0] and not row[2] <= 0 <= row[3] for row in self.rows):
            return None  # a model without columns is not looked at
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self.lower), len(self.rows)
        lp.col_cost_ = np.array(gains, dtype=np.float64)
        lp.col_lower_, lp.col_upper_ = np.array(self.lower, dtype=np.float64), np.array(self.upper, dtype=np.float64)
        lp.row_lower_ = np.array([row[2] for row in self.rows], dtype=np.float64)
        lp.row_upper_ = np.array([row[3] for row in self.rows], dtype=np.float64)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.cumsum([0, *(len(row[0]) for row in self.rows)], dtype=np.int32)
        lp.a_matrix_.index_ = np.array([column for row in self.rows for column in row[0]], dtype=np.int32)
        lp.a_matrix_.value_ = np.array([value for row in self.rows for value in row[1]], dtype=np.float64)
        if kind == highspy.HighsVarType.kInteger:
            lp.integrality_ = [kind] * len(self.lower)
        lp.sense_ = highspy.ObjSense.kMaximize
        solver = highspy.Highs()  # type: ignore[no-untyped-call]
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("mip_rel_gap", 0.0)
        solver.setOptionValue("mip_abs_gap", 0.5)  # gains are whole numbers
        solver.passModel(lp)
        solver.run()
        status = solver.getModelStatus()
        if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            return None
        if status not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty):
            raise RuntimeError(f"HiGHS ended with {solver.modelStatusToString(status)}")
        return solver


class Pool:
    """The candidates that can matter under a set of rules and any part of it; answers are remembered."""

    def __init__(self, candidates: Sequence[Candidate], rules: Sequence[Rule], places: int) -> None:
        self.places = places
        self.kept = _presolved(candidates, rules, places)
        self._column = {candidate.application_id: column for column, candidate in enumerate(self.kept)}
        lowest = min((_millionths(candidate) for candidate in self.kept), default=0)
        self._gains = [_millionths(candidate) - lowest for candidate in self.kept]
        self._rows: dict[Rule, Row] = {rule: self._row(rule) for rule in rules}
        self._answers: dict[frozenset[Rule], tuple[Candidate, ...] | None] = {}

    def best(self, rules: Collection[Rule]) -> tuple[Candidate, ...] | None:
        """The best cohort under these rules, best ranked first; None when they contradict each other.

        The written order of two lawful cohorts: more places filled, then the greater total of adjusted scores, then
        the one that holds the better ranked (then the smaller id) where they first differ.
        """
        asked = frozenset(rules)
        if asked not in self._answers:
            columns = self._solve(asked)
            self._answers[asked] = None if columns is None else tuple(self.kept[column] for column in sorted(columns))
        return self._answers[asked]

    def is_possible(self, rules: Collection[Rule], *, places: int) -> bool:
        """True when some cohort of at most so many places satisfies the rules."""
        programme = self._programme(rules)
        programme.add(range(len(self.kept)), 0, places)
        return programme.best([0] * len(self.kept)) is not None

    def _row(self, rule: Rule) -> Row:
        if rule.kind in COUNTING:
            counted = [column for column, candidate in enumerate(self.kept) if rule.counts(candidate)]
            least = rule.bound if rule.kind is Kind.MINIMUM else 0
            most = rule.bound if rule.kind is Kind.MAXIMUM else np.inf
            return counted, [1.0] * len(counted), least, most
        named = [self._column[one] for one in rule.applications]
        if rule.kind is Kind.TOGETHER:
            return named, [1.0, -1.0], 0, 0
        if rule.kind is Kind.APART:
            return named, [1.0, 1.0], 0, 1
        wanted = 1 if rule.kind is Kind.MUST else 0
        return named, [1.0], wanted, wanted

    def _programme(self, rules: Collection[Rule]) -> _Programme:
        size = len(self.kept)
        rows = [self._rows[rule] for rule in sorted(rules, key=lambda rule: rule.id)]
        return _Programme([0] * size, [1] * size, rows)

    def _solve(self, rules: Collection[Rule]) -> frozenset[int] | None:
        everyone = range(len(self.kept))
        programme = self._programme(rules)
        wanted = min(self.places, len(self.kept))
        programme.add(everyone, wanted, wanted)
        found = self._optimum(programme)
        if found is None:
            programme.rows.pop()
            programme.add(everyone, 0, self.places)
            most = programme.best([1] * len(self.kept))
            if most is None:
                return None
            programme.rows.pop()
            programme.add(everyone, len(most), len(most))
            found = self._optimum(programme)
        if found is None:
            raise RuntimeError("a cohort was found and lost")
        return self._first_of_equals(programme, *found)

    def _optimum(self, programme: _Programme) -> tuple[frozenset[int], _Relaxed] | None:
        """The columns of one of the best cohorts, and the relaxation that bounds all of them."""
        relaxed = programme.relaxed(self._gains)
        if relaxed is None:
            return None
        if np.all(np.abs(relaxed.columns - np.round(relaxed.columns)) < 1e-9):
            return frozenset(np.flatnonzero(relaxed.columns > 0.5).tolist()), relaxed
        best = programme.best(self._gains)
        return None if best is None else (best, relaxed)

    def _first_of_equals(self, programme: _Programme, best: frozenset[int], relaxed: _Relaxed) -> frozenset[int]:
        """Of all cohorts with the same total, the first in the written order.

        A column whose reduced cost takes the relaxation below the total has the same value in every one of the best
        cohorts; only the others are left to decide, from the best ranked on.
        """
        total = sum(self._gains[column] for column in best)
        settled = (relaxed.value - relaxed.reduced < total - 0.5) & (np.abs(relaxed.columns - 0.5) > 0.5 - 1e-9)
        free = np.flatnonzero(~settled).tolist()
        certain = best.difference(free)
        narrow = programme.narrowed(free, certain)
        gains = [self._gains[column] for column in free]
        lowest = min(gains, default=0)
        gains = [gain - lowest for gain in gains]
        wanted = len(best) - len(certain)
        rest = sum(self._gains[column] for column in certain)
        narrow.add(range(len(free)), total - rest - lowest * wanted - 0.5, np.inf, gains)
        chosen: list[int] = []
        for first in range(0, len(free), STEP):
            if len(chosen) == wanted:
                break
            decided = range(first, min(first + STEP, len(free)))
            weights = [0] * len(free)
            for place, column in enumerate(reversed(decided)):
                weights[column] = 2**place
            found = narrow.best(weights)
            if found is None:
                raise RuntimeError("a cohort was found and lost")
            for column in decided:
                narrow.lower[column] = narrow.upper[column] = int(column in found)
            chosen.extend(column for column in decided if column in found)
        answer = certain.union(free[column] for column in chosen)
        if len(answer) != len(best) or sum(self._gains[column] for column in answer) != total:
            raise RuntimeError("the first of the best cohorts is not one of the best")
        return answer


def _millionths(candidate: Candidate) -> int:
    return round(candidate.adjusted * MILLIONTHS)


def _presolved(candidates: Sequence[Candidate], rules: Sequence[Rule], places: int) -> list[Candidate]:
    """The candidates that can be chosen under any of the rules, in the written order."""
    named = {one for rule in rules for one in rule.applications}
    counted = sorted({(rule.attribute, rule.value) for rule in rules if rule.kind in COUNTING})
    groups: dict[tuple[bool, ...], list[Candidate]] = defaultdict(list)
    kept = []
    for candidate in candidates:
        if candidate.application_id in named:
            kept.append(candidate)
        else:
            own = candidate.attributes
            groups[tuple(own.get(attribute) == value for attribute, value in counted)].append(candidate)
    for group in groups.values():
        group.sort(key=lambda one: (-_millionths(one), one.rank, one.application_id))
        kept.extend(group[:places])
    return sorted(kept, key=lambda candidate: (candidate.rank, candidate.application_id))
