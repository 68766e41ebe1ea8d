"""The written order, and who owes a reason for standing outside it."""

from __future__ import annotations

import itertools
from collections import defaultdict

import numpy as np
import pytest

from accelerator.rules.ranking import (
    Certainty,
    Departure,
    Ranked,
    certainty,
    draws_for,
    is_too_close,
    off_rank,
    rank,
)
from accelerator.rules.scoring import Adjusted, Direction, Quality, Review, adjusted
from tests.rules.test_scoring import simulated

ORDER = list(range(1, 11))


def ranked(**scores: tuple[float, list[float]]):
    qualities = [Quality(int(name[1:]), adjusted, 0.1, len(own)) for name, (adjusted, own) in scores.items()]
    return rank(qualities, {int(name[1:]): own for name, (_adjusted, own) in scores.items()})


def test_rank_is_by_adjusted_score_with_mean_median_and_spread_beside_it():
    lines = ranked(a1=(3.0, [3, 3, 3]), a2=(4.0, [2, 4, 5]))

    assert [(line.application_id, line.rank) for line in lines] == [(2, 1), (1, 2)]
    assert (lines[0].mean, lines[0].median) == pytest.approx((11 / 3, 4))
    assert lines[0].spread == pytest.approx(1.5275252)
    assert lines[1].spread == 0


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((3, [4.0, 2.5]), (3, [3.0, 3.0])),  # mean
        ((3, [1.0, 4.0, 4.0]), (3, [3.0, 3.0, 3.0])),  # median
        ((3, [3.0, 3.0]), (3, [2.0, 4.0])),  # spread
        ((3, [3.0, 3.0, 3.0]), (3, [3.0, 3.0])),  # reviews
        ((3, [3.0]), (3, [3.0])),  # id
        ((3 + 1e-12, [3.0]), (3, [3.0])),  # what no one can see is no difference
    ],
)
def test_ties_are_broken_by_the_written_order(first, second):
    assert [line.application_id for line in ranked(a7=first, a8=second)] == [7, 8]
    if first != second and first[1] != second[1]:
        assert [line.application_id for line in ranked(a8=first, a7=second)] == [8, 7]


def test_rank_puts_the_lowest_first_where_low_is_good():
    qualities = [Quality(1, 3.0, 0.1, 2), Quality(2, 2.0, 0.1, 2), Quality(3, 2.0, 0.1, 2), Quality(4, 2.0, 0.1, 2)]
    scores = {1: [3, 3], 2: [2, 3], 3: [1, 3], 4: [1, 3]}

    assert [line.application_id for line in rank(qualities, scores, Direction.LOW)] == [3, 4, 2, 1]


def test_rank_gives_every_application_one_rank_of_its_own():
    lines = ranked(**{f"a{n}": (3.0, [3.0]) for n in range(1, 50)})

    assert [line.rank for line in lines] == list(range(1, 50))


@pytest.mark.parametrize(
    ("admitted", "waitlist", "owed"),
    [
        ([1, 2, 3], [4, 5], {}),
        ([3, 1, 2], [4, 5], {}),
        ([], [], {}),
        ([1, 2, 4], [3, 5], {4: Departure.ADMITTED_BELOW, 3: Departure.PASSED_OVER}),
        ([1, 2, 4], [5, 6], {4: Departure.ADMITTED_BELOW, 3: Departure.PASSED_OVER}),
        ([1, 2, 3], [4, 6], {6: Departure.WAITLISTED_BELOW, 5: Departure.LEFT_OFF_WAITLIST}),
        ([1, 2, 3], [5, 4], {5: Departure.AHEAD_ON_WAITLIST}),
        ([1, 2, 3], [4, 6, 5], {6: Departure.AHEAD_ON_WAITLIST}),
        ([1, 2, 99], [4], {99: Departure.ADMITTED_BELOW, 3: Departure.PASSED_OVER}),
        ([1, 2, 4], [5, 3], {4: Departure.ADMITTED_BELOW, 3: Departure.PASSED_OVER, 5: Departure.AHEAD_ON_WAITLIST}),
    ],
)
def test_off_rank_names_who_owes_a_reason(admitted, waitlist, owed):
    assert off_rank(ORDER, admitted, waitlist) == owed


def test_off_rank_is_empty_exactly_when_the_choice_follows_the_order():
    order = [1, 2, 3, 4]
    for taken in range(4):
        for admitted in itertools.combinations(order, taken):
            rest = [item for item in order if item not in admitted]
            for length in range(len(rest) + 1):
                for waitlist in itertools.permutations(rest, length):
                    follows = list(admitted) == order[:taken] and list(waitlist) == rest[:length]
                    assert (off_rank(order, admitted, waitlist) == {}) == follows


def analysed(reviews: list[Review], direction: Direction = Direction.HIGH) -> tuple[Adjusted, list[Ranked]]:
    result = adjusted(reviews)
    scores = defaultdict(list)
    for review in reviews:
        scores[review.application_id].append(review.overall)
    return result, rank(result.qualities, scores, direction)


def sureness(reviews: list[Review], *, places: int, direction: Direction = Direction.HIGH, **others) -> list[Certainty]:
    return certainty(reviews, *analysed(reviews, direction), places=places, direction=direction, **others)


def measured(replications: int, **design: int | float) -> tuple[float, np.ndarray, np.ndarray]:
    """How often intervals hold the true rank; the chances, and whether each was among the fifteen in truth."""
    held, chances, among = [], [], []
    for seed in range(replications):
        reviews, quality, _ = simulated(1_000 + seed, **design)
        true_rank = np.argsort(np.argsort(-quality)) + 1
        for line in sureness(reviews, places=15, count=1_000):
            own = true_rank[line.application_id]
            held.append(line.rank_low <= own <= line.rank_high)
            chances.append(line.chance)
            among.append(own <= 15)
    return float(np.mean(held)), np.array(chances), np.array(among)


@pytest.mark.parametrize(
    "design",
    [
        {"applications": 80, "reviewers": 16, "each": 3},
        {"applications": 60, "reviewers": 12, "each": 2, "quality": 0.4},
        {"applications": 100, "reviewers": 12, "each": 3, "severity": 0.0},
    ],
)
def test_intervals_of_rank_hold_the_true_rank_nine_times_in_ten_and_chances_come_true(design):
    """Truth drawn from the model, its variances estimated anew each time."""
    coverage, chances, among = measured(30, **design)

    assert 0.88 <= coverage <= 0.92
    for low, high in ((0.0, 0.1), (0.1, 0.35), (0.35, 0.65), (0.65, 0.9), (0.9, 1.01)):
        inside = (chances >= low) & (chances < high)
        if inside.sum() >= 100:
            allowed = 4 * (0.25 / inside.sum()) ** 0.5  # applications of one draw of the truth depend on each other
            assert abs(chances[inside].mean() - among[inside].mean()) < min(allowed, 0.1)


def test_chances_add_up_to_the_places():
    reviews, _, _ = simulated(1, applications=60, reviewers=10, each=3)

    assert sum(line.chance for line in sureness(reviews, places=15)) == pytest.approx(15, abs=0.01)


def test_certainty_is_the_same_every_time_and_in_either_direction():
    reviews, _, _ = simulated(2, applications=40, reviewers=8, each=3)
    turned = [Review(review.application_id, review.reviewer_id, 6 - review.overall) for review in reviews]

    first = sureness(reviews, places=10)

    assert sureness(reviews[::-1], places=10) == first
    assert sureness(reviews, places=10, seed=3) != first
    mirrored = sureness(turned, places=10, direction=Direction.LOW)
    assert [line.application_id for line in mirrored] == [line.application_id for line in first]
    assert [line.chance for line in mirrored] == pytest.approx([line.chance for line in first], abs=0.05)


def test_an_interval_contains_the_rank_itself():
    reviews, _, _ = simulated(3, applications=200, reviewers=20, each=2, quality=0.2)
    _, lines = analysed(reviews)

    for line, sure in zip(lines, sureness(reviews, places=15), strict=True):
        assert sure.application_id == line.application_id
        assert 1 <= sure.rank_low <= line.rank <= sure.rank_high <= 200


def test_everybody_has_a_place_where_there_are_places_for_all():
    reviews, _, _ = simulated(4, applications=6, reviewers=4, each=3)

    assert [line.chance for line in sureness(reviews, places=15)] == [1.0] * 6


def test_nothing_is_certain_of_equals():
    reviews = [Review(a, r, 3.0) for a in range(20) for r in range(3)]

    found = sureness(reviews, places=5)

    assert [line.chance for line in found] == pytest.approx([0.25] * 20, abs=0.05)
    assert min(line.rank_high - line.rank_low for line in found) >= 16


def test_single_scores_leave_the_order_open():
    found = sureness([Review(1, 1, 4.0), Review(2, 1, 2.0), Review(3, 2, 3.0)], places=1)

    assert [line.application_id for line in found] == [1, 3, 2]
    assert 0.5 < found[0].chance < 0.95
    assert (found[0].rank_low, found[0].rank_high) != (1, 1)


def test_clear_differences_are_certain():
    reviews = [Review(a, r, float(a) + 0.01 * r) for a in range(1, 6) for r in range(3)]

    found = sureness(reviews, places=2)

    assert [(line.application_id, line.rank_low, line.rank_high, line.chance) for line in found] == [
        (5, 1, 1, 1.0),
        (4, 2, 2, 1.0),
        (3, 3, 3, 0.0),
        (2, 4, 4, 0.0),
        (1, 5, 5, 0.0),
    ]


def test_certainty_without_reviews_is_nothing():
    assert sureness([], places=15) == []


@pytest.mark.parametrize(
    ("applications", "draws"), [(0, 4_000), (15, 4_000), (2_500, 4_000), (5_000, 2_000), (10_000, 1_000)]
)
def test_the_larger_the_ranking_the_fewer_the_draws(applications, draws):
    assert draws_for(applications) == draws


@pytest.mark.parametrize(
    ("rank_", "chance", "expected"),
    [(1, 1.0, False), (15, 0.9, False), (15, 0.8999, True), (3, 0.05, True), (16, 0.1, False), (16, 0.1001, True)],
)
def test_too_close_to_call_is_what_nine_draws_of_ten_do_not_settle(rank_, chance, expected):
    assert is_too_close(rank_, chance, 15) is expected
