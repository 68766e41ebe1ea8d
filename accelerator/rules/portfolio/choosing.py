"""Rules · Portfolio · Choosing — the cohort, its waitlist, what each rule costs, why each departs, what contradicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from accelerator.kernel.enums import PortfolioRuleKind as Kind
from accelerator.rules.portfolio.pool import MILLIONTHS, Pool
from accelerator.rules.portfolio.terms import Candidate, Idle, Rule, in_force
from accelerator.rules.ranking import Departure, off_rank

RESERVES: Final = 10
"""How many of the next ranked are proposed for the waitlist."""


@dataclass(frozen=True)
class Price:
    """What one rule costs, by choosing again without it.

    `quality` is the total of adjusted scores lost by having the rule, in points; `places` how many places it leaves
    free. Where it leaves places free, the two totals are of cohorts of different sizes.
    """

    rule: Rule
    quality: float
    places: int
    enters: tuple[int, ...]
    leaves: tuple[int, ...]

    @property
    def is_free(self) -> bool:
        """True when the same cohort is chosen without the rule."""
        return not self.enters and not self.leaves


@dataclass(frozen=True)
class Reason:
    """Why one application departs from pure rank: a smallest set of rules without which it would not."""

    application_id: int
    departure: Departure
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Contradiction:
    """A smallest set of rules that no cohort satisfies: without any one of them, the others can be.

    `places` is given when the number of places takes part. `supply` is how many candidates a minimum that stands
    alone could count.
    """

    rules: tuple[Rule, ...]
    places: int | None = None
    supply: int | None = None


@dataclass(frozen=True)
class Choice:
    """The best cohort under the rules, best ranked first. Empty when the rules contradict each other."""

    chosen: tuple[int, ...] = ()
    waitlist: tuple[int, ...] = ()
    reasons: Mapping[int, Reason] = field(default_factory=dict)
    prices: tuple[Price, ...] = ()
    quality: float = 0.0
    idle: tuple[Idle, ...] = ()
    contradiction: Contradiction | None = None


def choose(
    ranked: Sequence[Candidate], portfolio_rules: Sequence[Rule], *, places: int = 15, reserves: int = RESERVES
) -> Choice:
    """The cohort with the greatest total of adjusted scores that satisfies every rule; exact, with its reasons.

    As many places are filled as the rules allow. Equal totals are told apart by the written order of `Pool.best`,
    which ends in the id. A rule that names an application outside the ranking is set aside and said (`idle`). The
    waitlist is the next ranked, without those that must not be admitted.

    Invariant: the order of the candidates and of the rules makes no difference; dropping a rule never leaves fewer
               places filled nor, with as many filled, a smaller total.
    """
    order = sorted(ranked, key=lambda candidate: (candidate.rank, candidate.application_id))
    rules, idle = in_force(portfolio_rules, [candidate.application_id for candidate in order])
    pool = Pool(order, rules, places)
    best = pool.best(rules)
    if best is None:
        return Choice(idle=tuple(idle), contradiction=_contradiction(pool, rules, order))
    chosen = _ids(best)
    barred = {one for rule in rules if rule.kind is Kind.MUST_NOT for one in rule.applications}
    left = [one.application_id for one in order if one.application_id not in {*chosen, *barred}]
    waitlist = left[:reserves]
    departures = off_rank([one.application_id for one in order], chosen, waitlist)
    prices = tuple(_price(pool, rules, rule, best) for rule in rules)
    return Choice(
        chosen=chosen,
        waitlist=tuple(waitlist),
        reasons={
            one: Reason(one, departure, _causes(pool, rules, prices, one, departure))
            for one, departure in departures.items()
        },
        prices=prices,
        quality=_total(best) / MILLIONTHS,
        idle=tuple(idle),
    )


def _ids(cohort: Sequence[Candidate]) -> tuple[int, ...]:
    return tuple(candidate.application_id for candidate in cohort)


def _total(cohort: Sequence[Candidate]) -> int:
    return sum(round(candidate.adjusted * MILLIONTHS) for candidate in cohort)


def _price(pool: Pool, rules: Sequence[Rule], rule: Rule, best: Sequence[Candidate]) -> Price:
    others = pool.best([other for other in rules if other != rule])
    if others is None:
        raise RuntimeError("fewer rules cannot contradict each other where more do not")
    with_rule, without = set(_ids(best)), set(_ids(others))
    return Price(
        rule=rule,
        quality=(_total(others) - _total(best)) / MILLIONTHS,
        places=len(others) - len(best),
        enters=tuple(one for one in _ids(others) if one not in with_rule),
        leaves=tuple(one for one in _ids(best) if one not in without),
    )


def _causes(
    pool: Pool, rules: Sequence[Rule], prices: Sequence[Price], application_id: int, departure: Departure
) -> tuple[Rule, ...]:
    """The rules any one of which, dropped, changes this outcome; otherwise a smallest set that does so together."""
    if departure in (Departure.LEFT_OFF_WAITLIST, Departure.WAITLISTED_BELOW):
        barring = [rule for rule in rules if rule.kind is Kind.MUST_NOT]
        own = tuple(rule for rule in barring if application_id in rule.applications)
        return own or tuple(barring)
    is_admitted = departure is Departure.ADMITTED_BELOW
    alone = tuple(price.rule for price in prices if application_id in (price.leaves if is_admitted else price.enters))
    if alone:
        return alone
    dropped = list(rules)
    for rule in rules:
        fewer = [other for other in dropped if other != rule]
        remaining = pool.best([other for other in rules if other not in fewer])
        if remaining is not None and (application_id in _ids(remaining)) != is_admitted:
            dropped = fewer
    return tuple(dropped)


def _contradiction(pool: Pool, rules: Sequence[Rule], order: Sequence[Candidate]) -> Contradiction:
    """A smallest contradictory subset by the deletion filter: the latest rules are let go first.

    Source: Chinneck and Dravnieks, "Locating minimal infeasible constraint sets", ORSA J. Computing 3 (1991).
    """
    core = list(rules)
    for rule in reversed(rules):
        fewer = [other for other in core if other != rule]
        if not pool.is_possible(fewer, places=pool.places):
            core = fewer
    widest = max((rule.bound for rule in core if rule.kind is Kind.MINIMUM), default=0)
    wide = Pool(order, core, max(pool.places, widest))
    is_full = wide.is_possible(core, places=len(wide.kept))
    supply = None
    if len(core) == 1 and core[0].kind is Kind.MINIMUM and not is_full:
        supply = sum(core[0].counts(candidate) for candidate in order)
    return Contradiction(tuple(core), pool.places if is_full else None, supply)
