"""Rules · Rubrics — what a scoring sheet must hold before anybody scores with it, and what each criterion weighs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message

LOWEST_POINT: Final = 0
HIGHEST_POINT: Final = 9
"""Points are one key on the keyboard."""
MAX_CRITERIA: Final = 20
MAX_WEIGHT: Final = Decimal("1000")
CODE_SHAPE: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")


@dataclass(frozen=True)
class CriterionPlan:
    """One line of a sheet. `anchors` has one text a point, the lowest first; `row` is where it was typed."""

    code: str
    label: Bilingual
    help: Bilingual
    weight: Decimal | None
    anchors: tuple[Bilingual, ...]
    row: int = field(default=0, compare=False)


@dataclass(frozen=True)
class RubricPlan:
    """A whole sheet, its criteria in the order in which they are scored."""

    name: Bilingual
    scale_min: int
    scale_max: int
    criteria: tuple[CriterionPlan, ...]

    @property
    def points(self) -> range:
        """The points of the scale."""
        return range(self.scale_min, self.scale_max + 1)


def checked_rubric(plan: RubricPlan) -> RubricPlan:
    """The sheet, if one can score with it.

    Raises: RuleViolation on "name_fr", "scale_max" or "criteria-<row>-<field>".
    """
    if not plan.name.fr or not plan.name.en:
        raise RuleViolation(Message("Give the rubric a name in both languages."), field="name_fr")
    if not LOWEST_POINT <= plan.scale_min < plan.scale_max <= HIGHEST_POINT:
        raise RuleViolation(
            Message(
                "The scale goes up, within %(lowest)s and %(highest)s.", lowest=LOWEST_POINT, highest=HIGHEST_POINT
            ),
            field="scale_max",
        )
    if not plan.criteria:
        raise RuleViolation(Message("A rubric has at least one criterion."))
    if len(plan.criteria) > MAX_CRITERIA:
        raise RuleViolation(Message("At most %(most)s criteria.", most=MAX_CRITERIA))
    seen: set[str] = set()
    for line in plan.criteria:
        _refuse_unfit(line)
        if line.code in seen:
            raise RuleViolation(
                Message("Two criteria have the code “%(code)s”.", code=line.code), field=_at(line, "code")
            )
        seen.add(line.code)
    count = len(plan.points)
    return replace(plan, criteria=tuple(_with_anchors(line, count) for line in plan.criteria))


def total_weight(weights: Sequence[Decimal]) -> Decimal:
    """The sum that every weight is a part of."""
    return sum(weights, Decimal(0))


def share(weight: Decimal, total: Decimal) -> float:
    """What one criterion counts for in the whole, from 0 to 1."""
    return float(weight / total) if total else 0.0


def _refuse_unfit(line: CriterionPlan) -> None:
    if not CODE_SHAPE.fullmatch(line.code):
        raise RuleViolation(
            Message("A code is small letters, digits and dashes, a letter first: team, market-fit."),
            field=_at(line, "code"),
        )
    if not line.label.fr or not line.label.en:
        raise RuleViolation(
            Message("Name the criterion in both languages."),
            field=_at(line, "label_en" if line.label.fr else "label_fr"),
        )
    if bool(line.help.fr) != bool(line.help.en):
        raise RuleViolation(
            Message("Explain the criterion in both languages, or in none."),
            field=_at(line, "help_en" if line.help.fr else "help_fr"),
        )
    if line.weight is None or not 0 < line.weight <= MAX_WEIGHT or round(line.weight, 2) != line.weight:
        raise RuleViolation(
            Message("A weight is above 0, at most 1000, with two decimals at most."), field=_at(line, "weight")
        )


def _with_anchors(line: CriterionPlan, count: int) -> CriterionPlan:
    """The line with one anchor a point; both ends of the scale say what they stand for."""
    anchors = (*line.anchors, *(Bilingual("", "") for _ in range(count)))[:count]
    for place, anchor in enumerate(anchors):
        is_end = place in (0, count - 1)
        if bool(anchor.fr) != bool(anchor.en) or (is_end and not anchor.fr):
            raise RuleViolation(
                Message("Both ends of the scale need an anchor; each anchor is written in both languages."),
                field=_at(line, f"anchors-{place}-{'en' if anchor.fr else 'fr'}"),
            )
    return replace(line, anchors=anchors)


def _at(line: CriterionPlan, name: str) -> str:
    return f"criteria-{line.row}-{name}"
