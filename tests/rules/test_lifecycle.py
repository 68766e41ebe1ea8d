"""An application's way from act to act, and what its founder is told on it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accelerator.kernel.enums import ApplicationState as S
from accelerator.kernel.enums import OfferState
from accelerator.kernel.errors import Conflict
from accelerator.rules import lifecycle
from accelerator.rules.lifecycle import ApplicantAct, Milestone, NextAct

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "act", "result"),
    [
        (S.DRAFT, ApplicantAct.SUBMIT, S.SUBMITTED),
        (S.SUBMITTED, ApplicantAct.WITHDRAW, S.WITHDRAWN),
        (S.WAITLISTED, ApplicantAct.WITHDRAW, S.WITHDRAWN),
        (S.WITHDRAWN, ApplicantAct.REOPEN, S.DRAFT),
    ],
)
def test_an_act_leads_on(state, act, result):
    assert lifecycle.after(state, act) is result


@pytest.mark.parametrize(
    ("state", "act"),
    [
        (S.SUBMITTED, ApplicantAct.SAVE),
        (S.SUBMITTED, ApplicantAct.SUBMIT),
        (S.WITHDRAWN, ApplicantAct.SAVE),
        (S.ADMITTED, ApplicantAct.WITHDRAW),
        (S.REFUSED, ApplicantAct.WITHDRAW),
        (S.DRAFT, ApplicantAct.REOPEN),
    ],
)
def test_an_act_out_of_place_is_a_conflict(state, act):
    with pytest.raises(Conflict):
        lifecycle.after(state, act)


def told(
    state: S,
    *,
    offer_waits: bool = False,
    was_told_to_wait: bool = False,
    results_are_out: bool = True,
    letter_waits: bool = False,
) -> S:
    return lifecycle.shown_state(
        state,
        offer_waits=offer_waits,
        was_told_to_wait=was_told_to_wait,
        results_are_out=results_are_out,
        letter_waits=letter_waits,
    )


@pytest.mark.parametrize("state", [S.ADMITTED, S.WAITLISTED, S.REFUSED])
def test_a_decision_is_not_told_before_the_results_are_out(state):
    assert told(state, results_are_out=False) is S.ADMISSIBLE
    assert told(state, offer_waits=True, results_are_out=False) is S.ADMISSIBLE
    assert told(state) is state


@pytest.mark.parametrize(
    ("state", "meanwhile"),
    [(S.INADMISSIBLE, S.SUBMITTED), (S.REFUSED, S.ADMISSIBLE), (S.WAITLISTED, S.ADMISSIBLE)],
)
def test_a_refusal_is_not_told_while_its_letter_is_a_draft(state, meanwhile):
    assert told(state, letter_waits=True) is meanwhile
    assert told(state, letter_waits=False) is state


def test_a_place_is_not_told_before_its_offer_left():
    assert told(S.ADMITTED, offer_waits=True) is S.ADMISSIBLE  # a first choice, in a later part of the wave
    assert told(S.ADMITTED, offer_waits=True, was_told_to_wait=True) is S.WAITLISTED
    assert told(S.ADMITTED, was_told_to_wait=True) is S.ADMITTED


def test_the_way_marks_where_one_is():
    stations = lifecycle.way(S.ADMISSIBLE, is_rolling=False)

    assert [(one.milestone, one.is_done, one.is_present) for one in stations] == [
        (Milestone.SUBMITTED, True, False),
        (Milestone.CHECKED, True, False),
        (Milestone.READ, False, True),
        (Milestone.DECIDED, False, False),
        (Milestone.STARTED, False, False),
    ]


@pytest.mark.parametrize(
    ("state", "is_rolling", "stations"),
    [(S.WITHDRAWN, False, 0), (S.SUBMITTED, True, 2), (S.INADMISSIBLE, False, 2), (S.REFUSED, False, 4)],
)
def test_the_way_ends_where_it_ends(state, is_rolling, stations):
    assert len(lifecycle.way(state, is_rolling=is_rolling)) == stations


@pytest.mark.parametrize(
    ("state", "offer", "left", "act"),
    [
        (S.DRAFT, None, 1, NextAct.FINISH),
        (S.DRAFT, None, 0, NextAct.LOOK_FURTHER),
        (S.WITHDRAWN, None, 1, NextAct.START_AGAIN),
        (S.WITHDRAWN, None, -1, NextAct.LOOK_FURTHER),
        (S.SUBMITTED, None, -1, NextAct.WAIT),
        (S.ADMITTED, OfferState.SENT, -1, NextAct.ANSWER_OFFER),
        (S.ADMITTED, OfferState.ACCEPTED, -1, NextAct.PREPARE),
        (S.ADMITTED, OfferState.EXPIRED, -1, NextAct.LOOK_FURTHER),
        (S.REFUSED, None, -1, NextAct.LOOK_FURTHER),
        (S.INADMISSIBLE, None, -1, NextAct.LOOK_FURTHER),
    ],
)
def test_next_act(state, offer, left, act):
    closes_at = NOW + timedelta(seconds=left)

    assert lifecycle.next_act(state, offer=offer, closes_at=closes_at, now=NOW) is act
