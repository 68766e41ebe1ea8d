"""Rules · Feedback — what a dossier did best and worst against its batch, in words only.

No figure, no rank, no reviewer's name: a startup that was not selected learns on which criteria its dossier stood
above and below the middle of the batch, and what the next better level of the weakest one looks like.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message

LEAST_REVIEWS: Final = 2
"""Below this a criterion would tell what one person thought."""

MOST_NAMED: Final = 2
"""Criteria named on either side."""

TEXT_MAX: Final = 6000
"""Characters of a feedback."""

_SAME: Final = 1e-9


@dataclass(frozen=True)
class Anchor:
    """What so many points on a criterion mean."""

    points: int
    words: Bilingual


@dataclass(frozen=True)
class Criterion:
    """One line of the rubric in printed order, with its anchors."""

    id: int
    label: Bilingual
    anchors: tuple[Anchor, ...]


@dataclass(frozen=True)
class Marks:
    """How one dossier was scored: its mean on each criterion, over so many reviews."""

    reviews: int
    means: Mapping[int, float]


@dataclass(frozen=True)
class Proposal:
    """What can be told: criteria above and below the middle, the farthest first, and the next level of the weakest."""

    best: tuple[Bilingual, ...] = ()
    weakest: tuple[Bilingual, ...] = ()
    next_level: Bilingual | None = None

    def __bool__(self) -> bool:
        return bool(self.best or self.weakest)


def middles(marks: Sequence[Marks]) -> dict[int, float]:
    """The median of the dossiers' means on each criterion that was scored."""
    found: dict[int, list[float]] = {}
    for one in marks:
        for criterion_id, mean in one.means.items():
            found.setdefault(criterion_id, []).append(mean)
    return {criterion_id: median(means) for criterion_id, means in found.items()}


def proposal(marks: Marks, middle: Mapping[int, float], criteria: Sequence[Criterion]) -> Proposal:
    """What the scores of one dossier allow to be said; nothing with too few reviews.

    Ties go by the printed order of the criteria.
    """
    if marks.reviews < LEAST_REVIEWS:
        return Proposal()
    scored = [one for one in criteria if one.id in marks.means and one.id in middle]
    lead = {one.id: marks.means[one.id] - middle[one.id] for one in scored}
    best = sorted((one for one in scored if lead[one.id] > _SAME), key=lambda one: -lead[one.id])
    weakest = sorted((one for one in scored if lead[one.id] < -_SAME), key=lambda one: lead[one.id])
    return Proposal(
        best=tuple(one.label for one in best[:MOST_NAMED]),
        weakest=tuple(one.label for one in weakest[:MOST_NAMED]),
        next_level=_next_level(weakest[0], marks.means[weakest[0].id]) if weakest else None,
    )


def _next_level(criterion: Criterion, mean: float) -> Bilingual | None:
    """What the level above the present one looks like, where the rubric says it."""
    above = [anchor for anchor in criterion.anchors if anchor.points > mean + _SAME and anchor.words]
    return min(above, key=lambda anchor: anchor.points).words if above else None


def refuse_text(text: str, *, is_ready: bool) -> None:
    """Raise RuleViolation for a text that is too long, or ready without a word."""
    if len(text) > TEXT_MAX:
        raise RuleViolation(Message("At most 6,000 characters."), field="text")
    if is_ready and not text.strip():
        raise RuleViolation(Message("Write the feedback before you mark it ready."), field="text")
