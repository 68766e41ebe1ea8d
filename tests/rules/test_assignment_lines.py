"""A spreadsheet of assignments, judged line by line."""

from __future__ import annotations

import pytest

from accelerator.kernel.enums import AssignmentState
from accelerator.kernel.errors import RuleViolation
from accelerator.rules.assignment_lines import MOST_LINES, Action, Desks, judge, read_lines

HEAD = "application,reviewer,action\n"


def desks(**changes):
    return Desks(
        **{
            "applications": {"001": 1, "r-1": 1, "002": 2, "003": 3},
            "reviewers": {"ada@x.fr": 10, "eve@x.fr": 20},
            "capacity": {10: 2, 20: 1},
            "states": {
                (1, 10): AssignmentState.OPEN,
                (2, 10): AssignmentState.REVIEWED,
                (1, 20): AssignmentState.DECLINED,
            },
            "barred": {(3, 20): "Her brother."},
            **changes,
        }
    )


def judged(text: str):
    return judge(read_lines((HEAD + text).encode()), desks())


def test_a_dossier_changes_hands_whatever_the_order_of_the_lines():
    found = judged("003,Ada@X.fr,give\nR-1,ada@x.fr,take\n001,eve@x.fr,donner\n")

    assert [(one.action, one.pair, one.refusal) for one in found] == [
        (Action.GIVE, (3, 10), None),
        (Action.TAKE, (1, 10), None),
        (Action.GIVE, (1, 20), None),
    ]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("001,ada@x.fr,swap", "“swap” is no action: write give, take or keep."),
        ("009,ada@x.fr,give", "No application of this batch has the code or receipt “009”."),
        ("001,max@x.fr,give", "Nobody on the committee has the address “max@x.fr”."),
        ("001,ada@x.fr,give", "This reviewer has, or had, this dossier already."),
        ("003,ada@x.fr,give", "This reviewer already holds the number of dossiers agreed."),
        ("003,eve@x.fr,give", "Conflict of interest: Her brother."),
        ("002,ada@x.fr,take", "This dossier has been reviewed: a review is not taken away."),
        ("003,ada@x.fr,take", "This reviewer does not hold this dossier."),
        ("001,eve@x.fr,keep", "This reviewer does not hold this dossier."),
        ("001,ada@x.fr", "2 fields where the header has 3"),
    ],
)
def test_a_line_that_cannot_be_done_says_why(line, sentence):
    one = judged(line + "\n")[0]

    assert one.line.line == 2
    assert one.refusal == sentence


def test_a_pair_named_twice_counts_once():
    found = judged("001,ada@x.fr,take\n001,ada@x.fr,take\n")

    assert found[0].refusal is None
    assert found[1].refusal == "Line 2 says something of this pair already."


def test_places_are_counted_down_the_file():
    found = judged("001,eve@x.fr,give\n002,eve@x.fr,give\n")

    assert [one.refusal for one in found] == [None, "This reviewer already holds the number of dossiers agreed."]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b"application,reviewer\n1,a\n", "The column “action” is missing."),
        (HEAD.encode(), "There is no line under the header."),
        ((HEAD + "1,a,b\n" * (MOST_LINES + 1)).encode(), "More than 10000 lines. Split the file."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(content, sentence):
    with pytest.raises(RuleViolation) as refusal:
        read_lines(content)

    assert refusal.value.reason == sentence
    assert refusal.value.field == "file"
