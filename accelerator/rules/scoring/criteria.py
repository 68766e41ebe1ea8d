"""Rules · Scoring · Criteria — from one reviewer's criterion scores to one overall score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Final

from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message

_HUNDREDTH: Final = Decimal("0.01")


class Direction(StrEnum):
    """Which end of the scale is good: 5 best of 1 to 5, or 1 best of 1 to 9."""

    HIGH = "high"
    LOW = "low"

    @property
    def sign(self) -> float:
        """1 where more points are better, -1 where fewer are."""
        return 1.0 if self is Direction.HIGH else -1.0


@dataclass(frozen=True)
class Criterion:
    """One line of a rubric. `weight` is relative; weights need not sum to 1."""

    id: int
    weight: Decimal


@dataclass(frozen=True)
class Scale:
    """The points a criterion takes, both ends included."""

    lowest: int = 1
    highest: int = 5


def overall_score(scores: Mapping[int, int], rubric: Sequence[Criterion], scale: Scale) -> Decimal:
    """Weighted mean of one review.

    Units:  points on the rubric's scale, two decimals, half to even.
    Args:   scores maps criterion id to points.
    Raises: RuleViolation if a criterion is unscored, unknown or out of range; its field is "criterion_<id>".
    """
    for criterion in rubric:
        if criterion.id not in scores:
            raise RuleViolation(Message("Score every criterion."), field=f"criterion_{criterion.id}")
    known = {criterion.id for criterion in rubric}
    for criterion_id, points in scores.items():
        if criterion_id not in known:
            raise RuleViolation(Message("This criterion is not part of the rubric."))
        if not scale.lowest <= points <= scale.highest:
            raise RuleViolation(
                Message("Points go from %(lowest)s to %(highest)s.", lowest=scale.lowest, highest=scale.highest),
                field=f"criterion_{criterion_id}",
            )
    total_weight = sum((criterion.weight for criterion in rubric), Decimal(0))
    points_sum = sum((scores[criterion.id] * criterion.weight for criterion in rubric), Decimal(0))
    return (points_sum / total_weight).quantize(_HUNDREDTH, ROUND_HALF_EVEN)


def overall_of_known(scores: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Weighted mean of the criteria that a review scores; what it leaves out weighs nothing.

    Raises: RuleViolation if it scores nothing that has a weight.
    """
    total = sum(weights[name] for name in scores)
    if total <= 0:
        raise RuleViolation(Message("no score"))
    return sum(points * weights[name] for name, points in scores.items()) / total
