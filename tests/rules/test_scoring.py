"""Overall scores; severity-adjusted quality against a dense oracle and on real reviews."""

from __future__ import annotations

import csv
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from accelerator.kernel.errors import RuleViolation
from accelerator.rules.scoring import (
    Criterion,
    Method,
    Review,
    Scale,
    adjusted,
    mixed_model,
    overall_of_known,
    overall_score,
)

ONE_TO_FIVE = Scale()


def equal_criteria(count: int) -> list[Criterion]:
    return [Criterion(number, Decimal(1)) for number in range(count)]


def test_overall_score_is_the_weighted_mean():
    rubric = [Criterion(1, Decimal(3)), Criterion(2, Decimal(1))]

    assert overall_score({1: 5, 2: 1}, rubric, ONE_TO_FIVE) == Decimal("4.00")


def test_overall_score_rounds_half_to_even():
    assert overall_score(dict.fromkeys(range(8), 3) | {0: 4}, equal_criteria(8), ONE_TO_FIVE) == Decimal("3.12")


@pytest.mark.parametrize(
    ("scores", "field"), [({0: 3}, "criterion_1"), ({0: 3, 1: 9}, "criterion_1"), ({0: 3, 1: 0}, "criterion_1")]
)
def test_overall_score_refuses_what_the_rubric_does_not_hold(scores, field):
    with pytest.raises(RuleViolation) as refused:
        overall_score(scores, equal_criteria(2), ONE_TO_FIVE)

    assert refused.value.field == field


def simulated(
    seed: int, *, applications: int, reviewers: int, each: int, severity: float = 0.5, quality: float = 0.6
) -> tuple[list[Review], np.ndarray, np.ndarray]:
    """Scores from the model itself, with the true qualities and severities."""
    draw = np.random.default_rng(seed)
    true_quality = 3 + draw.normal(0, quality, applications)
    true_severity = draw.normal(0, severity, reviewers)
    reviews = []
    for application in range(applications):
        for reviewer in draw.choice(reviewers, each, replace=False):
            score = true_quality[application] + true_severity[reviewer] + draw.normal(0, 0.5)
            reviews.append(Review(application, int(reviewer), float(score)))
    return reviews, true_quality, true_severity


def oracle(reviews: list[Review], quality: float, severity: float, noise: float) -> tuple[dict, dict, float]:
    """BLUPs, their error variances and the REML likelihood by the textbook: V as one dense matrix."""
    applications = sorted({review.application_id for review in reviews})
    reviewers = sorted({review.reviewer_id for review in reviews})
    score = np.array([review.overall for review in reviews])
    by_application = np.array([[review.application_id == a for a in applications] for review in reviews], float)
    by_reviewer = np.array([[review.reviewer_id == r for r in reviewers] for review in reviews], float)
    covariance = (
        quality * by_application @ by_application.T
        + severity * by_reviewer @ by_reviewer.T
        + noise * np.eye(len(reviews))
    )
    inverse = np.linalg.inv(covariance)
    ones = np.ones(len(reviews))
    information = ones @ inverse @ ones
    projection = inverse - np.outer(inverse @ ones, inverse @ ones) / information
    mean = ones @ inverse @ score / information
    likelihood = -0.5 * (np.linalg.slogdet(covariance)[1] + np.log(information) + score @ projection @ score)
    found = {}
    for index, application in enumerate(applications):
        loading = quality * by_application[:, index]
        weight = loading @ inverse
        left = 1 - weight @ ones
        error = quality - weight @ loading + left**2 / information
        found[application] = (mean + weight @ (score - mean), error**0.5)
    severities = {}
    for index, reviewer in enumerate(reviewers):
        loading = severity * by_reviewer[:, index]
        severities[reviewer] = (
            loading @ projection @ score,
            (severity - loading @ projection @ loading) ** 0.5,
        )
    return found, severities, float(likelihood)


@pytest.mark.parametrize("seed", range(4))
def test_adjusted_equals_a_dense_mixed_model_solve_at_the_top_of_its_likelihood(seed):
    reviews, _, _ = simulated(seed, applications=14, reviewers=6, each=3, severity=0.8)

    result = adjusted(reviews)

    variances = (result.quality_variance, result.severity_variance, result.noise_variance)
    assert result.method is Method.SEVERITY
    qualities, severities, likelihood = oracle(reviews, *variances)
    for line in result.qualities:
        assert (line.adjusted, line.standard_error) == pytest.approx(qualities[line.application_id], abs=1e-6)
    for line in result.severities:
        assert (line.severity, line.standard_error) == pytest.approx(severities[line.reviewer_id], abs=1e-6)
    for step in (0.97, 1.03):
        for part in range(3):
            moved = [value * (step if index == part else 1) for index, value in enumerate(variances)]
            assert oracle(reviews, *moved)[2] <= likelihood + 1e-4


def test_left_out_error_is_that_of_leaving_each_score_out():
    reviews, _, _ = simulated(3, applications=9, reviewers=4, each=3, severity=0.8)
    design = mixed_model.Design(
        np.array([review.application_id for review in reviews]),
        np.array([review.reviewer_id for review in reviews]),
        np.array([review.overall for review in reviews]),
        9,
        4,
    )
    fit = mixed_model.fit(design)
    found = (fit.variances.quality, fit.variances.severity, fit.variances.noise)

    errors = []
    for index, review in enumerate(reviews):
        others = reviews[:index] + reviews[index + 1 :]
        qualities, severities, _ = oracle(others, *found)
        errors.append(review.overall - qualities[review.application_id][0] - severities[review.reviewer_id][0])

    assert fit.left_out_error == pytest.approx(float(np.sqrt(np.mean(np.square(errors)))), abs=1e-6)


def test_many_reviewers_are_solved_without_the_matrix_and_agree_with_it(monkeypatch):
    reviews, _, _ = simulated(5, applications=200, reviewers=60, each=3, severity=0.8)
    exact = adjusted(reviews)
    found = mixed_model.Variances(exact.quality_variance, exact.severity_variance, exact.noise_variance)
    monkeypatch.setattr(mixed_model, "DENSE_LIMIT", 10)
    monkeypatch.setattr(mixed_model, "first_variances", lambda _design: found)

    applied = adjusted(reviews)

    assert applied.method is Method.SEVERITY
    assert [line.adjusted for line in applied.qualities] == pytest.approx(
        [line.adjusted for line in exact.qualities], abs=1e-6
    )
    assert [line.standard_error for line in applied.qualities] == pytest.approx(
        [line.standard_error for line in exact.qualities], rel=0.05
    )


def test_adjusted_recovers_severities_with_their_sign():
    reviews, true_quality, true_severity = simulated(8, applications=180, reviewers=20, each=3)

    result = adjusted(reviews)

    assert np.corrcoef([line.severity for line in result.severities], true_severity)[0, 1] > 0.95
    means = defaultdict(list)
    for review in reviews:
        means[review.application_id].append(review.overall)
    plain = [np.mean(means[application]) for application in range(180)]
    assert np.corrcoef([line.adjusted for line in result.qualities], true_quality)[0, 1] > (
        np.corrcoef(plain, true_quality)[0, 1] + 0.03
    )


def test_adjusted_ignores_the_order_of_the_reviews():
    reviews, _, _ = simulated(9, applications=30, reviewers=8, each=3)

    assert adjusted(reviews[::-1]) == adjusted(reviews)


def test_adjusted_says_so_when_reviewers_show_no_bias():
    reviews, _, _ = simulated(2, applications=120, reviewers=12, each=3, severity=0.0)

    result = adjusted(reviews)

    assert (result.method, result.severities, result.severity_variance) == (Method.QUALITY, (), 0.0)
    assert result.quality_variance > 0


@pytest.mark.parametrize(
    ("reviews", "expected"),
    [
        ([], []),
        ([Review(1, 1, 4.0)], [4.0]),
        ([Review(1, 1, 4.0), Review(2, 1, 2.0)], [4.0, 2.0]),
        ([Review(1, 1, 3.0), Review(1, 2, 3.0), Review(2, 1, 3.0)], [3.0, 3.0]),
    ],
)
def test_adjusted_is_the_plain_mean_where_quality_cannot_be_told_from_chance(reviews, expected):
    result = adjusted(reviews)

    assert result.method is Method.MEAN
    assert [line.adjusted for line in result.qualities] == expected


@pytest.mark.parametrize("agreeing", [2, 5])
def test_adjusted_keeps_unanimous_scores_as_they_are(agreeing):
    reviews = [Review(a, r, float(a)) for a in range(1, 6) for r in range(agreeing)]

    assert [line.adjusted for line in adjusted(reviews).qualities] == pytest.approx([1, 2, 3, 4, 5], abs=1e-3)


def test_adjusted_names_islands_and_reviewers_with_one_review():
    reviews = [Review(a, r, float(1 + (a + r) % 3)) for a in (1, 2, 3) for r in (1, 2)]
    reviews += [Review(8, 9, 2.0), Review(8, 10, 4.0), Review(9, 9, 3.0)]

    result = adjusted(reviews)

    assert result.islands == ((8, 9),)
    assert result.single_review_reviewers == (10,)


@pytest.mark.parametrize(("factor", "offset"), [(20.0, 0.0), (0.01, -3.0), (-1.0, 6.0)])
def test_another_scale_and_direction_change_only_the_units(factor, offset):
    reviews, _, _ = simulated(6, applications=60, reviewers=10, each=3)
    other = [Review(r.application_id, r.reviewer_id, offset + factor * r.overall) for r in reviews]

    one, two = adjusted(reviews), adjusted(other)

    assert one.method is two.method is Method.SEVERITY
    assert [line.adjusted for line in two.qualities] == pytest.approx(
        [offset + factor * line.adjusted for line in one.qualities], abs=1e-6 * abs(factor)
    )
    assert [line.severity for line in two.severities] == pytest.approx(
        [factor * line.severity for line in one.severities], abs=1e-6 * abs(factor)
    )
    assert [line.standard_error for line in two.qualities] == pytest.approx(
        [abs(factor) * line.standard_error for line in one.qualities]
    )


def test_overall_of_known_is_the_weighted_mean_of_what_is_scored():
    weights = {"team": 3.0, "market": 1.0, "extra": 0.0}

    assert overall_of_known({"team": 5, "market": 1, "extra": 9}, weights) == 4.0
    assert overall_of_known({"market": 2.5}, weights) == 2.5
    for nothing in ({}, {"extra": 4.0}):
        with pytest.raises(RuleViolation, match="no score"):
            overall_of_known(nothing, weights)


def held_out_error(rows: list[tuple[int, int, float]]) -> tuple[float, set[Method]]:
    """Root mean square error over ten folds of scores the model has not seen."""
    folds = np.random.default_rng(1).permutation(len(rows)) % 10
    errors, methods = [], set()
    for fold in range(10):
        result = adjusted([Review(*row) for row, own in zip(rows, folds, strict=True) if own != fold])
        methods.add(result.method)
        quality = {line.application_id: line.adjusted for line in result.qualities}
        severity = {line.reviewer_id: line.severity for line in result.severities}
        errors += [
            score - quality.get(application, result.mean) - severity.get(reviewer, 0.0)
            for (application, reviewer, score), own in zip(rows, folds, strict=True)
            if own == fold
        ]
    return float(np.sqrt(np.mean(np.square(errors)))), methods


def item_only_error(rows: list[tuple[int, int, float]]) -> float:
    """The same where all scores are taken to be one reviewer's, so that nobody's severity is corrected."""
    return held_out_error([(application, 0, score) for application, _, score in rows])[0]


def numbered(names: list[tuple[str, str, float]]) -> list[tuple[int, int, float]]:
    applications = {name: number for number, name in enumerate(sorted({row[0] for row in names}))}
    reviewers = {name: number for number, name in enumerate(sorted({row[1] for row in names}))}
    return [(applications[a], reviewers[r], score) for a, r, score in names]


def funding_round(shared: Path) -> list[dict[str, str]]:
    with (shared / "reviews" / "funding-round-5-ratings.csv").open() as file:
        return list(csv.DictReader(file))


def overalls(ratings: list[dict[str, str]]) -> list[tuple[str, str, float]]:
    """One overall score for each assessor of a proposal: the mean of the questions answered."""
    answers = defaultdict(list)
    for rating in ratings:
        answers[rating["proposal"], rating["assessor"]].append(float(rating["rating"]))
    return [(proposal, assessor, float(np.mean(own))) for (proposal, assessor), own in answers.items()]


@pytest.mark.shared
def test_real_assessors_left_out_scores_are_predicted(shared):
    error, methods = held_out_error(numbered(overalls(funding_round(shared))))

    assert methods == {Method.SEVERITY}
    assert error <= 0.91  # 1.031 without severities
    assert error <= 1.01 * item_only_error(numbered(overalls(funding_round(shared))))


@pytest.mark.shared
def test_real_assessors_severity_agrees_with_what_people_said_of_them(shared):
    """Share of an assessor's checked ratings that readers called lenient, less the share they called strict."""
    ratings = funding_round(shared)
    rows = overalls(ratings)
    reviewers = {name: number for number, name in enumerate(sorted({row[1] for row in rows}))}
    labels = defaultdict(list)
    for rating in ratings:
        if rating["lenient"]:
            labels[rating["assessor"]].append((float(rating["lenient"]) > 0) - (float(rating["strict"]) > 0))
    severity = {line.reviewer_id: line.severity for line in adjusted([Review(*r) for r in numbered(rows)]).severities}

    often = [name for name, own in labels.items() if len(own) >= 15]
    correlation = np.corrcoef([severity[reviewers[name]] for name in often], [np.mean(labels[name]) for name in often])[
        0, 1
    ]

    assert len(often) == 65
    assert correlation >= 0.7


@pytest.mark.shared
def test_real_panel_without_measurable_bias_is_told_so(shared):
    with (shared / "reviews" / "grant-panel-nih.csv").open() as file:
        rows = numbered([(row["ID"], row["RevID"], float(row["Score"])) for row in csv.DictReader(file)])

    error, methods = held_out_error(rows)

    assert methods == {Method.QUALITY}
    assert error <= 1.55
    assert error <= 1.01 * item_only_error(rows)


@pytest.mark.parametrize("severity", [0.0, 0.05, 0.1, 0.2, 0.4])
def test_correcting_never_predicts_worse_than_not_correcting(severity):
    """Least of all where there is little to correct: at most 1 % worse on scores the model has not seen."""
    for seed in (1, 2):
        reviews, _, _ = simulated(seed, applications=120, reviewers=15, each=3, severity=severity)
        rows = [(review.application_id, review.reviewer_id, review.overall) for review in reviews]

        assert held_out_error(rows)[0] <= 1.01 * item_only_error(rows)
