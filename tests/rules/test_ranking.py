"""The written order, and who owes a reason for standing outside it."""

from __future__ import annotations

import itertools

import pytest

from accelerator.rules.ranking import Departure, off_rank, rank
from accelerator.rules.scoring import Quality

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
