"""Rules · Reviewing — may this be scored now, what comes next, how long it takes, who will be late."""

from __future__ import annotations

import math
import statistics
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from accelerator.kernel.enums import ApplicationState, AssignmentState, BatchState, InvitationState
from accelerator.kernel.message import Message
from accelerator.kernel.verdict import YES, Verdict

READ_STATES: Final = (
    ApplicationState.ADMISSIBLE,
    ApplicationState.ADMITTED,
    ApplicationState.WAITLISTED,
    ApplicationState.REFUSED,
)
"""What the committee reads, or has read once the batch is decided."""

UNREADABLE: Final = (ApplicationState.DRAFT, ApplicationState.WITHDRAWN, ApplicationState.INADMISSIBLE)
"""Applications in these states are nobody's to review; they vanish from every desk."""

DEFAULT_MINUTES: Final = 10
"""What one review is counted at until the reviewer's own pace is known."""
_KNOWN_FROM: Final = 30  # seconds: shorter ones were typed in from elsewhere
MOST_SECONDS_A_REPORT: Final = 15 * 60
MOST_SECONDS: Final = 4 * 3600
ADVICE_MAX: Final = 2000
"""Characters of what the startup may be told."""

COMMENT_MAX: Final = 4000
REASON_MAX: Final = 300
CAPACITY_MAX: Final = 500
REMINDER_PAUSE: Final = timedelta(hours=24)


def dossier_code(application_id: int) -> str:
    """The name under which a blind dossier is spoken of: "017"."""
    return f"{application_id:03d}"


def is_round_open(state: BatchState, reviews_due_at: datetime, now: datetime) -> bool:
    """True while reviews of the batch are taken: before the closing instant and the decision."""
    return state in (BatchState.OPEN, BatchState.REVIEWING) and now < reviews_due_at


def can_score(
    assignment: AssignmentState,
    batch: BatchState,
    reviews_due_at: datetime,
    now: datetime,
    *,
    is_calibration: bool = False,
    calibration_left: bool = False,
) -> Verdict:
    """An open assignment can be scored and a reviewed one scored again until the round closes.

    Calibration dossiers come first: while the reviewer has one left, no other of the batch can be scored. A
    calibration review is final, because what the others gave is shown for it.
    """
    if assignment not in (AssignmentState.OPEN, AssignmentState.REVIEWED):
        return Verdict(False, Message("This dossier is no longer on your desk."))
    if not is_round_open(batch, reviews_due_at, now):
        return Verdict(
            False,
            Message("This round closed on %(closed)s (Paris time). What you sent stands.", closed=reviews_due_at),
        )
    if is_calibration and assignment is AssignmentState.REVIEWED:
        return Verdict(False, Message("You have sent this calibration review: it is final."))
    if calibration_left and not is_calibration:
        return Verdict(False, Message("Calibration dossiers come first: the others open once you have sent yours."))
    return YES


def can_give_back(assignment: AssignmentState, is_calibration: bool) -> Verdict:
    """An open dossier can be given back, except one that everybody scores."""
    if assignment is not AssignmentState.OPEN:
        return Verdict(False, Message("You have sent your review of this dossier: it is no longer to give back."))
    if is_calibration:
        return Verdict(
            False,
            Message(
                "Everybody scores this calibration dossier: it is not given back. If you have a tie to it, say so."
            ),
        )
    return YES


def can_assign(batch: BatchState, has_rubric: bool, reviews_due_at: datetime, now: datetime) -> Verdict:
    """Dossiers are handed out while the call is open or in review, with a rubric and time left."""
    if batch is BatchState.DRAFT:
        return Verdict(False, Message("This batch is still in preparation: open the call first."))
    if batch is BatchState.DECIDED:
        return Verdict(False, Message("This batch is decided: no review can be added."))
    if not has_rubric:
        return Verdict(False, Message("This batch has no rubric yet: choose one before assigning."))
    if now >= reviews_due_at:
        return Verdict(
            False,
            Message(
                "Reviews were due on %(due)s (Paris time). Set a later date in the batch before assigning.",
                due=reviews_due_at,
            ),
        )
    return YES


def can_answer(invitation: InvitationState, batch: BatchState, reviews_due_at: datetime, now: datetime) -> Verdict:
    """An invitation is answered once, while there is something left to review."""
    if invitation is InvitationState.ACCEPTED:
        return Verdict(False, Message("You have accepted already. To change it, write to the programme team."))
    if invitation is InvitationState.DECLINED:
        return Verdict(False, Message("You have declined. If you changed your mind, write to the programme team."))
    if batch is BatchState.DECIDED or now >= reviews_due_at:
        return Verdict(False, Message("The reviews of this batch are over: there is nothing left to answer."))
    return YES


def can_leave(batch: BatchState) -> Verdict:
    """A dossier can be given back, or a conflict declared on it, until the batch is decided."""
    if batch is BatchState.DECIDED:
        return Verdict(False, Message("This batch is decided: write to the programme team instead."))
    return YES


def openable(open_dossiers: Sequence[tuple[int, bool]]) -> list[int]:
    """Of (assignment, whether it is a calibration one), those that can be opened: calibration first, then the others."""
    first = [id_ for id_, is_calibration in open_dossiers if is_calibration]
    return first or [id_ for id_, _ in open_dossiers]


def next_up(open_ids: Sequence[int], skipped: Collection[int], present: int | None = None) -> int | None:
    """The assignment to open next: in desk order, those skipped in this sitting last; None when none is left."""
    others = [id_ for id_ in open_ids if id_ != present]
    fresh = [id_ for id_ in others if id_ not in skipped]
    if fresh:
        return fresh[0]
    return min(others, key=list(skipped).index) if others else None


@dataclass(frozen=True)
class TimeLeft:
    """How many minutes the open dossiers take; `is_own_pace` is false while it is the stated default."""

    minutes: int
    minutes_each: int
    is_own_pace: bool

    @property
    def hours(self) -> int:
        """The whole hours in it."""
        return self.minutes // 60

    @property
    def rest(self) -> int:
        """The minutes beyond the whole hours."""
        return self.minutes % 60


def time_left(seconds_of_done: Sequence[int], left: int) -> TimeLeft:
    """Median active time of the reviewer's own finished reviews, times what is left.

    Units: minutes, rounded up; the whole to five minutes.
    """
    known = [seconds for seconds in seconds_of_done if seconds >= _KNOWN_FROM]
    each = statistics.median(known) / 60 if known else DEFAULT_MINUTES
    return TimeLeft(math.ceil(left * each / 5) * 5, max(1, round(each)), bool(known))


class Pace(Enum):
    """How one reviewer stands towards the closing date."""

    NOTHING = "nothing"
    FINISHED = "finished"
    ON_TIME = "on_time"
    NOT_STARTED = "not_started"
    LATE = "late"
    OVERDUE = "overdue"


@dataclass(frozen=True)
class Forecast:
    """A reviewer's pace, and when at this pace the last dossier is done (None while it cannot be said)."""

    pace: Pace
    finishes_at: datetime | None = None


def forecast(*, done: int, left: int, assigned_at: datetime | None, due_at: datetime, now: datetime) -> Forecast:
    """When the reviewer finishes if dossiers go on being done as quickly as since the first was assigned.

    A reviewer who has done nothing counts as late once half of the time is gone.
    """
    if done + left == 0 or assigned_at is None:
        return Forecast(Pace.NOTHING)
    if left == 0:
        return Forecast(Pace.FINISHED)
    if now >= due_at:
        return Forecast(Pace.OVERDUE)
    if done == 0:
        return Forecast(Pace.LATE if now - assigned_at > due_at - now else Pace.NOT_STARTED)
    finishes_at = now + (now - assigned_at) / done * left
    return Forecast(Pace.LATE if finishes_at > due_at else Pace.ON_TIME, finishes_at)


def out_of_reach(*, done: int, left: int, assigned_at: datetime | None, due_at: datetime, now: datetime) -> int:
    """How many open dossiers a reviewer will not get to before the round closes, at the pace of `forecast`.

    None are while the pace says nothing yet: somebody who has done nothing is given half of the time first.
    """
    if (
        assigned_at is None
        or forecast(done=done, left=left, assigned_at=assigned_at, due_at=due_at, now=now).pace is not Pace.LATE
    ):
        return 0
    return left - math.floor(done * ((due_at - now) / (now - assigned_at)))
