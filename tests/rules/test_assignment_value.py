"""Who reviews what where pairs have a worth: exact against every plan there is, the certified optima, large rounds."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accelerator.rules.assignment import (
    Group,
    Limits,
    Plan,
    Reviewer,
    Stopped,
    Values,
    assign,
    is_connected,
)

NUMBER_OF = {"yes": 2, "maybe": 1, "no response": 0, "no answer": 0, "no": -1}


class Case:
    """A small assignment with every limit there is, and all its lawful plans."""

    def __init__(self, applications, reviewers, conflicts, kept, per, worth, only_listed, limits, seed):
        self.applications, self.reviewers, self.per, self.seed = applications, reviewers, per, seed
        self.conflicts, self.kept, self.worth = conflicts, kept, worth
        self.only_listed, self.limits = only_listed, limits

    def plan(self, *, applications=None, reviewers=None) -> Plan:
        return assign(
            applications or self.applications,
            reviewers or self.reviewers,
            self.conflicts,
            per_application=self.per,
            kept=self.kept,
            seed=self.seed,
            values=Values.of(self.worth, only_listed=self.only_listed),
            limits=self.limits,
        )

    def _open_to(self, application):
        return [
            (application, one.id)
            for one in self.reviewers
            if (application, one.id) not in self.conflicts | self.kept
            and (not self.only_listed or (application, one.id) in self.worth)
        ]

    def shared(self, pairs) -> Counter:
        readers = {}
        for application, reviewer in sorted(pairs):
            readers.setdefault(application, []).append(reviewer)
        return Counter(two for held in readers.values() for two in itertools.combinations(held, 2))

    def is_lawful(self, pairs) -> bool:
        before, after = Counter(r for _, r in self.kept), Counter(r for _, r in pairs | self.kept)
        if any(after[one.id] > max(one.capacity, before[one.id]) for one in self.reviewers):
            return False
        if self.limits.co_reviews is None:
            return True
        held = self.shared(self.kept)
        return all(n <= max(self.limits.co_reviews, held[two]) for two, n in self.shared(pairs | self.kept).items())

    def every_plan(self):
        choices = []
        for application in self.applications:
            wanted = max(0, self.per - sum(a == application for a, _ in self.kept))
            open_to = self._open_to(application)
            choices.append([c for n in range(wanted + 1) for c in itertools.combinations(open_to, n)])
        for chosen in itertools.product(*choices):
            pairs = {pair for some in chosen for pair in some}
            if self.is_lawful(pairs):
                yield pairs

    def lacks(self, pairs) -> tuple[int, int, int]:
        """Reviews, readers of groups and dossiers to minimum loads that are missing."""
        together = pairs | self.kept
        loads, covered = Counter(r for _, r in together), Counter(a for a, _ in together)
        short = sum(max(0, self.per - covered[a]) for a in self.applications)
        narrow = sum(
            max(0, group.minimum - sum(x == a and r in group.members for x, r in together))
            for a in self.applications
            for group in self.limits.groups
        )
        return short, narrow, sum(max(0, one.minimum - loads[one.id]) for one in self.reviewers)

    def rank(self, pairs) -> tuple:
        """Small is good: what lacks, value or the spread of the lack, and the loads."""
        loads = Counter(r for _, r in pairs | self.kept)
        covered = Counter(a for a, _ in pairs | self.kept)
        gone = -round(sum(self.worth.get(pair, 0) for pair in pairs), 6)
        spread = sum(n * (n + 1) // 2 for a in self.applications if (n := max(0, self.per - covered[a])))
        inner = (spread, gone) if self.limits.is_lack_spread else (gone, spread)
        return (*self.lacks(pairs), *inner, sum(loads[one.id] ** 2 for one in self.reviewers))


@st.composite
def cases(draw, *, plain: bool):
    applications = list(range(1, draw(st.integers(1, 4)) + 1))
    number = draw(st.integers(1, 4))
    reviewers = []
    for n in range(number):
        capacity = draw(st.integers(0, 4))
        reviewers.append(Reviewer(10 + n, capacity, draw(st.integers(0, capacity))))
    every = [(a, one.id) for a in applications for one in reviewers]
    conflicts = set(draw(st.lists(st.sampled_from(every), max_size=4)))
    kept = {pair for pair in draw(st.lists(st.sampled_from(every), max_size=3)) if pair not in conflicts}
    worth = draw(st.dictionaries(st.sampled_from(every), st.integers(-2, 3), max_size=len(every)))
    groups = ()
    if not plain:
        members = st.frozensets(st.sampled_from([one.id for one in reviewers]), max_size=3)
        groups = tuple(Group(f"group {n}", draw(members)) for n in range(draw(st.integers(0, 2))))
    limits = Limits(
        co_reviews=None if plain else draw(st.sampled_from([None, 0, 1, 2])),
        groups=groups,
        connected=draw(st.booleans()),
        is_lack_spread=draw(st.booleans()),
    )
    return Case(
        applications,
        reviewers,
        conflicts,
        kept,
        draw(st.integers(1, 3)),
        {pair: float(value) for pair, value in worth.items()},
        draw(st.booleans()),
        limits,
        draw(st.integers(0, 3)),
    )


def _check(case: Case) -> None:
    """The plan is one of the lawful ones, as good as the best of them, and says of itself what is true."""
    plan = case.plan()
    pairs = set(plan.pairs)
    every = list(case.every_plan())
    best = min(map(case.rank, every))

    assert len(pairs) == len(plan.pairs) and pairs in every
    assert case.lacks(pairs) == best[:3]
    assert plan.is_connected == is_connected(pairs | case.kept)
    assert plan.value == sum(case.worth.get(pair, 0.0) for pair in pairs)
    assert plan.value <= plan.bound <= plan.value + plan.price_of_connection + 1e-4
    assert plan.missing == best[0]
    assert sum(one.missing for one in plan.undiverse) == best[1]
    assert sum(one.missing for one in plan.under) == best[2]
    assert all(one.reason for one in (*plan.shortfalls, *plan.undiverse, *plan.under))
    joined = [case.rank(one) for one in every if case.rank(one)[:3] == best[:3] and is_connected(one | case.kept)]
    if not case.limits.connected or not joined:
        assert case.rank(pairs) == best
        assert plan.price_of_connection == 0
    elif not any(case.worth.values()) and not plan.is_connected:  # nothing to pay with: even loads come first
        assert case.rank(pairs) == best
    elif not best[0]:  # who is short may decide it; with nobody short, it is found
        assert plan.is_connected
        assert case.rank(pairs) == min(joined)
        gone = 4 if case.limits.is_lack_spread else 3
        assert plan.price_of_connection == pytest.approx(min(joined)[gone] - best[gone])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(cases(plain=True))
def test_a_plan_with_values_and_loads_is_the_best_of_all_plans(case):
    _check(case)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(cases(plain=False))
def test_a_plan_with_groups_and_co_reviews_is_the_best_of_all_plans(case):
    _check(case)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(cases(plain=False), st.randoms(use_true_random=False))
def test_a_valued_plan_does_not_depend_on_the_order_of_its_input(case, shuffler):
    first = case.plan()
    mixed, people = list(case.applications), list(case.reviewers)
    shuffler.shuffle(mixed)
    shuffler.shuffle(people)

    again = case.plan(applications=mixed, reviewers=people)

    assert again == first


def _bids(path: Path) -> tuple[int, int, dict[tuple[int, int], float]]:
    """Papers, reviewers and bids of a PrefLib file of categories; a category without a number may not be used."""
    names, papers, people, worth = [], 0, 0, {}
    for line in path.read_text().splitlines():
        if found := re.match(r"# CATEGORY NAME \d+: (.*)", line):
            names.append(found[1].strip().lower())
        elif found := re.match(r"# NUMBER ALTERNATIVES: (\d+)", line):
            papers = int(found[1])
        elif not line.startswith("#"):
            count, categories = line.split(":", 1)
            for _ in range(int(count)):
                people += 1
                for name, some in zip(names, re.findall(r"\{[^}]*\}|\d+", categories), strict=False):
                    if name in NUMBER_OF:
                        worth |= {(int(paper), people): NUMBER_OF[name] for paper in re.findall(r"\d+", some)}
    return papers, people, worth


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "most", "optimum"),
    [
        ("00039-00000002", 7, 274),
        ("00039-00000003", 4, 807),
        ("00037-00000001", 10, 2469),
        ("00037-00000002", 9, 1725),
    ],
)
def test_the_certified_optimum_of_a_conference_is_reached(shared, file, most, optimum):
    papers, people, worth = _bids(shared / "assignment" / f"{file}.cat")

    plan = assign(
        range(1, papers + 1),
        [Reviewer(person, most) for person in range(1, people + 1)],
        [],
        per_application=3,
        values=Values.of(worth, only_listed=True),
    )

    assert plan.value == plan.bound == optimum
    assert plan.missing == 0 and len(plan.pairs) == 3 * papers
    assert max(plan.loads.values()) <= most
    assert sum(worth[pair] for pair in plan.pairs) == optimum


def test_a_large_round_is_the_best_there_is_and_says_where_it_stands():
    applications, people = 10_000, 300
    worth = np.random.default_rng(1).random((applications, people))
    rows, columns = np.divmod(np.arange(applications * people), people)
    steps = []

    plan = assign(
        range(applications),
        [Reviewer(person, 105) for person in range(people)],
        [(application, application % people) for application in range(applications)],
        per_application=3,
        values=Values(rows, columns, worth.ravel()),
        watch=lambda step: steps.append(step) or True,
    )

    assert plan.missing == 0 and plan.is_connected
    assert max(plan.loads.values()) <= 105
    assert plan.value == pytest.approx(sum(worth[pair] for pair in plan.pairs))
    assert plan.bound - plan.value < 1e-4
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert steps[-1].done == steps[-1].total


@pytest.mark.parametrize("calls", [1, 2, 4])
def test_a_watcher_that_says_no_stops_the_work(calls):
    asked = iter(range(calls - 1))
    worth = {(a, r): float((a * r) % 7) for a in range(30) for r in range(8)}

    with pytest.raises(Stopped) as refusal:
        assign(
            range(30),
            [Reviewer(r, 20) for r in range(8)],
            [],
            per_application=3,
            values=Values.of(worth),
            watch=lambda step: next(asked, None) is not None,
        )

    assert refusal.value.reason == "Stopped as asked. Nothing was assigned."


def test_a_large_committee_shares_no_more_than_it_may():
    worth = np.random.default_rng(2).random((1_500, 40))
    rows, columns = np.divmod(np.arange(worth.size), 40)

    plan = assign(
        range(1_500),
        [Reviewer(person, 120) for person in range(40)],
        [],
        per_application=3,
        values=Values(rows, columns, worth.ravel()),
        limits=Limits(co_reviews=8),
    )

    readers = {}
    for application, reviewer in plan.pairs:
        readers.setdefault(application, []).append(reviewer)
    shared = Counter(two for held in readers.values() for two in itertools.combinations(sorted(held), 2))
    assert max(shared.values()) <= 8
    assert plan.missing == sum(one.missing for one in plan.shortfalls)
    assert plan.gap_share < 0.01


def test_two_conferences_in_one_are_joined_at_the_least_price():
    worth = {(a, r): float(a % 2 == r % 2) for a in range(1, 7) for r in range(1, 5)} | {(1, 2): 0.9, (2, 1): 0.75}

    apart = _joined(worth, connected=False)
    joined = _joined(worth, connected=True)

    assert not apart.is_connected and apart.value == 12.0 and apart.price_of_connection == 0
    assert joined.is_connected and joined.value == pytest.approx(11.65)
    assert joined.price_of_connection == pytest.approx(0.35)


def _joined(worth, *, connected: bool) -> Plan:
    return assign(
        range(1, 7),
        [Reviewer(r, 3) for r in range(1, 5)],
        [],
        per_application=2,
        values=Values.of(worth),
        limits=Limits(connected=connected),
    )


@pytest.mark.parametrize(("factor"), [1e-6, 1e7])
def test_the_size_of_the_values_does_not_matter(factor):
    worth = {(a, r): ((a * 7 + r * 5) % 11) * factor for a in range(9) for r in range(4)}
    plain = {pair: value / factor for pair, value in worth.items()}

    found = assign(range(9), [Reviewer(r, 7) for r in range(4)], [], per_application=2, values=Values.of(worth))
    same = assign(range(9), [Reviewer(r, 7) for r in range(4)], [], per_application=2, values=Values.of(plain))

    assert found.value == pytest.approx(same.value * factor)


@pytest.mark.parametrize(
    ("reviewers", "conflicts", "limits", "sentence"),
    [
        ([Reviewer(1, 1), Reviewer(2, 5, 4)], [], Limits(), "Applications open to this reviewer: 3."),
        ([Reviewer(1, 1), Reviewer(2, 2, 3)], [], Limits(), "The minimum of 3 is above the limit of 2."),
        ([Reviewer(1, 3, 2), Reviewer(2, 3, 2)], [], Limits(), "The minimum loads add up to 4 dossiers, but only 3"),
        ([Reviewer(1, 3)], [], Limits(groups=(Group("g", frozenset()),)), "Nobody on the committee is in this group."),
        (
            [Reviewer(1, 3), Reviewer(2, 3)],
            [(1, 2), (2, 2), (3, 2)],
            Limits(groups=(Group("g", frozenset({2})),)),
            "Reviewers of this group who can still take it: 0.",
        ),
        (
            [Reviewer(1, 3), Reviewer(2, 0)],
            [],
            Limits(groups=(Group("g", frozenset({2})),)),
            "Every reviewer of this group who could take it already holds",
        ),
        (
            [Reviewer(1, 3), Reviewer(2, 3)],
            [],
            Limits(groups=(Group("g", frozenset({2})), Group("h", frozenset({1})))),
            "Reviews that it still gets: 1, too few for a reader of every group it lacks.",
        ),
    ],
)
def test_what_cannot_be_kept_is_explained(reviewers, conflicts, limits, sentence):
    worth = Values.of({(1, 1): 1.0})

    plan = assign(range(1, 4), reviewers, conflicts, per_application=1, values=worth, limits=limits)

    assert plan.missing == 0
    assert (plan.under or plan.undiverse)[0].reason.startswith(sentence)


def test_a_limit_of_co_reviews_that_costs_reviews_is_named():
    plan = assign([1, 2], [Reviewer(1, 5), Reviewer(2, 5)], [], per_application=2, limits=Limits(co_reviews=1))

    assert plan.missing == 1
    assert plan.shortfalls[0].reason.startswith("A reviewer who has room would share more dossiers")


def test_pairs_that_are_not_listed_are_named_where_they_lack():
    plan = assign(
        [1], [Reviewer(1, 5), Reviewer(2, 5)], [], per_application=2, values=Values.of({(1, 2): 1.0}, only_listed=True)
    )

    assert plan.pairs == ((1, 2),)
    assert plan.shortfalls[0].reason.startswith("Only 1 of 2 reviewers can take it (not listed for it: 1)")
