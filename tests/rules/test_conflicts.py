"""Why a reviewer must not score a startup."""

from __future__ import annotations

import pytest

from accelerator.kernel.enums import ConflictSource
from accelerator.rules.conflicts import ReviewerTies, StartupTies, company_domain, find, find_all


@pytest.mark.parametrize(
    ("email", "domain"),
    [
        ("ada@boreal.ai", "boreal.ai"),
        ("ada@Boreal.AI", "boreal.ai"),
        ("ada@gmail.com", ""),
        ("ada@exemple.fr", ""),
        ("nonsense", "nonsense"),
    ],
)
def test_company_domain(email, domain):
    assert company_domain(email) == domain


def test_no_tie_no_ground():
    assert find(ReviewerTies(1, "ada@alpha.ai"), StartupTies(7, ("eve@beta.ai",))) == []


def test_personal_mail_ties_nobody():
    assert find(ReviewerTies(1, "ada@gmail.com"), StartupTies(7, ("eve@gmail.com",))) == []


def test_declared_comes_first_then_membership_then_mail():
    ada = ReviewerTies(1, "ada@beta.ai", frozenset({7}), {7: "My sister works there."})

    grounds = find(ada, StartupTies(7, ("eve@beta.ai",)))

    assert [(ground.source, str(ground.reason)) for ground in grounds] == [
        (ConflictSource.DECLARED, "My sister works there."),
        (ConflictSource.INFERRED, "The reviewer is a member of this startup."),
        (ConflictSource.INFERRED, "The reviewer's e-mail domain is that of a member of this startup."),
    ]


def test_find_all_is_the_sum_of_the_pairs():
    reviewers = [
        ReviewerTies(1, "ada@beta.ai", frozenset({8})),
        ReviewerTies(2, "grace@free.fr", declared={7: "Investor.", 99: "Elsewhere."}),
        ReviewerTies(3, "alan@gamma.ai"),
    ]
    startups = [StartupTies(7, ("eve@beta.ai", "bob@beta.ai")), StartupTies(8, ()), StartupTies(9, ("x@gamma.ai",))]

    together = find_all(reviewers, startups)

    assert together == [ground for r in reviewers for s in startups for ground in find(r, s)]
    assert [(g.reviewer_id, g.startup_id) for g in together] == [(1, 7), (1, 8), (2, 7), (3, 9)]
