"""Rules · Scoring · Severity — what an application is worth once its reviewers' habits are taken out.

A score is the mean of all scores, plus the application's quality, plus the reviewer's severity, plus noise. Who
happened to draw a strict reviewer is given back what that cost; an application with few scores is drawn towards
the mean. The correction is made only where it predicts left-out scores better than no correction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from accelerator.kernel.message import N_
from accelerator.rules.scoring.mixed_model import Design, Fit, fit, fit_quality_alone

SMALLEST_GAIN: Final = 0.005
"""How much better, as a share, left-out scores must be predicted for severities to be believed."""


class Method(StrEnum):
    """How qualities were computed; the name and version that are printed with every result."""

    SEVERITY = "additive-severity-1"
    QUALITY = "quality-alone-1"
    MEAN = "plain-mean-1"


METHOD_WORDS: Final[Mapping[Method, str]] = {
    Method.SEVERITY: N_("Scores are corrected for each reviewer’s severity and drawn towards the mean."),
    Method.QUALITY: N_("No measurable reviewer bias: scores are drawn towards the mean, not corrected for severity."),
    Method.MEAN: N_("Too few scores to tell quality from chance: the adjusted score is the plain mean."),
}


@dataclass(frozen=True)
class Review:
    """One reviewer's overall score of one application."""

    application_id: int
    reviewer_id: int
    overall: float


@dataclass(frozen=True)
class Quality:
    """One application's adjusted score, on the rubric's scale, with its standard error."""

    application_id: int
    adjusted: float
    standard_error: float
    reviews: int


@dataclass(frozen=True)
class Severity:
    """How far above (positive) or below the others one reviewer scores, with its standard error."""

    reviewer_id: int
    severity: float
    standard_error: float
    reviews: int


@dataclass(frozen=True)
class Adjusted:
    """The whole result. Applications by id; reviewers by id, none unless their severity is measurable.

    `gain` is the share by which left-out scores are predicted better with severities than without. `islands` are
    the groups of applications that share no reviewer, even through others, with the largest group: their scores
    compare with the rest only as far as both groups are equally good on average.
    """

    method: Method
    qualities: tuple[Quality, ...]
    severities: tuple[Severity, ...]
    mean: float
    quality_variance: float
    severity_variance: float
    noise_variance: float
    gain: float
    islands: tuple[tuple[int, ...], ...]
    single_review_reviewers: tuple[int, ...]


def adjusted(reviews: Iterable[Review]) -> Adjusted:
    """Shrunken quality of every application, with reviewers' severities where the data show any.

    Units:     points on the rubric's scale, whichever it is; variances in points squared. Where low points are good
               (`Direction.LOW`), a low adjusted score is: severity is positive for whoever gives more points.
    Invariant: the order of the reviews changes nothing; other units and another direction change only the units.
    """
    ordered = in_order(reviews)
    if not ordered:
        return Adjusted(Method.MEAN, (), (), 0.0, 0.0, 0.0, 0.0, 0.0, (), ())
    design, application_ids, reviewer_ids = design_of(ordered)
    islands = _islands(ordered)
    reviews_of = np.bincount(design.reviewer)
    singles = tuple(reviewer_id for reviewer_id, size in zip(reviewer_ids, reviews_of, strict=True) if size == 1)
    if len(ordered) <= design.applications or float(np.ptp(design.score)) == 0.0:
        return _plain(design, application_ids, islands, singles)
    alone = fit_quality_alone(design)
    chosen, method, gain = alone, Method.QUALITY, 0.0
    if (reviews_of > 1).sum() > 1:
        corrected = fit(design)
        if alone.left_out_error > 0:
            gain = 1.0 - corrected.left_out_error / alone.left_out_error
        if gain > SMALLEST_GAIN:
            chosen, method = corrected, Method.SEVERITY
    return Adjusted(
        method=method,
        qualities=_qualities(design, application_ids, chosen),
        severities=_severities(reviewer_ids, reviews_of, chosen) if method is Method.SEVERITY else (),
        mean=chosen.mean,
        quality_variance=chosen.variances.quality,
        severity_variance=chosen.variances.severity if method is Method.SEVERITY else 0.0,
        noise_variance=chosen.variances.noise,
        gain=gain,
        islands=islands,
        single_review_reviewers=singles,
    )


def in_order(reviews: Iterable[Review]) -> list[Review]:
    """The reviews in the one order in which they are computed."""
    return sorted(reviews, key=lambda review: (review.application_id, review.reviewer_id, review.overall))


def design_of(ordered: Sequence[Review]) -> tuple[Design, Sequence[int], Sequence[int]]:
    """Who scored what, with the applications' and the reviewers' ids in the order of their indices."""
    application_ids, application = np.unique([review.application_id for review in ordered], return_inverse=True)
    reviewer_ids, reviewer = np.unique([review.reviewer_id for review in ordered], return_inverse=True)
    score = np.array([review.overall for review in ordered], dtype=float)
    design = Design(application, reviewer, score, len(application_ids), len(reviewer_ids))
    return design, application_ids.tolist(), reviewer_ids.tolist()


def _plain(
    design: Design,
    application_ids: Sequence[int],
    islands: tuple[tuple[int, ...], ...],
    singles: tuple[int, ...],
) -> Adjusted:
    """Plain means: every application scored once, or everybody of one opinion."""
    sizes = np.bincount(design.application)
    means = np.bincount(design.application, weights=design.score) / sizes
    variance = float(np.var(design.score, ddof=1)) if len(design.score) > 1 else 0.0
    return Adjusted(
        method=Method.MEAN,
        qualities=tuple(
            Quality(application_id, float(mean), float(np.sqrt(variance / size)), int(size))
            for application_id, mean, size in zip(application_ids, means, sizes, strict=True)
        ),
        severities=(),
        mean=float(design.score.mean()),
        quality_variance=0.0,
        severity_variance=0.0,
        noise_variance=variance,
        gain=0.0,
        islands=islands,
        single_review_reviewers=singles,
    )


def _qualities(design: Design, application_ids: Sequence[int], found: Fit) -> tuple[Quality, ...]:
    sizes = np.bincount(design.application)
    return tuple(
        Quality(application_id, quality, error, size)
        for application_id, quality, error, size in zip(
            application_ids, found.quality.tolist(), found.quality_error.tolist(), sizes.tolist(), strict=True
        )
    )


def _severities(reviewer_ids: Sequence[int], reviews_of: np.ndarray, found: Fit) -> tuple[Severity, ...]:
    return tuple(
        Severity(reviewer_id, severity, error, size)
        for reviewer_id, severity, error, size in zip(
            reviewer_ids, found.severity.tolist(), found.severity_error.tolist(), reviews_of.tolist(), strict=True
        )
    )


def _islands(ordered: Sequence[Review]) -> tuple[tuple[int, ...], ...]:
    """Groups of applications without any chain of shared reviewers to the largest group, largest first."""
    parent: dict[tuple[bool, int], tuple[bool, int]] = {}

    def root(node: tuple[bool, int]) -> tuple[bool, int]:
        path = []
        while (above := parent.setdefault(node, node)) != node:
            path.append(node)
            node = above
        for passed in path:
            parent[passed] = node
        return node

    for review in ordered:
        parent[root((True, review.application_id))] = root((False, review.reviewer_id))
    applications = sorted({review.application_id for review in ordered})
    roots = {application_id: root((True, application_id)) for application_id in applications}
    sizes = Counter(roots.values())
    if len(sizes) == 1:
        return ()
    groups: dict[tuple[bool, int], list[int]] = {}
    for application_id in applications:
        groups.setdefault(roots[application_id], []).append(application_id)
    by_size = sorted(groups.values(), key=lambda group: (-len(group), group[0]))
    return tuple(tuple(group) for group in by_size[1:])
