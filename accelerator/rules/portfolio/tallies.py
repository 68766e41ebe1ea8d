"""Rules · Portfolio · Tallies — how a cohort stands against each rule: met, short by so many, over by so many."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from accelerator.kernel.enums import PortfolioRuleKind as Kind
from accelerator.rules.portfolio.terms import COUNTING, Candidate, Rule


@dataclass(frozen=True)
class Tally:
    """One rule against one cohort. `count` is how many it counts; `short` and `over` what is missing or too much.

    For a rule that names applications, `count` is how many of them are in.
    """

    rule: Rule
    count: int
    short: int = 0
    over: int = 0

    @property
    def is_met(self) -> bool:
        """True when the cohort keeps the rule."""
        return not self.short and not self.over


def tallies(rules: Sequence[Rule], cohort: Collection[Candidate]) -> list[Tally]:
    """Each rule against the cohort, in the order given."""
    inside = {candidate.application_id for candidate in cohort}
    return [_tally(rule, cohort, inside) for rule in rules]


def _tally(rule: Rule, cohort: Collection[Candidate], inside: set[int]) -> Tally:
    if rule.kind in COUNTING:
        count = sum(rule.counts(candidate) for candidate in cohort)
        if rule.kind is Kind.MINIMUM:
            return Tally(rule, count, short=max(0, rule.bound - count))
        return Tally(rule, count, over=max(0, count - rule.bound))
    count = sum(one in inside for one in rule.applications)
    if rule.kind is Kind.MUST:
        return Tally(rule, count, short=len(rule.applications) - count)
    if rule.kind is Kind.MUST_NOT:
        return Tally(rule, count, over=count)
    if rule.kind is Kind.APART:
        return Tally(rule, count, over=max(0, count - 1))
    return Tally(rule, count, short=1 if count == 1 else 0)
