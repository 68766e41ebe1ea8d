"""May it be scored, what comes next, how long it takes, who will be late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accelerator.kernel.enums import AssignmentState, BatchState
from accelerator.rules import reviewing
from accelerator.rules.reviewing import Forecast, Pace, TimeLeft

DUE = datetime(2026, 3, 10, 17, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("assignment", "batch", "now", "allowed"),
    [
        (AssignmentState.OPEN, BatchState.REVIEWING, DUE - SECOND, True),
        (AssignmentState.REVIEWED, BatchState.REVIEWING, DUE - SECOND, True),
        (AssignmentState.OPEN, BatchState.OPEN, DUE - SECOND, True),
        (AssignmentState.OPEN, BatchState.REVIEWING, DUE, False),
        (AssignmentState.OPEN, BatchState.DECIDED, DUE - SECOND, False),
        (AssignmentState.OPEN, BatchState.DRAFT, DUE - SECOND, False),
        (AssignmentState.CONFLICTED, BatchState.REVIEWING, DUE - SECOND, False),
        (AssignmentState.DECLINED, BatchState.REVIEWING, DUE - SECOND, False),
    ],
)
def test_can_score(assignment, batch, now, allowed):
    verdict = reviewing.can_score(assignment, batch, DUE, now)

    assert bool(verdict) is allowed
    assert bool(verdict.reason) is not allowed


@pytest.mark.parametrize(
    ("assignment", "is_calibration", "left", "allowed"),
    [
        (AssignmentState.OPEN, True, True, True),
        (AssignmentState.OPEN, True, False, True),
        (AssignmentState.REVIEWED, True, True, False),
        (AssignmentState.REVIEWED, True, False, False),
        (AssignmentState.OPEN, False, True, False),
        (AssignmentState.REVIEWED, False, True, False),
        (AssignmentState.OPEN, False, False, True),
        (AssignmentState.REVIEWED, False, False, True),
    ],
)
def test_calibration_comes_first_and_is_final(assignment, is_calibration, left, allowed):
    verdict = reviewing.can_score(
        assignment,
        BatchState.REVIEWING,
        DUE,
        DUE - SECOND,
        is_calibration=is_calibration,
        calibration_left=left,
    )

    assert bool(verdict) is allowed
    assert bool(verdict.reason) is not allowed


@pytest.mark.parametrize(
    ("assignment", "is_calibration", "allowed"),
    [
        (AssignmentState.OPEN, False, True),
        (AssignmentState.OPEN, True, False),
        (AssignmentState.REVIEWED, False, False),
        (AssignmentState.REVIEWED, True, False),
    ],
)
def test_can_give_back_an_open_dossier_that_not_everybody_scores(assignment, is_calibration, allowed):
    assert bool(reviewing.can_give_back(assignment, is_calibration)) is allowed


@pytest.mark.parametrize(
    ("dossiers", "ids"),
    [([], []), ([(1, False), (2, False)], [1, 2]), ([(3, True), (4, True), (1, False)], [3, 4])],
)
def test_openable_are_the_calibration_dossiers_while_there_are_any(dossiers, ids):
    assert reviewing.openable(dossiers) == ids


@pytest.mark.parametrize(
    ("batch", "has_rubric", "now", "reason"),
    [
        (BatchState.REVIEWING, True, DUE - SECOND, ""),
        (BatchState.OPEN, True, DUE - SECOND, ""),
        (BatchState.DRAFT, True, DUE - SECOND, "This batch is still in preparation: open the call first."),
        (BatchState.DECIDED, True, DUE - SECOND, "This batch is decided: no review can be added."),
        (
            BatchState.REVIEWING,
            False,
            DUE - SECOND,
            "This batch has no rubric yet: choose one before assigning.",
        ),
    ],
)
def test_can_assign(batch, has_rubric, now, reason):
    assert reviewing.can_assign(batch, has_rubric, DUE, now).reason == reason


def test_can_assign_ends_on_the_due_instant():
    assert reviewing.can_assign(BatchState.REVIEWING, True, DUE, DUE).reason.startswith("Reviews were due on")


@pytest.mark.parametrize(
    ("open_ids", "skipped", "present", "expected"),
    [
        ([4, 2, 9], [], None, 4),
        ([4, 2, 9], [], 4, 2),
        ([4, 2, 9], [4], None, 2),
        ([4, 2, 9], [2, 4, 9], None, 2),
        ([4, 2, 9], [2, 4, 9], 2, 4),
        ([4], [4], 4, None),
        ([], [], None, None),
    ],
)
def test_next_up(open_ids, skipped, present, expected):
    assert reviewing.next_up(open_ids, skipped, present) == expected


@pytest.mark.parametrize(
    ("seconds", "left", "expected"),
    [
        ([], 5, TimeLeft(50, 10, False)),
        ([0, 3], 1, TimeLeft(10, 10, False)),
        ([600, 300, 420], 7, TimeLeft(50, 7, True)),
        ([420], 0, TimeLeft(0, 7, True)),
    ],
)
def test_time_left(seconds, left, expected):
    assert reviewing.time_left(seconds, left) == expected


@pytest.mark.parametrize(
    ("done", "left", "days_ago", "expected"),
    [
        (0, 0, 4, Forecast(Pace.NOTHING)),
        (5, 0, 4, Forecast(Pace.FINISHED)),
        (0, 5, 4, Forecast(Pace.NOT_STARTED)),
        (0, 5, 7, Forecast(Pace.LATE)),
        (4, 4, 4, Forecast(Pace.ON_TIME, DUE - timedelta(days=2))),
        (2, 4, 4, Forecast(Pace.LATE, DUE + timedelta(days=2))),
    ],
)
def test_forecast(done, left, days_ago, expected):
    now = DUE - timedelta(days=6)

    seen = reviewing.forecast(done=done, left=left, assigned_at=now - timedelta(days=days_ago), due_at=DUE, now=now)

    assert seen == expected


def test_forecast_after_the_due_instant_is_overdue():
    seen = reviewing.forecast(done=3, left=1, assigned_at=DUE - timedelta(days=9), due_at=DUE, now=DUE)

    assert seen == Forecast(Pace.OVERDUE)


def test_dossier_code_has_three_digits_or_more():
    assert [reviewing.dossier_code(n) for n in (7, 17, 12345)] == ["007", "017", "12345"]


@pytest.mark.parametrize(
    ("done", "left", "gone", "ahead", "beyond"),
    [
        (0, 5, 4, 6, 0),  # less than half of the time is gone: nothing is known
        (0, 5, 6, 4, 5),
        (2, 4, 5, 10, 0),  # four more in ten days
        (2, 5, 5, 10, 1),
        (1, 5, 10, 5, 5),  # half a dossier is none
        (3, 0, 5, 5, 0),
        (3, 4, 5, -1, 0),  # the round is closed
    ],
)
def test_out_of_reach_is_what_the_pace_does_not_cover(done, left, gone, ahead, beyond):
    now = datetime(2026, 1, 1, tzinfo=UTC)

    found = reviewing.out_of_reach(
        done=done, left=left, assigned_at=now - timedelta(days=gone), due_at=now + timedelta(days=ahead), now=now
    )

    assert found == beyond


def test_nothing_is_out_of_reach_before_anything_is_assigned():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert reviewing.out_of_reach(done=0, left=0, assigned_at=None, due_at=now + timedelta(days=1), now=now) == 0
