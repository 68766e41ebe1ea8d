"""Who reviews what: exact against brute force, even, connected, explained, quick."""

from __future__ import annotations

import itertools
import time
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from accelerator.rules.assignment import Pair, Plan, Reviewer, assign, desk_order, is_connected


def _worth(pairs: set[Pair], kept: set[Pair], applications: list[int], reviewers: list[Reviewer], per: int):
    """What makes one plan better than another, in order: reviews in each round, then even loads."""
    covered = Counter(a for a, _ in pairs | kept)
    loads = Counter(r for _, r in pairs | kept)
    rounds = tuple(sum(covered[a] >= k for a in applications) for k in range(1, per + 1))
    return sum(rounds), rounds, -sum(loads[r.id] ** 2 for r in reviewers)


def _best(applications, reviewers, conflicts, kept, per):
    """Every lawful plan tried, by brute force: the best worth, and whether one of the best is connected."""
    best, connected = None, False
    choices = []
    for a in applications:
        open_to = [r.id for r in reviewers if (a, r.id) not in conflicts and (a, r.id) not in kept]
        wanted = max(0, per - sum(1 for pair in kept if pair[0] == a))
        choices.append([c for n in range(wanted + 1) for c in itertools.combinations(open_to, n)])
    kept_load = Counter(r for _, r in kept)
    for chosen in itertools.product(*choices):
        pairs = {(a, r) for a, rs in zip(applications, chosen, strict=True) for r in rs}
        load = Counter(r for _, r in pairs)
        if any(load[r.id] and load[r.id] + kept_load[r.id] > r.capacity for r in reviewers):
            continue
        worth = _worth(pairs, kept, applications, reviewers, per)
        if best is None or worth > best:
            best, connected = worth, is_connected(pairs | kept)
        elif worth == best and not connected:
            connected = is_connected(pairs | kept)
    return best, connected


@st.composite
def small_rounds(draw):
    applications = list(range(1, draw(st.integers(1, 4)) + 1))
    reviewers = [Reviewer(10 + n, draw(st.integers(0, 4))) for n in range(draw(st.integers(1, 4)))]
    every = [(a, r.id) for a in applications for r in reviewers]
    conflicts = set(draw(st.lists(st.sampled_from(every), max_size=5)))
    kept = {pair for pair in draw(st.lists(st.sampled_from(every), max_size=3)) if pair not in conflicts}
    return applications, reviewers, conflicts, kept, draw(st.integers(1, 3)), draw(st.integers(0, 3))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(small_rounds())
def test_plan_is_as_good_as_the_best_of_all_plans(case):
    applications, reviewers, conflicts, kept, per, seed = case

    plan = assign(applications, reviewers, conflicts, per_application=per, kept=kept, seed=seed)

    pairs = set(plan.pairs)
    assert len(pairs) == len(plan.pairs)
    assert not pairs & conflicts and not pairs & kept
    best, can_be_connected = _best(applications, reviewers, conflicts, kept, per)
    assert _worth(pairs, kept, applications, reviewers, per) == best
    loads = Counter(r for _, r in pairs | kept)
    assert plan.loads == {r.id: loads[r.id] for r in reviewers}
    kept_load = Counter(r for _, r in kept)
    assert all(loads[r.id] <= max(r.capacity, kept_load[r.id]) for r in reviewers)
    covered = Counter(a for a, _ in pairs | kept)
    short = {a: per - covered[a] for a in applications if covered[a] < per}
    assert {s.application_id: s.missing for s in plan.shortfalls} == short
    assert plan.is_connected == is_connected(pairs | kept)
    if not plan.shortfalls:  # who is short may decide it; with nobody short, exchanges reach it
        assert plan.is_connected == can_be_connected


@settings(max_examples=50, deadline=None, derandomize=True)
@given(small_rounds(), st.randoms(use_true_random=False))
def test_plan_does_not_depend_on_the_order_of_its_input(case, shuffler):
    applications, reviewers, conflicts, kept, per, seed = case
    first = assign(applications, reviewers, conflicts, per_application=per, kept=kept, seed=seed)
    mixed, people = list(applications), list(reviewers)
    shuffler.shuffle(mixed)
    shuffler.shuffle(people)

    again = assign(mixed, people, sorted(conflicts), per_application=per, kept=sorted(kept), seed=seed)

    assert again == first


def test_a_round_of_usual_size_is_full_even_connected_and_quick():
    applications, reviewers = list(range(180)), [Reviewer(1000 + n, 30) for n in range(20)]
    conflicts = [(a, 1000 + a % 20) for a in range(0, 180, 3)]
    started = time.perf_counter()

    plan = assign(applications, reviewers, conflicts, per_application=3, seed=7)

    assert time.perf_counter() - started < 1
    assert len(plan.pairs) == 540 and plan.shortfalls == () and plan.is_connected
    assert set(plan.loads.values()) == {27}


def test_loads_stay_under_small_limits_and_even_above_them():
    reviewers = [Reviewer(1, 2), Reviewer(2, 50), Reviewer(3, 50), Reviewer(4, 50)]

    plan = assign(range(20), reviewers, [], per_application=2, seed=1)

    assert plan.missing == 0
    assert plan.loads[1] == 2
    assert sorted(plan.loads[n] for n in (2, 3, 4)) == [12, 13, 13]


def test_what_is_kept_stays_and_only_the_rest_is_added():
    reviewers = [Reviewer(n, 10) for n in (1, 2, 3)]

    plan = assign([5, 6], reviewers, [], per_application=2, kept=[(5, 1), (5, 2)], seed=0)

    assert {a for a, _ in plan.pairs} == {6}
    assert plan.loads[3] == 1


def test_two_committees_that_never_meet_are_joined_by_an_exchange():
    reviewers = [Reviewer(n, 10) for n in (1, 2, 3, 4)]

    plan = assign(range(1, 9), reviewers, [], per_application=2, seed=3)

    assert plan.is_connected
    assert sorted(plan.loads.values()) == [4, 4, 4, 4]


def test_shortfall_by_conflicts_says_how_many_are_free():
    plan = assign([1], [Reviewer(1, 5), Reviewer(2, 5)], [(1, 2)], per_application=2)

    assert plan.shortfalls[0].missing == 1
    assert plan.shortfalls[0].reason == (
        "Only 1 of 2 reviewers can still take it: the others hold it already, have a conflict of interest or gave "
        "it back."
    )


def test_shortfall_by_full_desks_says_so():
    plan = assign([1, 2], [Reviewer(1, 1)], [], per_application=1)

    assert plan.missing == 1
    assert plan.shortfalls[0].reason.startswith("Every reviewer who could take it already holds")


def test_nobody_on_the_committee_is_a_sentence():
    plan = assign([1], [], [], per_application=3)

    assert plan == Plan((), plan.shortfalls, {}, True)
    assert plan.shortfalls[0].reason == "Nobody is on the committee yet."


def test_desk_order_is_a_shuffle_that_repeats():
    assert sorted(desk_order(range(30), seed=4)) == list(range(30))
    assert desk_order(range(30), seed=4) == desk_order(list(reversed(range(30))), seed=4)
    assert desk_order(range(30), seed=4) != desk_order(range(30), seed=5)
