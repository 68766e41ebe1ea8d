"""Waitlist positions, proposals, the frozen document, until when an offer stands."""

from __future__ import annotations

import json
from datetime import date

import pytest

from accelerator.kernel.enums import Outcome
from accelerator.kernel.errors import RuleViolation
from accelerator.rules import selection
from accelerator.rules.analysis import analyse
from accelerator.rules.scoring import Review, adjusted
from accelerator.rules.selection import Choice
from tests.make import instant


def waiting(application_id: int, position: int | None) -> Choice:
    return Choice(application_id, Outcome.WAITLIST, position)


def test_in_order_closes_gaps_and_puts_the_unnumbered_last_by_rank():
    choices = [waiting(1, None), waiting(2, 7), waiting(3, 2), waiting(4, None), Choice(5, Outcome.ADMIT, 9)]

    assert [(c.application_id, c.position) for c in selection.in_order(choices, [4, 1])] == [
        (1, 4),
        (2, 2),
        (3, 1),
        (4, 3),
        (5, None),
    ]


def test_in_order_refuses_a_position_given_twice():
    with pytest.raises(RuleViolation) as refused:
        selection.in_order([waiting(1, 1), waiting(2, 1)], [1, 2])

    assert (refused.value.field, refused.value.reason) == (
        "position_2",
        "Two applications have waitlist position 1.",
    )


@pytest.mark.parametrize(
    ("outcome", "position", "waitlist"),
    [
        (Outcome.WAITLIST, None, [2, 3, 1]),
        (Outcome.WAITLIST, 1, [1, 2, 3]),
        (Outcome.WAITLIST, 2, [2, 1, 3]),
        (Outcome.WAITLIST, 99, [2, 3, 1]),
        (Outcome.ADMIT, None, [2, 3]),
        (Outcome.REFUSE, None, [2, 3]),
    ],
)
def test_moved_leaves_no_gap_on_the_waitlist(outcome, position, waitlist):
    choices = [Choice(1, Outcome.ADMIT, None, "Said for the place."), waiting(2, 4), waiting(3, 9)]

    found = {choice.application_id: choice for choice in selection.moved(choices, 1, outcome, position)}

    assert [
        one.application_id for one in sorted(found.values(), key=lambda c: c.position or 0) if one.position
    ] == waitlist
    assert found[1].outcome is outcome
    assert found[1].reason == ("Said for the place." if outcome is Outcome.ADMIT else "")


def test_moved_up_the_waitlist_keeps_the_reason():
    choices = [waiting(1, 1), Choice(2, Outcome.WAITLIST, 2, "Could wait.")]

    assert selection.moved(choices, 2, Outcome.WAITLIST, 1) == [
        waiting(1, 2),
        Choice(2, Outcome.WAITLIST, 1, "Could wait."),
    ]


def test_proposal_admits_the_first_and_lists_the_next_ten():
    choices = selection.proposal(list(range(100, 150)), 15)

    assert [c.application_id for c in choices if c.outcome is Outcome.ADMIT] == list(range(100, 115))
    assert [(c.application_id, c.position) for c in choices if c.outcome is Outcome.WAITLIST] == [
        (115 + n, n + 1) for n in range(10)
    ]
    assert selection.proposal([7], 15) == [Choice(7, Outcome.ADMIT)]


def test_version_changes_with_every_part_of_a_choice_and_not_with_their_order():
    one, two = Choice(1, Outcome.ADMIT), waiting(2, 1)

    assert selection.version_of([one, two]) == selection.version_of([two, one])
    versions = {
        selection.version_of(choices)
        for choices in ([], [one], [one, two], [one, waiting(2, 2)], [Choice(1, Outcome.ADMIT, None, "why")])
    }
    assert len(versions) == 5


def frozen() -> dict[str, object]:
    scores = [[a, r, float(1 + (a * 7 + r * 3) % 5)] for a in range(1, 9) for r in range(1, 4)]
    result = adjusted([Review(*line) for line in scores])
    return {
        "version": 1,
        "method": str(result.method),
        "scores": scores,
        "ranking": [[q.application_id, 1, round(q.adjusted, 6)] for q in result.qualities],
    }


def test_recomputation_agrees_with_an_untouched_document_and_finds_each_change():
    assert selection.recomputation_differs(frozen()) == ""
    changed = frozen()
    changed["scores"][0][2] += 1
    assert "recomputed as" in selection.recomputation_differs(changed)
    short = frozen()
    short["ranking"].pop()
    assert selection.recomputation_differs(short) == "application 8 is not in the frozen ranking"
    long = frozen()
    long["ranking"].append([99, 9, 1.0])
    assert selection.recomputation_differs(long) == "application 99 is ranked without a score"
    assert "method" in selection.recomputation_differs({**frozen(), "method": "dice-1"})


def frozen_now() -> dict[str, object]:
    """A document of today's version."""
    scores = [[a, r, float(1 + (a * 7 + r * 3) % 5)] for a in range(1, 9) for r in range(1, 4)]
    found = analyse([Review(*line) for line in scores], places=3)
    return json.loads(
        selection.canonical(
            {
                "version": selection.SNAPSHOT_VERSION,
                "places": 3,
                "method": str(found.result.method),
                "methods": found.methods,
                "variants": found.variants,
                "scores": scores,
                "ranking": [selection.frozen_line(standing) for standing in found.standings],
            }
        )
    )


def test_a_document_of_today_is_recomputed_to_equality():
    assert selection.recomputation_differs(frozen_now()) == ""


@pytest.mark.parametrize("column", range(1, len(selection.FROZEN_COLUMNS)))
def test_recomputation_finds_a_change_in_every_column(column):
    document = frozen_now()
    before = document["ranking"][2][column]
    document["ranking"][2][column] = f"{before},median" if isinstance(before, str) else before + 0.01

    found = selection.recomputation_differs(document)

    application, name = document["ranking"][2][0], selection.FROZEN_COLUMNS[column]
    assert found.startswith(f"application {application}: {name} ")
    assert "is recomputed as" in found


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"places": 4}, "is recomputed as"),
        ({"variants": 7}, "7 variants are recomputed as 8"),
        ({"method": "dice-1"}, "method dice-1 is recomputed as"),
    ],
)
def test_recomputation_finds_other_settings(change, finding):
    assert finding in selection.recomputation_differs({**frozen_now(), **change})


@pytest.mark.parametrize(
    ("name", "value", "finding"),
    [
        ("seed", 1, "application"),
        ("draws", 9, "draws 9 is recomputed as 4000"),
        ("robustness", "x-1", "robustness x-1 is recomputed as variants-1"),
    ],
)
def test_recomputation_starts_from_the_seed_and_the_methods_of_the_document(name, value, finding):
    document = frozen_now()
    document["methods"][name] = value

    assert selection.recomputation_differs(document).startswith(finding)


def test_canonical_is_one_spelling_and_its_fingerprint_moves_with_every_byte():
    text = selection.canonical({"b": [1, 2], "a": "é"})

    assert text == '{"a":"é","b":[1,2]}'
    assert selection.fingerprint(text) != selection.fingerprint(text.replace("2", "3"))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-01-05T10:00", "2026-01-12T22:59"),  # winter: Paris is an hour ahead
        ("2026-02-20T10:00", "2026-02-22T22:59"),
        ("2026-02-27T10:00", "2026-02-28T22:59"),
        ("2026-02-28T23:30", None),  # already the first of March in Paris
        ("2026-03-02T10:00", None),
    ],
)
def test_answer_by_shrinks_as_the_start_comes_near(now, expected):
    found = selection.answer_by(instant(now), date(2026, 3, 1), "Europe/Paris")

    assert found == (instant(expected) if expected else None)


@pytest.mark.parametrize(
    ("respond_by", "reason"),
    [
        ("2026-01-05T20:00", "Give founders at least a day to answer."),
        ("2025-01-05T20:00", "Give founders at least a day to answer."),
        ("2026-03-01T12:00", "Answers are due before the batch starts, on 2026-03-01."),
    ],
)
def test_answer_date_must_leave_a_day_and_come_before_the_start(respond_by, reason):
    with pytest.raises(RuleViolation) as refused:
        selection.refuse_answer_date(instant(respond_by), instant("2026-01-05T10:00"), date(2026, 3, 1), "Europe/Paris")

    assert (refused.value.reason, refused.value.field) == (reason, "respond_by")
