"""What a scoring sheet must hold, and what its weights mean."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.errors import RuleViolation
from accelerator.rules.rubrics import CriterionPlan, RubricPlan, checked_rubric, share, total_weight

NOTHING = Bilingual("", "")


def line(code="team", **others) -> CriterionPlan:
    values = {
        "label": Bilingual("Équipe", "Team"),
        "help": NOTHING,
        "weight": Decimal("3"),
        "anchors": tuple(Bilingual(f"Repère {n}", f"Anchor {n}") for n in range(1, 6)),
    }
    return CriterionPlan(code, **{**values, **others})


def plan(*lines: CriterionPlan, **others) -> RubricPlan:
    values = {"name": Bilingual("Grille", "Rubric"), "scale_min": 1, "scale_max": 5}
    return RubricPlan(criteria=lines or (line(),), **{**values, **others})


def test_a_good_sheet_passes_as_it_is():
    good = plan(line(), line("market", weight=Decimal("0.01")))

    assert checked_rubric(good) == good


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (plan(name=Bilingual("Grille", "")), "name_fr"),
        (plan(scale_min=5, scale_max=5), "scale_max"),
        (plan(scale_max=10), "scale_max"),
        (plan(scale_min=-1), "scale_max"),
        (replace(plan(), criteria=()), None),
        (plan(*(line(f"c{n}") for n in range(21))), None),
        (plan(line(), line(row=4)), "criteria-4-code"),
        (plan(line("Team")), "criteria-0-code"),
        (plan(line("")), "criteria-0-code"),
        (plan(line(label=Bilingual("Équipe", ""), row=2)), "criteria-2-label_en"),
        (plan(line(help=Bilingual("", "Help"))), "criteria-0-help_fr"),
        (plan(line(weight=Decimal(0))), "criteria-0-weight"),
        (plan(line(weight=Decimal("1000.01"))), "criteria-0-weight"),
        (plan(line(weight=Decimal("1.005"))), "criteria-0-weight"),
        (plan(line(weight=None)), "criteria-0-weight"),
        (plan(line(anchors=(NOTHING,) * 5)), "criteria-0-anchors-0-fr"),
        (plan(line(), scale_max=6), "criteria-0-anchors-5-fr"),
        (plan(line(anchors=(*line().anchors[:4], Bilingual("Cinq", "")))), "criteria-0-anchors-4-en"),
    ],
)
def test_a_bad_sheet_says_where(bad, field):
    with pytest.raises(RuleViolation) as refusal:
        checked_rubric(bad)

    assert refusal.value.field == field


def test_points_between_the_ends_may_go_without_words_and_a_shorter_scale_drops_them():
    sparse = line(anchors=(Bilingual("Non", "No"), NOTHING, Bilingual("Oui", "Yes"), Bilingual("Trop", "Beyond")))

    checked = checked_rubric(plan(sparse, scale_max=3))

    assert checked.criteria[0].anchors == (Bilingual("Non", "No"), NOTHING, Bilingual("Oui", "Yes"))


def test_shares_are_parts_of_the_total():
    weights = [Decimal("3"), Decimal("1"), Decimal("0.5")]
    total = total_weight(weights)

    assert total == Decimal("4.5")
    assert sum(share(weight, total) for weight in weights) == pytest.approx(1)
    assert share(Decimal(0), Decimal(0)) == 0
