"""Rules · Scoring · Mixed model — the arithmetic of score = mean + quality + severity + noise.

Quality and severity are random effects. Their mixed-model equations are reduced to the mean and the reviewers by
eliminating the applications, whose block is diagonal; 10,000 applications by 300 reviewers become one system of
301 unknowns. With more reviewers than DENSE_LIMIT the reduced system is never written down: it is applied.

Source: Henderson (1953), method 1, for the first variances; Harville (1977) and Schall (1991) for the REML
        fixed point; Searle, Casella and McCulloch (1992), "Variance Components", chapters 6 and 7.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

DENSE_LIMIT: Final = 1_000
"""Reviewers up to which the reduced system is solved exactly (8 MB, some milliseconds)."""

_FOLDS: Final = 5
_PAIRS: Final = 1_000_000
_ITERATIONS: Final = 60
_TOLERANCE: Final = 1e-4
_SMALLEST_SHARE: Final = 1e-6


@dataclass(frozen=True)
class Design:
    """Who scored what: the application and the reviewer of every score, as indices from 0."""

    application: Indices
    reviewer: Indices
    score: Floats
    applications: int
    reviewers: int

    def without_reviewers(self) -> Design:
        """The same scores as if one reviewer had given them all."""
        return Design(self.application, np.zeros_like(self.reviewer), self.score, self.applications, 0)

    def only(self, kept: NDArray[np.bool_]) -> Design:
        """Some of the scores, with the same applications and reviewers."""
        return Design(self.application[kept], self.reviewer[kept], self.score[kept], self.applications, self.reviewers)


@dataclass(frozen=True)
class Variances:
    """How much of a score's variance is quality, severity and noise."""

    quality: float
    severity: float
    noise: float


@dataclass(frozen=True)
class Fit:
    """What the model makes of the scores.

    `quality` includes the mean; `left_out_error` is the root mean square error of predicting each score from
    the others.
    """

    mean: float
    quality: Floats
    quality_error: Floats
    severity: Floats
    severity_error: Floats
    variances: Variances
    left_out_error: float


def first_variances(design: Design) -> Variances:
    """Unbiased variances from sums of squares (Henderson's method 1), none below a millionth of the whole."""
    score = design.score - design.score.mean()
    count = len(score)
    by_application = np.bincount(design.application, minlength=design.applications).astype(float)
    total = float(score @ score)
    application_square = _mean_squares(score, design.application, by_application)
    # Each row: what the sums of squares about the mean expect, per unit of (quality, severity, noise).
    effects = [(design.application, by_application)]
    if design.reviewers:
        by_reviewer = np.bincount(design.reviewer, minlength=design.reviewers).astype(float)
        effects.append((design.reviewer, by_reviewer))
    mean_parts = [float((sizes**2).sum()) / count for _, sizes in effects]
    rows = [[count - part for part in mean_parts] + [count - 1.0]]
    squares = [total]
    for index, (group, sizes) in enumerate(effects):
        squares.append(application_square if index == 0 else _mean_squares(score, group, sizes))
        row = []
        for other, (other_group, _) in enumerate(effects):
            own = float(count) if other == index else _crossing(group, sizes, other_group)
            row.append(own - mean_parts[other])
        rows.append([*row, float((sizes > 0).sum()) - 1.0])
    found = np.linalg.lstsq(np.array(rows), np.array(squares), rcond=None)[0]
    floor = _SMALLEST_SHARE * max(total / max(count - 1, 1), 1e-12)
    parts = [max(float(part), floor) for part in found]
    return Variances(parts[0], parts[1] if design.reviewers else 0.0, parts[-1])


def _mean_squares(score: Floats, group: Indices, sizes: Floats) -> float:
    sums = np.bincount(group, weights=score, minlength=len(sizes))
    return float((sums[sizes > 0] ** 2 / sizes[sizes > 0]).sum())


def _crossing(group: Indices, sizes: Floats, other_group: Indices) -> float:
    """Sum over groups of the squared cell counts with the other factor, divided by the group's size."""
    width = int(other_group.max()) + 1
    cells, counts = np.unique(group * width + other_group, return_counts=True)
    return float((counts.astype(float) ** 2 / sizes[cells // width]).sum())


def fit(design: Design) -> Fit:
    """Variances, then shrunken quality and severity with their standard errors."""
    if design.reviewers > DENSE_LIMIT:
        return _fit_applied(design, first_variances(design))
    return _fit_dense(design)


def fit_quality_alone(design: Design) -> Fit:
    """The same as if all reviewers were equally severe, with a left-out error that compares with `fit`'s."""
    plain = design.without_reviewers()
    if design.reviewers > DENSE_LIMIT:
        found = first_variances(plain)
        return _fit_applied(design, Variances(found.quality, _SMALLEST_SHARE * found.noise, found.noise))
    return _fit_dense(plain)


class Reduced:
    """The equations of the mean and the reviewers, after the applications are eliminated.

    Applications with the same number of scores weigh the same, so one matrix per number of scores is enough to
    rebuild the system for any variances.
    """

    def __init__(self, design: Design) -> None:
        self.design = design
        self.size = design.reviewers + 1
        self.sizes = np.bincount(design.application, minlength=design.applications)
        self.levels = np.unique(self.sizes)
        order = np.argsort(design.application, kind="stable")
        self.sorted_reviewer = design.reviewer[order]
        self.starts = np.concatenate(([0], np.cumsum(self.sizes)))
        self.application_sums = np.bincount(design.application, weights=design.score, minlength=design.applications)
        self.crossed = self._crossings()
        self.squares = np.zeros((self.size, self.size))
        if design.reviewers:
            by_reviewer = np.bincount(design.reviewer, minlength=design.reviewers)
            self.squares[0, 1:] = self.squares[1:, 0] = by_reviewer
            self.squares[range(1, self.size), range(1, self.size)] = by_reviewer
        self.squares[0, 0] = len(design.score)
        self.right = np.concatenate(
            (
                [design.score.sum()],
                np.bincount(design.reviewer, weights=design.score, minlength=design.reviewers)
                if design.reviewers
                else [],
            )
        )

    def blocks(self) -> Iterator[tuple[int, Indices, Indices]]:
        """Applications with the same number of scores: that number, the applications, their scores' positions in order."""
        for level in self.levels.tolist():
            chosen = np.flatnonzero(self.sizes == level)
            length = max(1, _PAIRS // level**2)
            for start in range(0, len(chosen), length):
                some = chosen[start : start + length]
                yield level, some, self.starts[some][:, None] + np.arange(level)

    def _crossings(self) -> dict[int, Floats]:
        """How often the mean and each reviewer meet on applications with so many scores.

        Only pairs of reviewers of one application are counted: a table of all applications by all reviewers, multiplied
        with itself, says the same and takes a hundred times longer.
        """
        found = {int(level): np.zeros((self.size, self.size)) for level in self.levels}
        for level, chosen, scores in self.blocks():
            total = found[level]
            total[0, 0] += level**2 * len(chosen)
            if self.design.reviewers:
                reviewer = self.sorted_reviewer[scores] + 1
                met = level * np.bincount(reviewer.ravel(), minlength=self.size)
                total[0] += met
                total[:, 0] += met
                pairs = reviewer[:, :, None] * self.size + reviewer[:, None, :]
                total += np.bincount(pairs.ravel(), minlength=self.size**2).reshape(self.size, self.size)
        return found

    def inverse(self, ratio_quality: float, ratio_severity: float) -> Floats:
        """The inverse of the reduced system; the ratios are noise over quality and noise over severity."""
        system = self.squares.copy()
        system[range(1, self.size), range(1, self.size)] += ratio_severity
        for level, crossed in self.crossed.items():
            system -= crossed / (level + ratio_quality)
        return np.asarray(np.linalg.inv(system))

    def solve(self, inverse: Floats, weight: Floats) -> tuple[Floats, Floats]:
        """The mean with the reviewers' effects, and the applications' effects."""
        design = self.design
        weighted = (weight * self.application_sums)[design.application]
        right = self.right.copy()
        right[0] -= weighted.sum()
        if design.reviewers:
            right[1:] -= np.bincount(design.reviewer, weights=weighted, minlength=design.reviewers)
        effects = inverse @ right
        seen = effects[0] + effects[1:][design.reviewer] if design.reviewers else np.full(len(weighted), effects[0])
        rest = self.application_sums - np.bincount(design.application, weights=seen, minlength=design.applications)
        return effects, weight * rest


def _fit_dense(design: Design) -> Fit:
    """REML by its fixed point: each variance is its effects' sum of squares over the effects it can resolve."""
    reduced = Reduced(design)
    found = first_variances(design)
    for _ in range(_ITERATIONS):
        next_found = _improved(reduced, found)
        change = max(
            abs(after - before) / max(next_found.noise, before)
            for after, before in (
                (next_found.quality, found.quality),
                (next_found.severity, found.severity),
                (next_found.noise, found.noise),
            )
        )
        found = next_found
        if change < _TOLERANCE:
            break
    return _solved(reduced, found)


def ratios(found: Variances) -> tuple[float, float]:
    """Noise over quality, and noise over severity; 0 where there are no severities."""
    return found.noise / found.quality, found.noise / found.severity if found.severity else 0.0


def weights(sizes: Indices, ratio_quality: float) -> Floats:
    """What one unit of an application's summed scores moves its quality."""
    return np.asarray(1.0 / (sizes + ratio_quality), dtype=np.float64)


def _improved(reduced: Reduced, found: Variances) -> Variances:
    design = reduced.design
    ratio_quality, ratio_severity = ratios(found)
    inverse = reduced.inverse(ratio_quality, ratio_severity)
    weight = weights(reduced.sizes, ratio_quality)
    effects, quality = reduced.solve(inverse, weight)
    quality_trace = float(weight.sum()) + sum(
        float((inverse * crossed).sum()) / (level + ratio_quality) ** 2 for level, crossed in reduced.crossed.items()
    )
    fitted = effects[0] + quality[design.application]
    if design.reviewers:
        fitted = fitted + effects[1:][design.reviewer]
    count = len(design.score)
    noise = float(design.score @ (design.score - fitted)) / (count - 1)
    floor = _SMALLEST_SHARE * (found.quality + found.severity + found.noise)
    quality_known = max(design.applications - ratio_quality * quality_trace, 1e-9)
    severity = 0.0
    if design.reviewers:
        severity_known = design.reviewers - ratio_severity * float(np.trace(inverse) - inverse[0, 0])
        severity = max(float(effects[1:] @ effects[1:]) / max(severity_known, 1e-9), floor)
    return Variances(max(float(quality @ quality) / quality_known, floor), severity, max(noise, floor))


def _solved(reduced: Reduced, found: Variances) -> Fit:
    """Effects, their standard errors, and the error of predicting every score from the others."""
    design = reduced.design
    ratio_quality, ratio_severity = ratios(found)
    inverse = reduced.inverse(ratio_quality, ratio_severity)
    weight = weights(reduced.sizes, ratio_quality)
    effects, quality = reduced.solve(inverse, weight)
    own = np.diag(inverse)[1:]
    spread, leverage = _spread(reduced, inverse, weight)
    severity = effects[1:]
    fitted = effects[0] + quality[design.application]
    if design.reviewers:
        fitted = fitted + severity[design.reviewer]
    left_out = (design.score - fitted) / np.maximum(1.0 - leverage, 1e-9)
    return Fit(
        mean=float(effects[0]),
        quality=effects[0] + quality,
        quality_error=np.sqrt(np.maximum(found.noise * spread, 0.0)),
        severity=severity,
        severity_error=np.sqrt(np.maximum(found.noise * own, 0.0)),
        variances=found,
        left_out_error=float(np.sqrt(np.mean(left_out**2))),
    )


def _spread(reduced: Reduced, inverse: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Each quality's variance and each score's leverage, per unit of noise.

    An application's quality moves with the mean and with its own reviewers only, so that of the inverse only their
    entries count.
    """
    design = reduced.design
    spread, leverage = np.zeros(design.applications), np.zeros(len(design.score))
    order = np.argsort(design.application, kind="stable")
    for level, chosen, scores in reduced.blocks():
        own = weight[chosen]
        with_mean = 1.0 - level * own
        spread[chosen] = own + with_mean**2 * inverse[0, 0]
        if design.reviewers:
            reviewer = reduced.sorted_reviewer[scores] + 1
            mean_entries = inverse[0, reviewer]
            met = inverse[reviewer[:, :, None], reviewer[:, None, :]].sum(axis=2)
            carried = with_mean[:, None] * mean_entries - own[:, None] * met
            spread[chosen] -= own * (with_mean * mean_entries.sum(axis=1) + carried.sum(axis=1))
            leverage[order[scores]] = 2 * carried + np.diag(inverse)[reviewer]
        leverage[order[scores]] += spread[chosen][:, None]
    return spread, leverage


def _fit_applied(design: Design, found: Variances) -> Fit:
    """The same with the reduced system applied, not stored; standard errors count the reviewers one by one and their mean once."""
    effects, quality, weight = applied(design, found)
    folds = np.arange(len(design.score)) % _FOLDS
    errors = np.zeros(len(design.score))
    for fold in range(_FOLDS):
        left_out = folds == fold
        part, part_quality, _ = applied(design.only(~left_out), found)
        guess = part[0] + part_quality[design.application[left_out]] + part[1:][design.reviewer[left_out]]
        errors[left_out] = design.score[left_out] - guess
    ratio_severity = ratios(found)[1]
    met = np.bincount(design.reviewer, weights=1.0 - weight[design.application], minlength=design.reviewers)
    own = 1.0 / (met + ratio_severity)
    carried = np.bincount(
        design.application,
        weights=weight[design.application] ** 2 * own[design.reviewer],
        minlength=design.applications,
    )
    return Fit(
        mean=float(effects[0]),
        quality=effects[0] + quality,
        quality_error=np.sqrt(found.noise * (weight + carried) + found.severity / design.reviewers),
        severity=effects[1:],
        severity_error=np.sqrt(found.noise * own),
        variances=found,
        left_out_error=float(np.sqrt(np.mean(errors**2))),
    )


def applied(design: Design, found: Variances, first: Floats | None = None) -> tuple[Floats, Floats, Floats]:
    """Mean with reviewers' effects, applications' effects and weights, by preconditioned conjugate gradients.

    Args: first is a guess of the mean with the reviewers' effects, to start from.
    """
    ratio_quality, ratio_severity = ratios(found)
    sizes = np.bincount(design.application, minlength=design.applications)
    weight = weights(sizes, ratio_quality)
    penalty = np.concatenate(([0.0], np.full(design.reviewers, ratio_severity)))

    def gathered(values: Floats) -> Floats:
        """Scores' values less what their application explains of them, summed for the mean and each reviewer."""
        shares = weight * np.bincount(design.application, weights=values, minlength=design.applications)
        rest = values - shares[design.application]
        by_reviewer = np.bincount(design.reviewer, weights=rest, minlength=design.reviewers)
        return np.concatenate(([rest.sum()], by_reviewer))

    diagonal = penalty + np.concatenate(
        (
            [float((1.0 - weight * sizes) @ sizes)],
            np.bincount(design.reviewer, weights=1.0 - weight[design.application], minlength=design.reviewers),
        )
    )
    residual = gathered(design.score)
    target = float(residual @ (residual / diagonal)) * 1e-20
    effects = np.zeros(design.reviewers + 1)
    if first is not None:
        effects = first
        residual = residual - gathered(first[0] + first[1:][design.reviewer]) - penalty * first
    step = residual / diagonal
    direction, size = step, float(residual @ step)
    for _ in range(1_000):
        if size <= target:
            break
        moved = gathered(direction[0] + direction[1:][design.reviewer]) + penalty * direction
        length = size / float(direction @ moved)
        effects = effects + length * direction
        residual = residual - length * moved
        step = residual / diagonal
        size, before = float(residual @ step), size
        direction = step + (size / before) * direction
    seen = design.score - effects[0] - effects[1:][design.reviewer]
    sums = np.bincount(design.application, weights=seen, minlength=design.applications)
    return effects, np.asarray(weight * sums, dtype=np.float64), weight
