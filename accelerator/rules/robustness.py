"""Rules · Robustness — which choices stand under every way of counting, and which hang on a method or on one reviewer.

The variants: the adjusted ranking itself; plain mean; median; trimmed mean; reviewers' z-scores; and the adjusted
ranking computed anew without each reviewer in turn. An application stands in a variant when it is among the places.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accelerator.kernel.message import N_
from accelerator.rules.ranking import Ranked, rank
from accelerator.rules.scoring import Adjusted, Direction, Method, Review, adjusted
from accelerator.rules.scoring.mixed_model import Design, Floats, Variances, applied, ratios, weights
from accelerator.rules.scoring.severity import design_of, in_order

METHOD: Final = "variants-1"
"""Name and version of the set of variants, printed with every result."""

_TRIMMED_FROM: Final = 3


class Way(StrEnum):
    """A way of counting."""

    ADJUSTED = "adjusted"
    MEAN = "mean"
    MEDIAN = "median"
    TRIMMED = "trimmed"
    Z_SCORE = "z_score"
    WITHOUT = "without"


WAY_WORDS: Final[Mapping[Way, str]] = {
    Way.ADJUSTED: N_("adjusted score"),
    Way.MEAN: N_("mean"),
    Way.MEDIAN: N_("median"),
    Way.TRIMMED: N_("trimmed mean"),
    Way.Z_SCORE: N_("z-scores"),
    Way.WITHOUT: N_("without one reviewer"),
}


@dataclass(frozen=True, order=True)
class Variant:
    """One way of counting; with the reviewer who is left out, where one is."""

    way: Way
    reviewer_id: int | None = None

    @property
    def code(self) -> str:
        """A short name to store: "median", "without:12"."""
        return str(self.way) if self.reviewer_id is None else f"{self.way}:{self.reviewer_id}"

    @classmethod
    def of(cls, code: str) -> Variant:
        """The variant of a code."""
        way, _, reviewer = code.partition(":")
        return cls(Way(way), int(reviewer) if reviewer else None)


@dataclass(frozen=True)
class Robust:
    """How one application fares: chosen in `survives` of `variants`.

    `otherwise` are the variants that decide otherwise than the ranking: those that drop it where it is ranked among
    the places, those that choose it where it is not.
    """

    application_id: int
    survives: int
    variants: int
    otherwise: tuple[Variant, ...]


def sheet(reviews: Sequence[Review], *, places: int = 15, direction: Direction = Direction.HIGH) -> list[Robust]:
    """How every reviewed application fares in all variants, in the order of the ranking."""
    result = adjusted(reviews)
    scores: dict[int, list[float]] = defaultdict(list)
    for review in reviews:
        scores[review.application_id].append(review.overall)
    lines = rank(result.qualities, scores, direction)
    return sheet_of(reviews, result, lines, places=places, direction=direction)


def sheet_of(
    reviews: Sequence[Review],
    result: Adjusted,
    lines: Sequence[Ranked],
    *,
    places: int = 15,
    direction: Direction = Direction.HIGH,
) -> list[Robust]:
    """The same where the ranking is known already.

    What a variant counts as equal to six decimals stays in the ranking's own order: only a variant that sees a
    difference decides otherwise. An application whose only reviewer is left out has no score, and is not chosen.

    Args: reviews, result and lines belong together.
    """
    if not lines:
        return []
    design, application_ids, reviewer_ids = design_of(in_order(reviews))
    index_of = {application_id: index for index, application_id in enumerate(application_ids)}
    place = np.empty(len(lines), dtype=np.int64)
    place[[index_of[line.application_id] for line in lines]] = np.arange(len(lines))
    ranked_first = place < places
    survives = np.zeros(len(lines), dtype=np.int64)
    otherwise: dict[int, list[Variant]] = defaultdict(list)
    count = 0
    for variant, values in _variants(design, reviewer_ids, result):
        count += 1
        chosen = ranked_first if values is None else _first(values * direction.sign, place, places)
        survives += chosen
        for index in np.flatnonzero(chosen != ranked_first).tolist():
            otherwise[index].append(variant)
    return [
        Robust(
            line.application_id,
            int(survives[index_of[line.application_id]]),
            count,
            tuple(otherwise.get(index_of[line.application_id], ())),
        )
        for line in lines
    ]


def _first(values: Floats, place: NDArray[np.int64], places: int) -> NDArray[np.bool_]:
    """Which are the first, more being better; without a score (NaN) nobody is."""
    scored = ~np.isnan(values)
    order = np.lexsort((place, -np.round(np.where(scored, values, 0.0), 6), ~scored))
    chosen = np.zeros(len(values), dtype=bool)
    chosen[order[:places]] = True
    return chosen & scored


def _variants(design: Design, reviewer_ids: Sequence[int], result: Adjusted) -> Iterator[tuple[Variant, Floats | None]]:
    """Every variant with each application's value in it; None for the ranking itself."""
    yield Variant(Way.ADJUSTED), None
    sizes = np.bincount(design.application)
    sums = np.bincount(design.application, weights=design.score)
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    ascending = design.score[np.lexsort((design.score, design.application))]
    yield Variant(Way.MEAN), sums / sizes
    middle = ascending[starts + (sizes - 1) // 2] + ascending[starts + sizes // 2]
    yield Variant(Way.MEDIAN), middle / 2
    ends = ascending[starts] + ascending[starts + sizes - 1]
    inner = (sums - ends) / np.maximum(sizes - 2, 1)
    yield Variant(Way.TRIMMED), np.where(sizes >= _TRIMMED_FROM, inner, sums / sizes)
    yield Variant(Way.Z_SCORE), np.bincount(design.application, weights=z_scores(design)) / sizes
    without = _WITHOUT[result.method](design, result)
    for reviewer, values in enumerate(without):
        yield Variant(Way.WITHOUT, reviewer_ids[reviewer]), values


def z_scores(design: Design) -> Floats:
    """Each score as its reviewer's z-score, rescaled to the mean and standard deviation of all scores.

    A reviewer who gave one score keeps it as it is; one who always gave the same says nothing, and gets the mean.
    """
    sizes = np.bincount(design.reviewer, minlength=design.reviewers)
    means = np.bincount(design.reviewer, weights=design.score, minlength=design.reviewers) / sizes
    apart = design.score - means[design.reviewer]
    squares = np.bincount(design.reviewer, weights=apart**2, minlength=design.reviewers)
    deviations = np.sqrt(squares / np.maximum(sizes - 1, 1))
    constant = deviations < 1e-9
    z = apart / np.where(constant, 1.0, deviations)[design.reviewer]
    mean = float(design.score.mean())
    deviation = float(design.score.std(ddof=1)) if len(design.score) > 1 else 0.0
    rescaled = mean + deviation * np.where(constant[design.reviewer], 0.0, z)
    return np.where(sizes[design.reviewer] == 1, design.score, rescaled)


def _without_corrected(design: Design, result: Adjusted) -> Iterator[Floats]:
    """Severity-adjusted quality without each reviewer: solved anew, the variances as they were estimated from all."""
    found = Variances(result.quality_variance, result.severity_variance, result.noise_variance)
    all_effects, _, _ = applied(design, found)
    for reviewer in range(design.reviewers):
        first = all_effects.copy()
        first[reviewer + 1] = 0.0
        rest = design.only(design.reviewer != reviewer)
        effects, quality, _ = applied(rest, found, first)
        yield _scored(rest, effects[0] + quality)


def _without_uncorrected(design: Design, result: Adjusted) -> Iterator[Floats]:
    """Shrunken quality without each reviewer, the variances as they were estimated from all."""
    ratio = ratios(Variances(result.quality_variance, 0.0, result.noise_variance))[0]
    for reviewer in range(design.reviewers):
        rest = design.only(design.reviewer != reviewer)
        sizes = np.bincount(rest.application, minlength=rest.applications)
        sums = np.bincount(rest.application, weights=rest.score, minlength=rest.applications)
        support = weights(sizes, ratio)
        mean = float(support @ sums) / max(float(support @ sizes), 1e-12)
        yield _scored(rest, mean + support * (sums - sizes * mean))


def _without_means(design: Design, _result: Adjusted) -> Iterator[Floats]:
    for reviewer in range(design.reviewers):
        rest = design.only(design.reviewer != reviewer)
        sizes = np.bincount(rest.application, minlength=rest.applications)
        sums = np.bincount(rest.application, weights=rest.score, minlength=rest.applications)
        yield _scored(rest, sums / np.maximum(sizes, 1))


def _scored(design: Design, values: Floats) -> Floats:
    """The values of the applications that still have a score; NaN for the others."""
    return np.where(np.bincount(design.application, minlength=design.applications) > 0, values, np.nan)


_WITHOUT: Final = {
    Method.SEVERITY: _without_corrected,
    Method.QUALITY: _without_uncorrected,
    Method.MEAN: _without_means,
}
