"""Joint draws of the qualities against the textbook's covariance; simulated and perturbed draws agree."""

from __future__ import annotations

import numpy as np
import pytest

from accelerator.rules.scoring import Method, Review, adjusted, draws, mixed_model, posterior
from tests.rules.test_scoring import simulated

COUNT = 20_000


def drawn(reviews: list[Review], count: int = COUNT, seed: int = 7) -> np.ndarray:
    return np.concatenate(list(draws(reviews, adjusted(reviews), count=count, seed=seed)))


def textbook_covariance(reviews: list[Review]) -> np.ndarray:
    """Of mean plus quality, given the scores: V as one dense matrix, the mean unknown."""
    result = adjusted(reviews)
    applications = [line.application_id for line in result.qualities]
    reviewers = sorted({review.reviewer_id for review in reviews})
    by_application = np.array([[review.application_id == a for a in applications] for review in reviews], float)
    by_reviewer = np.array([[review.reviewer_id == r for r in reviewers] for review in reviews], float)
    inverse = np.linalg.inv(
        result.quality_variance * by_application @ by_application.T
        + result.severity_variance * by_reviewer @ by_reviewer.T
        + result.noise_variance * np.eye(len(reviews))
    )
    ones = np.ones(len(reviews))
    loading = result.quality_variance * by_application.T @ inverse
    left = 1 - loading @ ones
    known = result.quality_variance * loading @ by_application
    return result.quality_variance * np.eye(len(applications)) - known + np.outer(left, left) / (ones @ inverse @ ones)


@pytest.mark.parametrize(("seed", "severity"), [(1, 0.8), (2, 0.0)])
def test_draws_have_the_mean_and_the_joint_covariance_of_the_model(seed, severity):
    reviews, _, _ = simulated(seed, applications=10, reviewers=5, each=3, severity=severity)

    found = drawn(reviews)

    covariance = textbook_covariance(reviews)
    deviations = np.sqrt(np.diag(covariance))
    assert np.abs(found.mean(axis=0) - [line.adjusted for line in adjusted(reviews).qualities]).max() < 0.02
    assert np.abs((np.cov(found.T) - covariance) / np.outer(deviations, deviations)).max() < 0.04
    if severity:
        assert (covariance / np.outer(deviations, deviations))[~np.eye(10, dtype=bool)].max() > 0.2


def test_draws_of_many_reviewers_agree_with_the_exact_ones(monkeypatch):
    reviews, _, _ = simulated(3, applications=10, reviewers=5, each=3, severity=0.8)
    result = adjusted(reviews)
    monkeypatch.setattr(posterior, "DENSE_LIMIT", 4)

    found = np.concatenate(list(draws(reviews, result, count=4_000, seed=7)))

    covariance = textbook_covariance(reviews)
    deviations = np.sqrt(np.diag(covariance))
    assert np.abs(found.mean(axis=0) - [line.adjusted for line in result.qualities]).max() < 0.05
    assert np.abs((np.cov(found.T) - covariance) / np.outer(deviations, deviations)).max() < 0.08


def test_draws_are_the_same_for_the_same_seed_in_any_order_of_the_reviews():
    reviews, _, _ = simulated(4, applications=12, reviewers=5, each=3)

    assert np.array_equal(drawn(reviews, 100), drawn(reviews[::-1], 100))
    assert not np.array_equal(drawn(reviews, 100), drawn(reviews, 100, seed=8))


def test_draws_around_plain_means_are_as_wide_as_their_standard_errors():
    reviews = [Review(1, 1, 4.0), Review(2, 1, 2.0), Review(3, 2, 3.0)]

    found = drawn(reviews)

    assert adjusted(reviews).method is Method.MEAN
    assert found.mean(axis=0) == pytest.approx([4, 2, 3], abs=0.03)
    assert found.std(axis=0) == pytest.approx([1, 1, 1], abs=0.03)


def test_a_first_guess_changes_nothing_of_the_solution():
    reviews, _, _ = simulated(5, applications=40, reviewers=12, each=3)
    design = mixed_model.Design(
        np.array([review.application_id for review in reviews]),
        np.array([review.reviewer_id for review in reviews]),
        np.array([review.overall for review in reviews]),
        40,
        12,
    )
    found = mixed_model.Variances(0.4, 0.2, 0.25)
    effects, quality, _ = mixed_model.applied(design, found)

    again, same_quality, _ = mixed_model.applied(design, found, np.arange(13.0))

    assert again == pytest.approx(effects, abs=1e-7)
    assert same_quality == pytest.approx(quality, abs=1e-7)
