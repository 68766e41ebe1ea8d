"""Rules · Lifecycle — an application's way from act to act, and what its founder is told on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from accelerator.kernel.enums import ApplicationState as S
from accelerator.kernel.enums import OfferState
from accelerator.kernel.errors import Conflict
from accelerator.kernel.message import Message


class ApplicantAct(StrEnum):
    """What an applicant can do with an application."""

    SAVE = "save"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"


_AFTER: Final[Mapping[tuple[S, ApplicantAct], S]] = {
    (S.DRAFT, ApplicantAct.SAVE): S.DRAFT,
    (S.DRAFT, ApplicantAct.SUBMIT): S.SUBMITTED,
    (S.DRAFT, ApplicantAct.WITHDRAW): S.WITHDRAWN,
    (S.SUBMITTED, ApplicantAct.WITHDRAW): S.WITHDRAWN,
    (S.ADMISSIBLE, ApplicantAct.WITHDRAW): S.WITHDRAWN,
    (S.WAITLISTED, ApplicantAct.WITHDRAW): S.WITHDRAWN,
    (S.WITHDRAWN, ApplicantAct.REOPEN): S.DRAFT,
}

_RESULTS: Final = frozenset({S.ADMITTED, S.WAITLISTED, S.REFUSED})


def after(state: S, act: ApplicantAct) -> S:
    """The state an applicant's act leads to.

    Raises: Conflict when the application is no longer where the act begins.
    """
    try:
        return _AFTER[state, act]
    except KeyError:
        raise Conflict(_refusal(state, act)) from None


def _refusal(state: S, act: ApplicantAct) -> Message:
    if act is ApplicantAct.WITHDRAW:
        return Message("This application can no longer be withdrawn here. Write to the programme team.")
    if state is S.WITHDRAWN:
        return Message("This application has been withdrawn. Start it again from the page of the call.")
    return Message("This application has been submitted: it can no longer be changed.")


def can_withdraw(shown: S) -> bool:
    """True when the founder is offered to withdraw."""
    return (shown, ApplicantAct.WITHDRAW) in _AFTER


def shown_state(state: S, *, offer_waits: bool, was_told_to_wait: bool, results_are_out: bool, letter_waits: bool) -> S:
    """The state the applicant is told: a decision stays inside until its letters have left.

    Args: offer_waits is true while the applicant's own offer has not been sent; was_told_to_wait is true once the
          letter about the waitlist has left; results_are_out is true once an offer of the batch has been sent;
          letter_waits is true while a letter about the application is a draft.
    """
    if state is S.INADMISSIBLE:
        return S.SUBMITTED if letter_waits else state
    if state not in _RESULTS:
        return state
    if not results_are_out:
        return S.ADMISSIBLE
    if state is S.ADMITTED:
        return state if not offer_waits else S.WAITLISTED if was_told_to_wait else S.ADMISSIBLE
    return S.ADMISSIBLE if letter_waits else state


class Milestone(StrEnum):
    """The stations of an application, in order."""

    SUBMITTED = "submitted"
    CHECKED = "checked"
    READ = "read"
    DECIDED = "decided"
    STARTED = "started"


@dataclass(frozen=True)
class Station:
    """One milestone on the way: behind the applicant, the present one, or still ahead."""

    milestone: Milestone
    is_done: bool
    is_present: bool


_DONE: Final[Mapping[S, int]] = {
    S.DRAFT: 0,
    S.SUBMITTED: 1,
    S.INADMISSIBLE: 2,
    S.ADMISSIBLE: 2,
    S.WAITLISTED: 4,
    S.REFUSED: 4,
    S.ADMITTED: 4,
    S.WITHDRAWN: 0,
}


def way(shown: S, *, is_rolling: bool) -> list[Station]:
    """The stations of an application with the present one marked. A rolling call has no committee and no cohort.

    Args: shown is the state the applicant is told.
    """
    if shown is S.WITHDRAWN:
        return []
    stations = list(Milestone)
    done = _DONE[shown]
    if is_rolling:
        stations = [Milestone.SUBMITTED, Milestone.CHECKED]
    elif shown in (S.INADMISSIBLE, S.REFUSED):
        stations = stations[:done]
    return [Station(one, place < done, place == done) for place, one in enumerate(stations)]


class NextAct(StrEnum):
    """Where the founder's next act is done."""

    FINISH = "finish"
    WAIT = "wait"
    ANSWER_OFFER = "answer_offer"
    PREPARE = "prepare"
    LOOK_FURTHER = "look_further"
    START_AGAIN = "start_again"


def next_act(shown: S, *, offer: OfferState | None, closes_at: datetime, now: datetime) -> NextAct:
    """What the founder does next about an application.

    Args: shown is the state the applicant is told.
    """
    is_open = now < closes_at
    if shown is S.DRAFT:
        return NextAct.FINISH if is_open else NextAct.LOOK_FURTHER
    if shown is S.WITHDRAWN:
        return NextAct.START_AGAIN if is_open else NextAct.LOOK_FURTHER
    if shown is S.ADMITTED and offer is OfferState.SENT:
        return NextAct.ANSWER_OFFER
    if shown is S.ADMITTED and offer in (OfferState.ACCEPTED, None):
        return NextAct.PREPARE
    if shown in (S.SUBMITTED, S.ADMISSIBLE, S.WAITLISTED):
        return NextAct.WAIT
    return NextAct.LOOK_FURTHER
