"""A committee's spreadsheet: every line read or named with its reason, in any order, on any scale."""

from __future__ import annotations

import pytest

from accelerator.kernel.errors import RuleViolation
from accelerator.rules.review_sheets import ReviewSheet, likely_scale, read_sheet, weights_of
from accelerator.rules.scoring import Review
from accelerator.rules.tables import read_table

HEADER = "application,reviewer,team,market\n"
FIVE = "A1,Ada,4,3\nA1,Eve,5,4\nA2,Ada,2,3\nA2,Eve,3,3\nA3,Ada,1,2\n"


def sheet(text: str, **others) -> ReviewSheet:
    return read_sheet(read_table(text.encode()), **others)


def problems(text: str, **others) -> list[tuple[int, str]]:
    return [(problem.line, str(problem.reason)) for problem in sheet(text, **others).problems]


def test_reviews_are_numbered_by_name_and_carry_the_weighted_mean():
    found = sheet(HEADER + "B10,Eve,5,1\nB9,Ada,4,4\nB9,Eve,3,\n", weights="team=3")

    assert found.criteria == ("team", "market")
    assert found.applications == ("B9", "B10")
    assert found.reviewers == ("Ada", "Eve")
    assert set(found.reviews) == {Review(1, 1, 4.0), Review(0, 0, 4.0), Review(0, 1, 3.0)}
    assert found.problems == ()


def test_the_order_of_the_lines_changes_nothing_but_their_order():
    lines = FIVE.splitlines()

    one, other = sheet(HEADER + "\n".join(lines)), sheet(HEADER + "\n".join(lines[::-1]))

    assert (one.applications, one.reviewers) == (other.applications, other.reviewers)
    assert set(one.reviews) == set(other.reviews)


def test_french_numbers_and_headings_with_capitals_are_read():
    found = sheet("Application;Reviewer;Équipe\nA1;Zoé;3,5\n")

    assert (found.criteria, found.reviews) == (("equipe",), (Review(0, 0, 3.5),))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",Eve,4,4", "no application is named"),
        ("A9,,4,4", "no reviewer is named"),
        ("A9,unknown,4,4", "no reviewer is named"),
        ("A9,Eve,four,4", "team: “four” is not a number"),
        ("A9,Eve,4,nan", "market: “nan” is not a number"),
        ("A9,Eve,inf,4", "team: “inf” is not a number"),
        ("A9,Eve,4_0,4", "team: “4_0” is not a number"),
        ("A9,Eve,1e9,4", "team: “1e9” is too large for a score"),
        ("A9,Eve,4,6", "market: 6 is outside the scale from 1 to 5"),
        ("A9,Eve,-1,4", "team: -1 is outside the scale from 1 to 5"),
        ("A9,Eve,0,4", "team: 0 is outside the scale from 1 to 5"),
        ("A1,Eve,4,4", "Eve has reviewed A1 already, on line 3"),
        ("A9,Eve,4", "3 fields where the header has 4"),
        ('A9,"Eve,4,4', "a quotation mark opened here is never closed: nothing after it was read"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_and_nothing_is_worked_out(line, reason):
    found = sheet(HEADER + FIVE + line + "\n")

    assert [(problem.line, str(problem.reason)) for problem in found.problems] == [(7, reason)]
    assert found.reviews == ()


def test_every_problem_is_named_in_the_order_of_the_lines():
    found = problems(HEADER + "A1,,1,1\n" + FIVE + "A8,Eve,99,1\nA9,Eve,x,1\n", scale=(1, 5))

    assert [line for line, _ in found] == [2, 8, 9]


def test_a_line_without_any_score_is_left_out_and_said():
    found = sheet(HEADER + FIVE + "A9,Eve,,n/a\n")

    assert (found.unscored, len(found.reviews), found.problems) == ((7,), 5, ())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "This file is empty."),
        ("a,reviewer,team\nA1,Ada,3\n", "The header names no column “application”."),
        ("application,who,team\nA1,Ada,3\n", "The header names no column “reviewer”."),
        ("application,reviewer\nA1,Ada\n", "The header names no criterion beside application and reviewer."),
        (HEADER, "This file holds no score."),
        (HEADER + "A1,Ada,,\n", "This file holds no score."),
    ],
)
def test_a_file_without_reviews_is_refused(text, reason):
    with pytest.raises(RuleViolation) as refused:
        sheet(text)

    assert (str(refused.value), refused.value.field) == (reason, "file")


@pytest.mark.parametrize(
    ("points", "scale"),
    [
        ([1, 2, 3, 4, 5], (1, 5)),
        ([1, 2, 3, 4, 5, 99], (1, 5)),
        ([1, 2, 3, 4, 5, 0], (1, 5)),
        ([7, 8, 9, 6, 3, 1], (0, 10)),
        ([1, 9, 5, 7, 8, 10], (0, 10)),
        ([12, 14, 20, 8, 9], (0, 20)),
        ([60, 48, 47, 67, 77], (0, 100)),
        ([600, 480, 470, 6], None),
        ([3, 8], (0, 10)),
        ([3.5, 99.0, 2.0], None),
        ([], None),
    ],
)
def test_the_scale_is_the_usual_one_that_all_but_a_stray_lie_on(points, scale):
    assert likely_scale(points) == scale


def test_a_scale_that_is_named_is_kept_to():
    assert problems(HEADER + FIVE + "A9,Eve,9,9\n", scale=(0, 10)) == []
    assert problems(HEADER + "A9,Eve,3.5,5.5\n", scale=(1, 5)) == [
        (2, "market: 5.5 is outside the scale from 1 to 5"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Team=3, market=1",
        "team:3;market:1",
        "3,1",
        "3 1",
        "criterion,weight\nteam,3\nmarket,1\n",
        "team;3\nmarket;1",
        '{"team": 3, "market": 1}',
        "team=3",
    ],
)
def test_weights_are_read_in_every_shape(text):
    assert weights_of(text, ["team", "market"]) == {"team": 3.0, "market": 1.0}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("tema=3", "The weights name “tema”, which is no column."),
        ("team=x", "“x” is not a weight for team."),
        ("team=-1", "“-1” is not a weight for team."),
        ("team=0,market=0", "No criterion has a weight above 0."),
        ("1,2,3", "3 weights for 2 criteria."),
        ("{team: 3}", "The weights are not JSON that can be read."),
    ],
)
def test_weights_that_cannot_be_used_are_refused(text, reason):
    with pytest.raises(RuleViolation) as refused:
        weights_of(text, ["team", "market"])

    assert (str(refused.value), refused.value.field) == (reason, "weights")


def test_a_column_that_weighs_nothing_is_not_read():
    found = sheet("application,reviewer,team,comment\nA1,Ada,4,Fine people\n", weights="comment=0")

    assert (found.criteria, found.reviews) == (("team",), (Review(0, 0, 4.0),))
