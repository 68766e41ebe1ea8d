"""Everything that is worked out from reviews stands together, with what it was worked out by."""

from __future__ import annotations

from accelerator.rules.analysis import analyse
from accelerator.rules.ranking import SEED
from accelerator.rules.scoring import Direction, Review
from tests.rules.test_scoring import simulated


def test_each_standing_carries_what_each_rule_says_of_it():
    reviews, _, _ = simulated(1, applications=30, reviewers=6, each=3)

    found = analyse(reviews, places=8)

    assert [standing.rank for standing in found.standings] == list(range(1, 31))
    for standing, line, sure, robust in zip(found.standings, found.lines, found.certainties, found.robust, strict=True):
        assert standing.application_id == line.application_id == sure.application_id == robust.application_id
        assert (standing.adjusted, standing.chance, standing.survives) == (line.adjusted, sure.chance, robust.survives)
        assert standing.otherwise.count(",") == max(len(robust.otherwise) - 1, 0)
    assert found.variants == 11
    assert set(found.too_close) == {
        sure.application_id
        for line, sure in zip(found.lines, found.certainties, strict=True)
        if (sure.chance < 0.9 if line.rank <= 8 else sure.chance > 0.1)
    }
    assert found.methods == {
        "quality": "additive-severity-1",
        "certainty": "joint-posterior-1",
        "robustness": "variants-1",
        "next_review": "knowledge-gradient-1",
        "interval": 0.9,
        "seed": SEED,
        "draws": 4_000,
    }


def test_an_analysis_is_the_same_in_any_order_of_the_reviews():
    reviews, _, _ = simulated(2, applications=20, reviewers=5, each=3)

    assert analyse(reviews[::-1], places=5) == analyse(reviews, places=5)


def test_an_analysis_of_nothing_is_empty():
    found = analyse([], places=5)

    assert (found.standings, found.variants, found.too_close) == ([], 0, [])


def test_low_points_are_the_mirror_of_high_ones():
    reviews, _, _ = simulated(3, applications=20, reviewers=5, each=3)
    turned = [Review(review.application_id, review.reviewer_id, 6 - review.overall) for review in reviews]

    high, low = analyse(reviews, places=5), analyse(turned, places=5, direction=Direction.LOW)

    assert [line.application_id for line in low.lines] == [line.application_id for line in high.lines]
    assert [line.survives for line in low.robust] == [line.survives for line in high.robust]
