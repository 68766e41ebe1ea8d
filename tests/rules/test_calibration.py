"""Calibration: the middle of a group against a brute force, what a change gives away, near, stricter and milder."""

from __future__ import annotations

import itertools
import random
from decimal import Decimal

import numpy as np
import pytest

from accelerator.rules import calibration
from accelerator.rules.calibration import Given, Lean, Middle
from accelerator.rules.scoring import Scale

FIVE = Scale(1, 5)


def given(*points: int) -> Given:
    return Given(Decimal(sum(points)) / len(points), dict(enumerate(points)))


@pytest.mark.parametrize(
    ("chosen", "more", "allowed"),
    [(0, 0, False), (0, 1, True), (0, 5, True), (0, 6, False), (2, 3, True), (3, 3, False), (5, 1, False)],
)
def test_can_choose_one_to_five_in_all(chosen, more, allowed):
    verdict = calibration.can_choose(chosen, more)

    assert bool(verdict) is allowed
    assert bool(verdict.reason) is not allowed


@pytest.mark.parametrize(("begun", "allowed"), [(0, True), (1, False)])
def test_can_withdraw_until_somebody_has_begun(begun, allowed):
    assert bool(calibration.can_withdraw(begun)) is allowed


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6])
def test_middle_is_what_numpy_counts_of_every_group(size):
    for points in itertools.combinations_with_replacement(range(1, 6), size):
        expected = np.percentile(points, [25, 50, 75])

        found = calibration.middle(points)

        assert (found.low, found.median, found.high) == pytest.approx(tuple(expected))
        assert min(points) <= found.low <= found.median <= found.high <= max(points)


@pytest.mark.parametrize(("median", "whole"), [(3.0, (3,)), (3.5, (3, 4)), (1.0, (1,)), (4.5, (4, 5))])
def test_the_median_is_a_point_or_lies_between_two(median, whole):
    assert Middle(1.0, median, 5.0).whole == whole


def test_compare_waits_for_three_others_and_says_how_many_lack():
    own = given(2, 4)

    assert [calibration.compare(own, [given(3, 3)] * sent) for sent in range(3)] == [None, None, None]
    assert [calibration.missing(sent) for sent in range(5)] == [3, 2, 1, 0, 0]


def test_compare_is_signed_and_leaves_the_own_review_out():
    found = calibration.compare(given(2, 2), [given(3, 3), given(3, 5), given(2, 4)])

    assert found is not None
    assert (found.others, found.overall, found.difference) == (3, Decimal("3.00"), Decimal("-1.00"))
    assert found.criteria == {0: Middle(2.5, 3, 3.0), 1: Middle(3.5, 4, 4.5)}


def test_no_figure_ever_changes_by_a_single_review():
    chance = random.Random(1)
    for _ in range(200):
        own = given(chance.randint(1, 5), chance.randint(1, 5))
        others = [given(chance.randint(1, 5), chance.randint(1, 5)) for _ in range(13)]
        seen = [calibration.compare(own, others[:sent]) for sent in range(14)]
        for sent, (before, after) in enumerate(itertools.pairwise(seen)):
            if after != before:
                assert (sent + 1) % 3 == 0
                assert after.others - (before.others if before else 0) == 3


def test_a_criterion_that_the_others_were_never_asked_is_left_out():
    found = calibration.compare(given(2, 4), [Given(Decimal(3), {0: 3})] * 3)

    assert set(found.criteria) == {0}


@pytest.mark.parametrize(
    ("differences", "mean", "lean"),
    [
        (["0.49", "0.49"], "0.49", Lean.NEAR),
        (["-0.49"], "-0.49", Lean.NEAR),
        (["0.50"], "0.50", Lean.MILDER),
        (["-1.00", "0.00"], "-0.50", Lean.STRICTER),
        (["-1.00", "1.00"], "0.00", Lean.NEAR),
    ],
)
def test_standing_is_near_within_half_a_point_of_five(differences, mean, lean):
    found = calibration.standing([Decimal(one) for one in differences], FIVE)

    assert (found.dossiers, found.difference, found.lean) == (len(differences), Decimal(mean), lean)


def test_standing_goes_by_the_width_of_the_scale():
    assert calibration.standing([Decimal("-2.00")], Scale(0, 20)).lean is Lean.NEAR
    assert calibration.standing([Decimal("-2.50")], Scale(0, 20)).lean is Lean.STRICTER
    assert calibration.standing([], FIVE) is None


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4])
def test_apart_is_the_mean_over_all_pairs(size):
    for points in itertools.product(range(1, 5), repeat=size):
        pairs = [
            abs(points[first] - points[second]) for first in range(size) for second in range(size) if first < second
        ]

        assert calibration.apart(points) == (pytest.approx(sum(pairs) / len(pairs)) if pairs else None)


@pytest.mark.parametrize(
    ("apart", "dividing"),
    [({1: 0.9, 2: 0.3}, set()), ({1: 1.0, 2: 1.4, 3: None}, {2}), ({1: 1.2, 2: 1.2}, {1, 2}), ({}, set())],
)
def test_what_divides_most_is_named_from_a_whole_point_on(apart, dividing):
    assert calibration.dividing(apart, FIVE) == dividing
