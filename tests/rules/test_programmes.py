"""Phases, dates that agree, what may change, what comes next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from accelerator.kernel.enums import BatchPhase, BatchState
from accelerator.rules import programmes
from accelerator.rules.programmes import BatchDates, BatchFigures, BatchPlan, NextAct

PLAN = BatchPlan(
    track_id=1,
    rubric_id=1,
    code="F-2027-1",
    name_fr="Promotion 6",
    name_en="Batch 6",
    is_rolling=False,
    places=15,
    reviews_per_application=3,
    opens_at=datetime(2027, 1, 4, 8, tzinfo=UTC),
    closes_at=datetime(2027, 2, 1, 11, tzinfo=UTC),
    reviews_due_at=datetime(2027, 2, 20, 17, tzinfo=UTC),
    decides_on=date(2027, 2, 24),
    starts_on=date(2027, 3, 15),
    ends_on=date(2027, 7, 16),
)


def dates(state: BatchState, *, is_rolling: bool = False) -> BatchDates:
    return BatchDates(state, PLAN.opens_at, PLAN.closes_at, PLAN.starts_on, PLAN.ends_on, is_rolling=is_rolling)


@pytest.mark.parametrize(
    ("state", "now", "phase"),
    [
        (BatchState.DRAFT, "2027-01-10T00:00Z", BatchPhase.DRAFT),
        (BatchState.OPEN, "2027-01-04T07:59:59Z", BatchPhase.UPCOMING),
        (BatchState.OPEN, "2027-01-04T08:00Z", BatchPhase.OPEN),
        (BatchState.OPEN, "2027-02-01T10:59:59Z", BatchPhase.OPEN),
        (BatchState.OPEN, "2027-02-01T11:00Z", BatchPhase.CLOSED),
        (BatchState.REVIEWING, "2027-02-02T00:00Z", BatchPhase.REVIEWING),
        (BatchState.DECIDED, "2027-03-14T22:59Z", BatchPhase.DECIDED),
        (BatchState.DECIDED, "2027-03-14T23:00Z", BatchPhase.RUNNING),  # midnight in Paris
        (BatchState.DECIDED, "2027-07-16T21:59Z", BatchPhase.RUNNING),
        (BatchState.DECIDED, "2027-07-16T22:00Z", BatchPhase.FINISHED),
    ],
)
def test_phase_follows_from_state_and_dates(state, now, phase):
    assert programmes.phase(dates(state), datetime.fromisoformat(now)) is phase


def test_phase_of_a_rolling_call_ends_with_its_last_day():
    after = datetime(2027, 7, 17, 12, tzinfo=UTC)

    assert programmes.phase(dates(BatchState.OPEN, is_rolling=True), after) is BatchPhase.FINISHED
    assert programmes.phase(dates(BatchState.OPEN), after) is BatchPhase.CLOSED


def test_contradictions_of_a_good_plan_are_none():
    assert programmes.contradictions(PLAN) == []


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"closes_at": PLAN.opens_at}, ["closes_at"]),
        ({"reviews_due_at": PLAN.closes_at - timedelta(minutes=1)}, ["reviews_due_at"]),
        ({"reviews_due_at": PLAN.closes_at}, []),
        ({"decides_on": date(2027, 2, 19)}, ["decides_on"]),
        ({"starts_on": date(2027, 2, 24)}, ["starts_on"]),
        ({"ends_on": date(2027, 3, 15)}, ["ends_on"]),
        ({"ends_on": date(2072, 7, 16)}, ["ends_on"]),
        ({"places": 0}, ["places"]),
        ({"places": 0, "is_rolling": True}, []),
        (
            {"closes_at": PLAN.opens_at, "starts_on": date(2027, 1, 1), "ends_on": date(2026, 1, 1)},
            ["closes_at", "starts_on", "ends_on"],
        ),
    ],
)
def test_contradictions_blame_each_field_that_is_wrong(change, fields):
    assert [violation.field for violation in programmes.contradictions(replace(PLAN, **change))] == fields


def test_locked_fields_only_grow_from_phase_to_phase():
    locked = [programmes.locked_fields(phase) for phase in BatchPhase]

    assert locked[0] == frozenset()
    assert all(before <= after for before, after in zip(locked, locked[1:], strict=False))


def test_refused_changes_keep_the_announced_deadline():
    now = datetime(2027, 1, 10, tzinfo=UTC)
    earlier = replace(PLAN, closes_at=PLAN.closes_at - timedelta(days=1))
    later = replace(PLAN, closes_at=PLAN.closes_at + timedelta(days=1))

    def blamed(after):
        return [
            one.field
            for one in programmes.refused_changes(PLAN, after, phase_now=BatchPhase.OPEN, places_taken=0, now=now)
        ]

    assert blamed(earlier) == ["closes_at"]
    assert blamed(later) == []
    assert blamed(replace(PLAN, code="X-1", track_id=2)) == ["code", "track_id"]


def test_refused_changes_keep_the_places_already_promised():
    now = datetime(2027, 2, 10, tzinfo=UTC)
    fewer = replace(PLAN, places=3)

    refused = programmes.refused_changes(PLAN, fewer, phase_now=BatchPhase.REVIEWING, places_taken=4, now=now)

    assert [one.reason for one in refused] == ["Places already promised: 4. There cannot be fewer."]


def test_publish_needs_a_draft_with_a_form_and_time_to_answer():
    before, after = PLAN.opens_at, PLAN.closes_at

    assert programmes.can_publish(BatchPhase.DRAFT, PLAN.closes_at, before, has_form=True)
    assert not programmes.can_publish(BatchPhase.OPEN, PLAN.closes_at, before, has_form=True)
    assert not programmes.can_publish(BatchPhase.DRAFT, PLAN.closes_at, after, has_form=True)
    assert not programmes.can_publish(BatchPhase.DRAFT, PLAN.closes_at, before, has_form=False)


@pytest.mark.parametrize("phase", list(BatchPhase))
def test_review_starts_only_after_the_call_has_closed(phase):
    verdict = programmes.can_start_review(phase, admissible=1, has_rubric=True, is_rolling=False)

    assert bool(verdict) is (phase is BatchPhase.CLOSED)


def test_review_needs_something_to_review_a_rubric_and_a_cohort():
    closed = BatchPhase.CLOSED

    assert not programmes.can_start_review(closed, admissible=0, has_rubric=True, is_rolling=False)
    assert not programmes.can_start_review(closed, admissible=1, has_rubric=False, is_rolling=False)
    assert not programmes.can_start_review(closed, admissible=1, has_rubric=True, is_rolling=True)


@pytest.mark.parametrize(
    ("phase", "figures", "act"),
    [
        (BatchPhase.DRAFT, BatchFigures(), NextAct.PUBLISH),
        (BatchPhase.UPCOMING, BatchFigures(), NextAct.WAIT_OPENING),
        (BatchPhase.OPEN, BatchFigures(to_screen=4), NextAct.WAIT_CLOSING),
        (BatchPhase.CLOSED, BatchFigures(to_screen=1, admissible=9), NextAct.SCREEN),
        (BatchPhase.CLOSED, BatchFigures(admissible=9), NextAct.START_REVIEW),
        (BatchPhase.CLOSED, BatchFigures(not_admissible=2), NextAct.NOTHING),
        (BatchPhase.REVIEWING, BatchFigures(to_screen=1, admissible=9), NextAct.SCREEN),
        (BatchPhase.REVIEWING, BatchFigures(admissible=9), NextAct.NAME_COMMITTEE),
        (BatchPhase.REVIEWING, BatchFigures(admissible=9, reviewers=5), NextAct.ASSIGN),
        (BatchPhase.REVIEWING, BatchFigures(admissible=9, reviewers=5, assigned=27), NextAct.WATCH),
        (BatchPhase.REVIEWING, BatchFigures(admissible=9, reviewers=5, assigned=27, reviewed=27), NextAct.DECIDE),
        (BatchPhase.DECIDED, BatchFigures(offers_open=3), NextAct.WAIT_ANSWERS),
        (BatchPhase.DECIDED, BatchFigures(), NextAct.WAIT_START),
        (BatchPhase.RUNNING, BatchFigures(), NextAct.RUN),
        (BatchPhase.FINISHED, BatchFigures(), NextAct.REPORT),
    ],
)
def test_next_step_is_the_one_act_that_moves_the_batch_on(phase, figures, act):
    assert programmes.next_step(phase, figures, is_rolling=False, per_application=3).act is act


def test_next_step_of_an_open_rolling_call_is_to_screen_what_came():
    step = programmes.next_step(BatchPhase.OPEN, BatchFigures(to_screen=2), is_rolling=True, per_application=3)

    assert (step.act, step.sentence) == (NextAct.SCREEN, "Applications waiting to be screened: 2.")


def test_next_edition_keeps_weekday_and_time_on_the_wall():
    following = programmes.next_edition(PLAN)

    assert following.opens_at.weekday() == PLAN.opens_at.weekday()
    assert following.opens_at.strftime("%H:%M") == "09:00"  # 08:00 UTC is 09:00 in Paris, winter and summer
    assert programmes.contradictions(following) == []
    assert (following.code, following.name_fr, following.name_en) == ("", "", "")


def test_milestones_name_one_next_date_and_leave_the_committee_out_of_a_rolling_call():
    def places(now, *, is_rolling):
        return [
            one.place
            for one in programmes.milestones(
                opens_at=PLAN.opens_at,
                closes_at=PLAN.closes_at,
                reviews_due_at=PLAN.reviews_due_at,
                decides_on=PLAN.decides_on,
                starts_on=PLAN.starts_on,
                ends_on=PLAN.ends_on,
                is_rolling=is_rolling,
                now=now,
            )
        ]

    assert places(PLAN.closes_at, is_rolling=False) == ["past", "past", "next", "later", "later", "later"]
    assert places(PLAN.opens_at, is_rolling=True) == ["past", "next", "later", "later"]
    assert places(datetime(2028, 1, 1, tzinfo=UTC), is_rolling=True) == ["past"] * 4
