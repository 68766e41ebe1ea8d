"""The robustness sheet against counting every variant anew, naively."""

from __future__ import annotations

from collections import defaultdict
from statistics import fmean, median, stdev

import pytest

from accelerator.rules.ranking import rank
from accelerator.rules.robustness import Variant, Way, sheet
from accelerator.rules.scoring import Adjusted, Direction, Method, Review, adjusted
from tests.rules.test_scoring import oracle, simulated


def scores_of(reviews: list[Review]) -> dict[int, list[float]]:
    scores = defaultdict(list)
    for review in reviews:
        scores[review.application_id].append(review.overall)
    return scores


def rescaled(reviews: list[Review]) -> list[Review]:
    """Each reviewer's z-scores on the scale of all scores, one reviewer at a time."""
    every = [review.overall for review in reviews]
    found = []
    for reviewer in {review.reviewer_id for review in reviews}:
        own = [review for review in reviews if review.reviewer_id == reviewer]
        points = [review.overall for review in own]
        for review in own:
            if len(own) == 1:
                value = review.overall
            elif len(set(points)) == 1:
                value = fmean(every)
            else:
                value = fmean(every) + stdev(every) * (review.overall - fmean(points)) / stdev(points)
            found.append(Review(review.application_id, reviewer, value))
    return found


def solved_anew(reviews: list[Review], result: Adjusted) -> dict[int, float]:
    """Qualities by the textbook's dense matrices, the variances given."""
    if result.method is Method.MEAN:
        return {one: fmean(own) for one, own in scores_of(reviews).items()}
    variances = (result.quality_variance, result.severity_variance, result.noise_variance)
    return {one: quality for one, (quality, _error) in oracle(reviews, *variances)[0].items()}


def trimmed(points: list[float]) -> float:
    return fmean(sorted(points)[1:-1]) if len(points) > 2 else fmean(points)


def naive_sheet(reviews: list[Review], places: int, sign: int) -> dict[int, tuple[int, set[str]]]:
    """For each application how often it is chosen, and by the code of which variants."""
    result, scores = adjusted(reviews), scores_of(reviews)
    direction = Direction.HIGH if sign == 1 else Direction.LOW
    order = [line.application_id for line in rank(result.qualities, scores, direction)]
    variants = {
        "adjusted": {one: float(-position * sign) for position, one in enumerate(order)},
        "mean": {one: fmean(own) for one, own in scores.items()},
        "median": {one: median(own) for one, own in scores.items()},
        "trimmed": {one: trimmed(own) for one, own in scores.items()},
        "z_score": {one: fmean(own) for one, own in scores_of(rescaled(reviews)).items()},
    }
    for reviewer in {review.reviewer_id for review in reviews}:
        rest = [review for review in reviews if review.reviewer_id != reviewer]
        variants[f"without:{reviewer}"] = solved_anew(rest, result) if rest else {}
    chosen_by = {one: set() for one in order}
    for name, values in variants.items():
        best = sorted(values, key=lambda one: (-sign * round(values[one], 6), order.index(one)))
        for one in best[:places]:
            chosen_by[one].add(name)
    return {one: (len(names), names) for one, names in chosen_by.items()}


CASES = {
    "severity": simulated(1, applications=14, reviewers=6, each=3, severity=0.8)[0],
    "no bias": simulated(2, applications=14, reviewers=6, each=3, severity=0.0)[0],
    "two scores each": simulated(3, applications=12, reviewers=5, each=2, severity=0.8)[0],
    "one score each": simulated(4, applications=9, reviewers=3, each=1)[0],
    "whole points, ties": [
        Review(r.application_id, r.reviewer_id, float(min(5, max(1, round(r.overall)))))
        for r in simulated(5, applications=16, reviewers=5, each=4, severity=0.7)[0]
    ],
    "a reviewer of one opinion": [
        Review(r.application_id, r.reviewer_id, 4.0 if r.reviewer_id == 2 else r.overall)
        for r in simulated(6, applications=12, reviewers=5, each=3, severity=0.7)[0]
    ],
    "a reviewer with one review": [*simulated(7, applications=10, reviewers=5, each=3)[0], Review(3, 77, 4.2)],
    "all equal": [Review(a, r, 3.0) for a in range(6) for r in range(3)],
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("places", "sign"), [(4, 1), (5, -1), (30, 1)])
def test_the_sheet_equals_counting_every_variant_anew(name, places, sign):
    reviews = CASES[name]
    expected = naive_sheet(reviews, places, sign)
    direction = Direction.HIGH if sign == 1 else Direction.LOW

    found = sheet(reviews, places=places, direction=direction)

    reviewers = len({review.reviewer_id for review in reviews})
    assert {line.application_id: line.survives for line in found} == {
        one: count for one, (count, _) in expected.items()
    }
    assert {line.variants for line in found} == {5 + reviewers}
    for position, line in enumerate(found):
        chosen_by = expected[line.application_id][1]
        every = {"adjusted", "mean", "median", "trimmed", "z_score", *(f"without:{r.reviewer_id}" for r in reviews)}
        otherwise = every - chosen_by if position < places else chosen_by
        assert {variant.code for variant in line.otherwise} == otherwise


def test_the_cases_reach_every_method():
    assert {adjusted(reviews).method for reviews in CASES.values()} == set(Method)


def test_an_application_that_only_one_reviewer_read_is_not_chosen_without_them():
    reviews = [Review(1, 1, 5.0), *(Review(a, r, 2.0 + 0.1 * a) for a in range(2, 8) for r in (2, 3))]

    first = sheet(reviews, places=1)[0]

    assert first.application_id == 1
    assert Variant(Way.WITHOUT, 1) in first.otherwise


def test_the_sheet_of_no_reviews_is_empty():
    assert sheet([]) == []


@pytest.mark.parametrize("variant", [Variant(Way.MEDIAN), Variant(Way.WITHOUT, 12)])
def test_a_variant_is_known_by_its_code(variant):
    assert Variant.of(variant.code) == variant
