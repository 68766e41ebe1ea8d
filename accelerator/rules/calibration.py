"""Rules · Calibration — dossiers that everybody scores first, and how one reviewer stands to the others on them."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from itertools import combinations
from typing import Final

from accelerator.kernel.message import Message
from accelerator.kernel.verdict import YES, Verdict
from accelerator.rules.scoring import Scale

MOST: Final = 5
"""Calibration dossiers of a batch: each costs a review by everybody, and after a few more there is little to learn."""
NOTE_MAX: Final = 1000
OTHERS: Final = 3
"""Others who must have sent theirs before anything is compared; and the comparison is renewed by whole threes.

A figure that moved with every single review would give that review away to whoever looked before and after.
"""
_NEAR_SHARE: Final = Decimal("0.125")
"""Of the width of the scale: half a point from 1 to 5, which is what choosing whole points does by itself."""
_DIVIDING_SHARE: Final = 0.25
"""Of the width of the scale: one whole point from 1 to 5 lies between two reviewers, on average."""
_HUNDREDTH: Final = Decimal("0.01")


def can_choose(chosen: int, more: int) -> Verdict:
    """One dossier or more, five in all at most."""
    if more < 1:
        return Verdict(False, Message("Choose at least one dossier."))
    if chosen + more > MOST:
        return Verdict(
            False,
            Message(
                "At most %(most)s dossiers calibrate a committee: %(chosen)s are chosen already, %(more)s would be added.",
                most=MOST,
                chosen=chosen,
                more=more,
            ),
        )
    return YES


def can_withdraw(begun: int) -> Verdict:
    """While nobody has begun to score it."""
    if begun:
        return Verdict(False, Message("Somebody has begun to score this dossier: it stays a calibration dossier."))
    return YES


@dataclass(frozen=True)
class Given:
    """One review: its overall score, and points by criterion id."""

    overall: Decimal
    points: Mapping[int, int]


@dataclass(frozen=True)
class Middle:
    """The middle of some points: the median, and the two between which the middle half lies."""

    low: float
    median: float
    high: float

    @property
    def whole(self) -> tuple[int, ...]:
        """The whole points that the median is, or lies between."""
        below = int(self.median // 1)
        return (below,) if self.median == below else (below, below + 1)


@dataclass(frozen=True)
class Comparison:
    """One's own review beside the first `others` reviews of others. Differences are signed: below the group is negative."""

    others: int
    criteria: Mapping[int, Middle]
    overall: Decimal
    difference: Decimal


def counted(sent: int) -> int:
    """How many of the others' reviews are compared with, in the order they were sent: whole threes."""
    return sent - sent % OTHERS


def missing(sent: int) -> int:
    """How many others must still send theirs before anything is compared."""
    return max(0, OTHERS - sent)


def compare(own: Given, others: Sequence[Given]) -> Comparison | None:
    """How one review stands to the others', which come in the order they were sent; None while too few are in.

    Units:     points of the rubric's scale; the difference to the hundredth.
    Invariant: adding one review changes nothing, or brings in three at once.
    """
    group = others[: counted(len(others))]
    if not group:
        return None
    overall = statistics.median([one.overall for one in group])
    return Comparison(
        others=len(group),
        criteria={
            criterion_id: middle(points)
            for criterion_id in own.points
            if (points := [one.points[criterion_id] for one in group if criterion_id in one.points])
        },
        overall=overall.quantize(_HUNDREDTH),
        difference=(own.overall - overall).quantize(_HUNDREDTH),
    )


def middle(points: Sequence[int]) -> Middle:
    """Median and quartiles, between points where they fall there.

    Source: Hyndman and Fan, "Sample quantiles in statistical packages" (1996), type 7, as spreadsheets count.
    """
    if len(points) == 1:
        return Middle(points[0], points[0], points[0])
    low, median, high = statistics.quantiles(points, n=4, method="inclusive")
    return Middle(low, median, high)


class Lean(Enum):
    """How one reviewer stands to the group over all dossiers compared."""

    NEAR = "near"
    STRICTER = "stricter"
    MILDER = "milder"


@dataclass(frozen=True)
class Standing:
    """The mean signed difference over some dossiers, and what it amounts to."""

    dossiers: int
    difference: Decimal
    lean: Lean


def standing(differences: Sequence[Decimal], scale: Scale) -> Standing | None:
    """The mean of the signed differences; near the group within an eighth of the scale. None of no dossier."""
    if not differences:
        return None
    mean = sum(differences, Decimal(0)) / len(differences)
    near = _NEAR_SHARE * (scale.highest - scale.lowest)
    lean = Lean.NEAR if abs(mean) < near else Lean.STRICTER if mean < 0 else Lean.MILDER
    return Standing(len(differences), mean.quantize(_HUNDREDTH), lean)


def apart(points: Sequence[int]) -> float | None:
    """How many points lie between two reviewers, on average over all pairs; None of fewer than two."""
    pairs = [abs(first - second) for first, second in combinations(points, 2)]
    return sum(pairs) / len(pairs) if pairs else None


def dividing(apart_by_criterion: Mapping[int, float | None], scale: Scale) -> frozenset[int]:
    """The criteria that divide a committee most, where two reviewers are a whole point of five apart or more."""
    known = {key: value for key, value in apart_by_criterion.items() if value is not None}
    most = max(known.values(), default=0.0)
    if most < _DIVIDING_SHARE * (scale.highest - scale.lowest):
        return frozenset()
    return frozenset(key for key, value in known.items() if value == most)
