"""The best cohort under portfolio rules: exact against brute force, its prices, its reasons, its contradictions."""

from __future__ import annotations

import itertools
import time
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accelerator.kernel.enums import PortfolioRuleKind as Kind
from accelerator.kernel.errors import RuleViolation
from accelerator.rules import portfolio
from accelerator.rules.portfolio import Candidate, Rule, choose
from accelerator.rules.ranking import Departure

A, B = "region", "sector"


def candidates(*scores: float, regions: str = "", sectors: str = "") -> list[Candidate]:
    """Candidates 1, 2, 3… best first; their region and sector are one letter each."""
    return [
        Candidate(
            number,
            number,
            score,
            {A: regions[number - 1] if regions else "", B: sectors[number - 1] if sectors else ""},
        )
        for number, score in enumerate(scores, start=1)
    ]


def at_least(bound, value, attribute=A, number=1):
    return Rule(number, Kind.MINIMUM, attribute, value, bound)


def at_most(bound, value, attribute=A, number=2):
    return Rule(number, Kind.MAXIMUM, attribute, value, bound)


def named(kind, *applications, number=3):
    return Rule(number, kind, applications=tuple(sorted(applications)))


def keeps(rule: Rule, cohort: list[Candidate]) -> bool:
    """The rule by its words."""
    inside = {one.application_id for one in cohort}
    count = sum(one.attributes[rule.attribute] == rule.value for one in cohort) if rule.attribute else 0
    held = [one in inside for one in rule.applications]
    return {
        Kind.MINIMUM: lambda: count >= rule.bound,
        Kind.MAXIMUM: lambda: count <= rule.bound,
        Kind.MUST: lambda: all(held),
        Kind.MUST_NOT: lambda: not any(held),
        Kind.TOGETHER: lambda: all(held) or not any(held),
        Kind.APART: lambda: not all(held),
    }[rule.kind]()


def worth(cohort) -> tuple[int, int]:
    return len(cohort), sum(round(one.adjusted * 1_000_000) for one in cohort)


def brute_force(ranked: list[Candidate], rules: list[Rule], places: int) -> tuple[int, ...] | None:
    """Every cohort tried: more places, then the greater total, then the first in the order of the ranking."""
    lawful = [
        cohort
        for size in range(places + 1)
        for cohort in itertools.combinations(ranked, size)
        if all(keeps(rule, list(cohort)) for rule in rules)
    ]
    if not lawful:
        return None
    best = max(worth(cohort) for cohort in lawful)
    return min(tuple(one.application_id for one in cohort) for cohort in lawful if worth(cohort) == best)


@st.composite
def small_choices(draw):
    """Up to eight candidates with many equal scores, up to five rules."""
    count = draw(st.integers(1, 8))
    scores = sorted(draw(st.lists(st.integers(2, 9), min_size=count, max_size=count)), reverse=True)
    ranked = [
        Candidate(number, number, score / 2, {A: draw(st.sampled_from("xyz")), B: draw(st.sampled_from("pq"))})
        for number, score in enumerate(scores, start=1)
    ]
    rules = []
    for number in range(1, draw(st.integers(0, 5)) + 1):
        kind = draw(st.sampled_from(list(Kind)))
        if kind in portfolio.COUNTING:
            attribute = draw(st.sampled_from([A, B]))
            value = draw(st.sampled_from("xyz" if attribute == A else "pq"))
            rules.append(Rule(number, kind, attribute, value, draw(st.integers(0, 3))))
        else:
            size = 2 if kind in portfolio.PAIRS else 1
            if size <= count:
                picked = draw(st.permutations(range(1, count + 1)))[:size]
                rules.append(Rule(number, kind, applications=tuple(sorted(picked))))
    return ranked, rules, draw(st.integers(1, 5))


@settings(max_examples=250, deadline=None, derandomize=True)
@given(small_choices(), st.randoms(use_true_random=False))
def test_choice_is_the_first_of_the_best_of_all_cohorts(case, chance):
    ranked, rules, places = case
    expected = brute_force(ranked, rules, places)

    choice = choose(ranked, rules, places=places)
    again = choose(chance.sample(ranked, len(ranked)), chance.sample(rules, len(rules)), places=places)

    assert choice == again
    if expected is None:
        core = choice.contradiction.rules
        assert brute_force(ranked, list(core), places) is None
        for rule in core:
            assert brute_force(ranked, [other for other in core if other != rule], places) is not None
        return
    assert choice.chosen == expected
    by_id = {one.application_id: one for one in ranked}
    assert all(keeps(rule, [by_id[one] for one in choice.chosen]) for rule in rules)
    for price in choice.prices:
        without = brute_force(ranked, [rule for rule in rules if rule != price.rule], places)
        assert set(price.enters) == set(without) - set(expected)
        assert set(price.leaves) == set(expected) - set(without)
        size, total = worth([by_id[one] for one in without])
        own_size, own_total = worth([by_id[one] for one in expected])
        assert (price.places, round(price.quality * 1_000_000)) == (size - own_size, total - own_total)
        assert (price.places, price.quality) >= (0, 0)
    for one, reason in choice.reasons.items():
        if reason.departure not in (Departure.ADMITTED_BELOW, Departure.PASSED_OVER):
            assert {rule.kind for rule in reason.rules} == {Kind.MUST_NOT}
            continue
        left = [rule for rule in rules if rule not in reason.rules]
        outcomes = {
            one in brute_force(ranked, [*left, *(set(reason.rules) - set(some))], places)
            for some in itertools.chain([reason.rules], ([rule] for rule in reason.rules))
        }
        if len(choice.chosen) == min(places, len(ranked)):
            assert reason.rules
            assert (one not in choice.chosen) in outcomes


def test_without_rules_the_first_of_the_ranking_are_chosen_and_nobody_owes_a_reason():
    choice = choose(candidates(5, 4, 3, 2, 1), [], places=2, reserves=2)

    assert (choice.chosen, choice.waitlist, choice.reasons, choice.quality) == ((1, 2), (3, 4), {}, 9.0)


def test_nobody_to_choose_from_is_an_empty_choice_and_a_minimum_cannot_be_met():
    assert choose([], []) == portfolio.Choice()
    assert choose([], [at_least(1, "b")]).contradiction == portfolio.Contradiction((at_least(1, "b"),), supply=0)


def test_a_minimum_brings_in_the_best_that_fit_and_says_what_it_costs():
    ranked = candidates(5, 4.5, 4, 3, 2, regions="ppppb")
    rule = at_least(1, "b")

    choice = choose(ranked, [rule], places=3, reserves=1)

    assert choice.chosen == (1, 2, 5)
    assert choice.prices == (portfolio.Price(rule, 2.0, 0, enters=(3,), leaves=(5,)),)
    assert {one: (reason.departure, reason.rules) for one, reason in choice.reasons.items()} == {
        5: (Departure.ADMITTED_BELOW, (rule,)),
        3: (Departure.PASSED_OVER, (rule,)),
    }


def test_two_rules_that_ask_the_same_are_both_named_as_the_reason():
    ranked = candidates(5, 4, 3, 2, regions="pppb", sectors="xxxh")
    rules = [at_least(1, "b", number=1), at_least(1, "h", B, number=2)]

    choice = choose(ranked, rules, places=2)

    assert choice.chosen == (1, 4)
    assert [price.is_free for price in choice.prices] == [True, True]
    assert choice.reasons[4].rules == tuple(rules)


def test_a_maximum_that_leaves_places_free_says_so_in_its_price():
    choice = choose(candidates(5, 4, 3, 2, regions="pppp"), [at_most(2, "p")], places=3)

    assert choice.chosen == (1, 2)
    assert (choice.prices[0].places, choice.prices[0].quality) == (1, 3.0)


def test_must_not_keeps_somebody_off_the_waitlist_too():
    rule = named(Kind.MUST_NOT, 2)

    choice = choose(candidates(5, 4, 3, 2), [rule], places=1, reserves=2)

    assert (choice.chosen, choice.waitlist) == ((1,), (3, 4))
    assert choice.reasons[2] == portfolio.Reason(2, Departure.LEFT_OFF_WAITLIST, (rule,))


def test_a_rule_that_names_somebody_gone_is_set_aside_and_said():
    rules = [named(Kind.MUST, 9, number=1), named(Kind.TOGETHER, 2, 9, number=2)]

    choice = choose(candidates(5, 4, 3), rules, places=2)

    assert choice.chosen == (1, 2)
    assert choice.idle == (portfolio.Idle(rules[0], (9,)), portfolio.Idle(rules[1], (9,)))
    assert choice.prices == ()


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        (
            [at_least(2, "b"), at_most(1, "b")],
            "These rules contradict each other: at least 2 from b; at most 1 from b.",
        ),
        ([at_least(4, "b")], "This rule cannot be met, the ranking holds only 3: at least 4 from b."),
        (
            [at_least(2, "p"), at_least(2, "b", number=2), at_most(9, "p", number=3)],
            "With 3 places these rules cannot be met together: at least 2 from p; at least 2 from b.",
        ),
        (
            [named(Kind.MUST, 1, number=1), named(Kind.MUST_NOT, 1, number=2), at_least(1, "p", number=3)],
            "These rules contradict each other: Ada must be admitted; Ada must not be admitted.",
        ),
        (
            [
                named(Kind.MUST, 1, number=1),
                named(Kind.TOGETHER, 1, 2, number=2),
                named(Kind.APART, 1, 2, number=3),
                at_least(1, "p", number=4),
            ],
            "These rules contradict each other: Ada must be admitted; Ada and Eve: both or neither; Ada and Eve: not both.",
        ),
    ],
)
def test_rules_that_contradict_each_other_are_named_and_no_other(rules, sentence):
    choice = choose(candidates(5, 4, 3, 2, 1, 1, regions="pppbbb"), rules, places=3)

    assert (choice.chosen, choice.prices) == ((), ())
    assert portfolio.contradiction_words(choice.contradiction, {1: "Ada", 2: "Eve"}) == sentence


def test_a_minimum_beyond_the_places_blames_the_places():
    choice = choose(candidates(*range(40, 0, -1), regions="p" * 40), [at_least(20, "p")], places=15)

    assert (choice.contradiction.places, choice.contradiction.supply) == (15, None)


def test_tallies_say_what_is_missing_and_what_is_too_much():
    cohort = candidates(5, 4, 3, regions="ppb")
    rules = [
        at_least(3, "p", number=1),
        at_most(1, "p", number=2),
        at_least(1, "b", number=3),
        named(Kind.MUST, 9, number=4),
        named(Kind.MUST_NOT, 1, number=5),
        named(Kind.TOGETHER, 1, 9, number=6),
        named(Kind.APART, 1, 2, number=7),
        named(Kind.APART, 1, 9, number=8),
    ]

    found = portfolio.tallies(rules, cohort)

    assert [(tally.count, str(portfolio.tally_words(tally))) for tally in found] == [
        (2, "short by 1"),
        (2, "over by 1"),
        (1, "met"),
        (0, "not admitted"),
        (1, "admitted all the same"),
        (1, "one without the other"),
        (2, "both admitted"),
        (1, "met"),
    ]


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (at_least(1, "nowhere"), "trait"),
        (Rule(1, Kind.MINIMUM, "colour", "red", 1), "trait"),
        (at_least(0, "p"), "bound"),
        (at_most(1000, "p"), "bound"),
        (Rule(1, Kind.MUST), "first"),
        (Rule(1, Kind.APART, applications=(1,)), "second"),
        (Rule(1, Kind.TOGETHER, applications=(1, 1)), "second"),
    ],
)
def test_a_rule_that_lacks_something_is_refused_at_its_field(rule, field):
    with pytest.raises(RuleViolation) as refusal:
        portfolio.refuse_malformed(rule, {A: ["p"]})

    assert refusal.value.field == field


def test_the_version_of_a_set_of_rules_changes_with_any_of_them():
    one, other = at_least(1, "p"), at_most(3, "b")

    assert portfolio.version_of([one, other]) == portfolio.version_of([other, one])
    assert len({portfolio.version_of(rules) for rules in ([], [one], [other], [at_least(2, "p")])}) == 4


def crowd(count: int, chance: Random) -> list[Candidate]:
    """Candidates with ties in plenty: scores of two decimals, 18 regions, 15 sectors, 5 stages."""
    scores = sorted((round(chance.gauss(3.2, 0.6), 2) for _ in range(count)), reverse=True)
    return [
        Candidate(
            number,
            number,
            score,
            {
                A: str(min(chance.randrange(30), 17)),
                B: str(chance.randrange(15)),
                "stage": str(chance.randrange(5)),
                "women_founders": chance.choice(["yes", "no", "no"]),
            },
        )
        for number, score in enumerate(scores, start=1)
    ]


def dozen_rules(count: int) -> list[Rule]:
    """Twelve rules of every kind, all of which bind on a crowd."""
    return [
        Rule(1, Kind.MINIMUM, A, "3", 2),
        Rule(2, Kind.MINIMUM, A, "5", 1),
        Rule(3, Kind.MAXIMUM, A, "17", 3),
        Rule(4, Kind.MAXIMUM, B, "2", 1),
        Rule(5, Kind.MINIMUM, B, "7", 3),
        Rule(6, Kind.MINIMUM, "women_founders", "yes", 8),
        Rule(7, Kind.MAXIMUM, "stage", "4", 2),
        Rule(8, Kind.MINIMUM, "stage", "0", 4),
        Rule(9, Kind.MUST, applications=(count // 2,)),
        Rule(10, Kind.MUST_NOT, applications=(1,)),
        Rule(11, Kind.TOGETHER, applications=(3, 60)),
        Rule(12, Kind.APART, applications=(4, 5)),
    ]


def test_ten_thousand_candidates_are_chosen_from_in_under_a_second_a_solve():
    ranked = crowd(10_000, Random(3))
    rules = dozen_rules(10_000)

    start = time.perf_counter()
    choice = choose(ranked, rules)
    taken = time.perf_counter() - start

    assert len(choice.chosen) == 15
    assert len(choice.prices) == 12
    assert taken / (1 + len(rules)) < 1
