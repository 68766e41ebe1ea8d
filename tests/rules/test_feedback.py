"""What a refused dossier can be told: criteria against the middle of the batch, in words only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.errors import RuleViolation
from accelerator.rules.feedback import TEXT_MAX, Anchor, Criterion, Marks, Proposal, middles, proposal, refuse_text


def criterion(number: int, anchors: int = 5) -> Criterion:
    return Criterion(
        number,
        Bilingual(f"Critère {number}", f"Criterion {number}"),
        tuple(Anchor(point, Bilingual(f"Niveau {point}", f"Level {point}")) for point in range(1, anchors + 1)),
    )


RUBRIC = [criterion(number) for number in range(1, 6)]
MIDDLE = dict.fromkeys(range(1, 6), 3.0)


def labels(*numbers: int) -> tuple[Bilingual, ...]:
    return tuple(RUBRIC[number - 1].label for number in numbers)


def test_the_farthest_above_and_below_are_named_two_at_most():
    found = proposal(Marks(3, {1: 3.5, 2: 4.0, 3: 4.5, 4: 1.5, 5: 2.5}), MIDDLE, RUBRIC)

    assert (found.best, found.weakest) == (labels(3, 2), labels(4, 5))
    assert found.next_level == Bilingual("Niveau 2", "Level 2")


def test_ties_go_by_the_printed_order():
    found = proposal(Marks(2, dict.fromkeys(range(1, 6), 4.0)), MIDDLE, RUBRIC)

    assert (found.best, found.weakest, found.next_level) == (labels(1, 2), (), None)


@pytest.mark.parametrize(
    "marks",
    [Marks(1, {1: 5.0, 2: 1.0}), Marks(0, {}), Marks(3, MIDDLE)],
    ids=["one review", "none", "all in the middle"],
)
def test_nothing_is_said_without_ground(marks):
    assert proposal(marks, MIDDLE, RUBRIC) == Proposal()
    assert not Proposal()


@pytest.mark.parametrize(("mean", "level"), [(1.0, 2), (1.99, 2), (2.0, 3), (2.999, 3)])
def test_the_next_level_is_the_first_above_the_mean(mean, level):
    found = proposal(Marks(2, {1: mean}), MIDDLE, RUBRIC)

    assert found.next_level == Bilingual(f"Niveau {level}", f"Level {level}")


def test_a_level_without_words_is_passed_over():
    bare = Criterion(1, Bilingual("a", "a"), (Anchor(3, Bilingual("", "")), Anchor(4, Bilingual("x", "x"))))

    assert proposal(Marks(2, {1: 2.0}), {1: 3.0}, [bare]).next_level == Bilingual("x", "x")
    assert proposal(Marks(2, {1: 2.0}), {1: 3.0}, [criterion(1, anchors=0)]).next_level is None


def test_a_criterion_nobody_scored_is_left_out():
    assert proposal(Marks(2, {1: 4.0, 9: 1.0}), MIDDLE, RUBRIC) == Proposal(best=labels(1))


@given(st.lists(st.dictionaries(st.integers(1, 5), st.floats(1, 5)), min_size=1, max_size=12))
def test_every_dossier_hears_only_what_its_scores_say(dossiers):
    marks = [Marks(2, means) for means in dossiers]
    middle = middles(marks)

    for one in marks:
        found = proposal(one, middle, RUBRIC)
        above = {c.label for c in RUBRIC if c.id in one.means and one.means[c.id] > middle[c.id] + 1e-9}
        below = {c.label for c in RUBRIC if c.id in one.means and one.means[c.id] < middle[c.id] - 1e-9}
        assert set(found.best) <= above and len(found.best) == min(2, len(above))
        assert set(found.weakest) <= below and len(found.weakest) == min(2, len(below))


def test_the_middle_is_the_median_of_the_dossiers():
    marks = [Marks(2, {1: 1.0, 2: 2.0}), Marks(2, {1: 2.0}), Marks(2, {1: 5.0, 2: 4.0})]

    assert middles(marks) == {1: 2.0, 2: 3.0}


def test_refuse_text():
    refuse_text("", is_ready=False)
    refuse_text("x" * TEXT_MAX, is_ready=True)
    for text, is_ready in (("x" * (TEXT_MAX + 1), False), (" \n", True)):
        with pytest.raises(RuleViolation) as refused:
            refuse_text(text, is_ready=is_ready)
        assert refused.value.field == "text"
