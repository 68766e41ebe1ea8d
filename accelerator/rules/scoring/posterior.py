"""Rules · Scoring · Posterior — draws of what the qualities may be, given the scores: all applications at once.

Given the variances, the mean and the reviewers' effects are jointly normal around their solution, with the inverse of
the reduced system times the noise as covariance; given those, the applications are independent. So a draw carries
what the applications share: two that were read by the same uncertain reviewer move together.

Random numbers come from numpy's RandomState, whose stream is promised never to change (NEP 19): a result that is
frozen today is recomputed to equality years later.

Source: Searle, Casella and McCulloch (1992), "Variance Components", chapter 7. With more reviewers than DENSE_LIMIT, a draw
        is a simulated truth plus the solution of what the scores differ from its scores: Papandreou and Yuille
        (2010), "Gaussian sampling by local perturbations".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from accelerator.rules.scoring.mixed_model import (
    DENSE_LIMIT,
    Design,
    Floats,
    Reduced,
    Variances,
    applied,
    ratios,
    weights,
)
from accelerator.rules.scoring.severity import Adjusted, Method, Review, design_of, in_order

BLOCK: Final = 64
"""Draws made together; a part of what a seed means."""


def draws(reviews: Iterable[Review], result: Adjusted, *, count: int, seed: int) -> Iterator[Floats]:
    """Blocks of joint draws of the qualities: a row a draw, a column an application, in the order of the result.

    Args: result is what `adjusted` makes of these reviews.
    """
    random = np.random.RandomState(seed)
    sizes = [min(BLOCK, count - start) for start in range(0, count, BLOCK)]
    if result.method is Method.MEAN:
        means = np.array([line.adjusted for line in result.qualities])
        errors = np.array([line.standard_error for line in result.qualities])
        return (means + errors * random.standard_normal((size, len(means))) for size in sizes)
    design, _, _ = design_of(in_order(reviews))
    found = Variances(result.quality_variance, result.severity_variance, result.noise_variance)
    if result.method is Method.QUALITY:
        design = design.without_reviewers()
    if design.reviewers > DENSE_LIMIT:
        return _perturbed(design, found, sizes, random)
    return _exact(design, found, sizes, random)


def _exact(design: Design, found: Variances, sizes: list[int], random: np.random.RandomState) -> Iterator[Floats]:
    reduced = Reduced(design)
    inverse = reduced.inverse(*ratios(found))
    weight = weights(reduced.sizes, ratios(found)[0])
    effects, _ = reduced.solve(inverse, weight)
    root = np.linalg.cholesky(found.noise * (inverse + inverse.T) / 2)
    spread = np.sqrt(found.noise * weight)
    for size in sizes:
        drawn = effects + random.standard_normal((size, len(effects))) @ root.T
        seen = drawn[:, :1] * reduced.sizes
        if design.reviewers:
            seen = seen + np.add.reduceat(drawn[:, 1:][:, reduced.sorted_reviewer], reduced.starts[:-1], axis=1)
        own = spread * random.standard_normal((size, design.applications))
        yield drawn[:, :1] + weight * (reduced.application_sums - seen) + own


def _perturbed(design: Design, found: Variances, sizes: list[int], random: np.random.RandomState) -> Iterator[Floats]:
    for size in sizes:
        block = np.empty((size, design.applications))
        for line in range(size):
            quality = found.quality**0.5 * random.standard_normal(design.applications)
            severity = found.severity**0.5 * random.standard_normal(design.reviewers)
            noise = found.noise**0.5 * random.standard_normal(len(design.score))
            rest = design.score - quality[design.application] - severity[design.reviewer] - noise
            effects, moved, _ = applied(
                Design(design.application, design.reviewer, rest, design.applications, design.reviewers), found
            )
            block[line] = effects[0] + quality + moved
        yield block
