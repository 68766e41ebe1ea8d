"""Rules · Programmes — where a batch is, what its dates may say, what may still change, what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from accelerator.kernel.enums import BatchPhase, BatchState
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.verdict import YES, Verdict

PROGRAMME_ZONE: Final = "Europe/Paris"
MAX_PLACES: Final = 500
MAX_REVIEWS_PER_APPLICATION: Final = 10
LONGEST_YEARS: Final = 5
"""A batch whose dates lie further apart than this holds a typing mistake."""
HALF_YEAR: Final = timedelta(days=26 * 7)
"""Two editions a year; whole weeks, so that a Monday stays a Monday."""


@dataclass(frozen=True)
class BatchPlan:
    """What a manager decides about one batch; instants are aware, days are the programme's."""

    track_id: int
    rubric_id: int | None
    code: str
    name_fr: str
    name_en: str
    is_rolling: bool
    places: int
    reviews_per_application: int
    opens_at: datetime
    closes_at: datetime
    reviews_due_at: datetime
    decides_on: date
    starts_on: date
    ends_on: date
    place_name: str = ""


@dataclass(frozen=True)
class BatchDates:
    """What the phase of a batch follows from."""

    state: BatchState
    opens_at: datetime
    closes_at: datetime
    starts_on: date
    ends_on: date
    is_rolling: bool = False


@dataclass(frozen=True)
class BatchFigures:
    """How far one batch is: applications by what has become of them, reviews, places, offers."""

    drafts: int = 0
    to_screen: int = 0
    admissible: int = 0
    not_admissible: int = 0
    withdrawn: int = 0
    decided: int = 0
    reviewers: int = 0
    assigned: int = 0
    reviewed: int = 0
    offers_open: int = 0
    offers_accepted: int = 0

    @property
    def submitted(self) -> int:
        """Applications that were sent in and not taken back."""
        return self.to_screen + self.admissible + self.not_admissible + self.decided

    @property
    def found_admissible(self) -> int:
        """Applications that the committee reads, or has decided on."""
        return self.admissible + self.decided


class NextAct(StrEnum):
    """What a batch waits for."""

    PUBLISH = "publish"
    WAIT_OPENING = "wait_opening"
    WAIT_CLOSING = "wait_closing"
    SCREEN = "screen"
    START_REVIEW = "start_review"
    NAME_COMMITTEE = "name_committee"
    ASSIGN = "assign"
    WATCH = "watch"
    DECIDE = "decide"
    WAIT_ANSWERS = "wait_answers"
    WAIT_START = "wait_start"
    RUN = "run"
    REPORT = "report"
    NOTHING = "nothing"


@dataclass(frozen=True)
class NextStep:
    """The next act and the sentence that says why it is the next."""

    act: NextAct
    sentence: Message


def phase(batch: BatchDates, now: datetime) -> BatchPhase:
    """Where the batch is at this instant: its stored state, read with its dates in the programme's zone."""
    today = now.astimezone(ZoneInfo(PROGRAMME_ZONE)).date()
    if batch.state is BatchState.DRAFT:
        return BatchPhase.DRAFT
    if batch.state is BatchState.OPEN:
        if now < batch.opens_at:
            return BatchPhase.UPCOMING
        if now < batch.closes_at:
            return BatchPhase.OPEN
        return BatchPhase.FINISHED if batch.is_rolling and today > batch.ends_on else BatchPhase.CLOSED
    if batch.state is BatchState.REVIEWING:
        return BatchPhase.REVIEWING
    if today < batch.starts_on:
        return BatchPhase.DECIDED
    return BatchPhase.RUNNING if today <= batch.ends_on else BatchPhase.FINISHED


def contradictions(plan: BatchPlan) -> list[RuleViolation]:
    """Every date or number of the plan that cannot be, each as a sentence on its field; empty when all agree."""
    return list(_contradictions(plan))


def _contradictions(plan: BatchPlan) -> Iterator[RuleViolation]:
    zone = ZoneInfo(PROGRAMME_ZONE)
    if plan.closes_at <= plan.opens_at:
        yield RuleViolation(Message("The call closes after it opens."), field="closes_at")
    if plan.reviews_due_at < plan.closes_at:
        yield RuleViolation(
            Message("Reviews are due after the call closes, on %(closes)s.", closes=plan.closes_at),
            field="reviews_due_at",
        )
    if plan.decides_on < plan.reviews_due_at.astimezone(zone).date():
        yield RuleViolation(Message("The decision comes on the day the reviews are due or later."), field="decides_on")
    if plan.starts_on <= plan.decides_on:
        yield RuleViolation(Message("The programme starts after the decision."), field="starts_on")
    if plan.ends_on <= plan.starts_on:
        yield RuleViolation(Message("The programme ends after it starts."), field="ends_on")
    elif plan.ends_on - plan.opens_at.astimezone(zone).date() > timedelta(days=366 * LONGEST_YEARS):
        yield RuleViolation(
            Message("The end is more than %(years)s years after the opening. Check the years.", years=LONGEST_YEARS),
            field="ends_on",
        )
    if not plan.is_rolling and plan.places < 1:
        yield RuleViolation(Message("A batch has at least one place."), field="places")


def locked_fields(phase_now: BatchPhase) -> frozenset[str]:
    """The names of what may no longer be changed in a phase: applicants and reviewers rely on it."""
    promised = frozenset({"code", "track_id", "is_rolling"})
    called = promised | {"opens_at"}
    in_review = called | {"closes_at", "rubric_id"}
    decided = in_review | {"places", "reviews_per_application", "reviews_due_at", "decides_on"}
    return {
        BatchPhase.DRAFT: frozenset(),
        BatchPhase.UPCOMING: promised,
        BatchPhase.OPEN: called,
        BatchPhase.CLOSED: called,
        BatchPhase.REVIEWING: in_review,
        BatchPhase.DECIDED: decided,
        BatchPhase.RUNNING: decided | {"starts_on"},
        BatchPhase.FINISHED: decided | {"starts_on", "ends_on"},
    }[phase_now]


def refused_changes(
    before: BatchPlan, after: BatchPlan, *, phase_now: BatchPhase, places_taken: int, now: datetime
) -> list[RuleViolation]:
    """Every change that comes too late or breaks a promise, each as a sentence on its field."""
    refused = [
        RuleViolation(Message("This can no longer be changed: the call has been published."), field=name)
        for name in sorted(locked_fields(phase_now))
        if getattr(before, name) != getattr(after, name)
    ]
    if phase_now in {BatchPhase.OPEN, BatchPhase.CLOSED} and after.closes_at < before.closes_at:
        refused.append(
            RuleViolation(
                Message("Applicants count on the announced deadline: it can be moved later, never earlier."),
                field="closes_at",
            )
        )
    if phase_now is BatchPhase.UPCOMING and after.closes_at <= now:
        refused.append(RuleViolation(Message("The call would close before it opens to anyone."), field="closes_at"))
    if after.places < places_taken:
        refused.append(
            RuleViolation(
                Message("Places already promised: %(taken)s. There cannot be fewer.", taken=places_taken),
                field="places",
            )
        )
    return refused


def can_publish(phase_now: BatchPhase, closes_at: datetime, now: datetime, *, has_form: bool) -> Verdict:
    """A draft whose call can still be answered, with a form to answer it on."""
    if phase_now is not BatchPhase.DRAFT:
        return Verdict(False, Message("This call is already published."))
    if closes_at <= now:
        return Verdict(False, Message("The closing date has passed. Set a later one before you publish."))
    if not has_form:
        return Verdict(False, Message("This batch has no application form yet."))
    return YES


def can_start_review(phase_now: BatchPhase, *, admissible: int, has_rubric: bool, is_rolling: bool) -> Verdict:
    """A closed call with something to review and a rubric to review it by."""
    if is_rolling:
        return Verdict(False, Message("A rolling call has no review: its applications are answered as they come."))
    if phase_now in {BatchPhase.DRAFT, BatchPhase.UPCOMING, BatchPhase.OPEN}:
        return Verdict(False, Message("The review starts after the call has closed."))
    if phase_now is not BatchPhase.CLOSED:
        return Verdict(False, Message("The review of this batch has already started."))
    if admissible < 1:
        return Verdict(False, Message("No application is admissible yet. Screen the intake first."))
    if not has_rubric:
        return Verdict(False, Message("Choose a rubric for this batch first."))
    return YES


def next_step(phase_now: BatchPhase, figures: BatchFigures, *, is_rolling: bool, per_application: int) -> NextStep:
    """The one act that moves the batch on, with the reason; when nothing is owed, what it waits for."""
    if (
        phase_now in {BatchPhase.OPEN, BatchPhase.CLOSED}
        and figures.to_screen
        and (is_rolling or phase_now is BatchPhase.CLOSED)
    ):
        return NextStep(
            NextAct.SCREEN, Message("Applications waiting to be screened: %(count)s.", count=figures.to_screen)
        )
    if phase_now is BatchPhase.REVIEWING:
        return _step_in_review(figures, per_application)
    if phase_now is BatchPhase.CLOSED and not is_rolling:
        if figures.admissible:
            return NextStep(
                NextAct.START_REVIEW,
                Message("Everything is screened. Applications ready for review: %(count)s.", count=figures.admissible),
            )
        return NextStep(NextAct.NOTHING, Message("The call closed without an admissible application."))
    if phase_now is BatchPhase.DECIDED and figures.offers_open:
        return NextStep(
            NextAct.WAIT_ANSWERS, Message("Offers awaiting an answer: %(count)s.", count=figures.offers_open)
        )
    return {
        BatchPhase.DRAFT: NextStep(NextAct.PUBLISH, Message("Check the dates, then publish the call.")),
        BatchPhase.UPCOMING: NextStep(NextAct.WAIT_OPENING, Message("The call opens by itself on the announced day.")),
        BatchPhase.OPEN: NextStep(NextAct.WAIT_CLOSING, Message("The call is open. Screen as applications come in.")),
        BatchPhase.CLOSED: NextStep(NextAct.NOTHING, Message("Every application has been answered.")),
        BatchPhase.DECIDED: NextStep(NextAct.WAIT_START, Message("The cohort is known. Prepare its start.")),
        BatchPhase.RUNNING: NextStep(NextAct.RUN, Message("The cohort is under way.")),
        BatchPhase.FINISHED: NextStep(NextAct.REPORT, Message("The batch is over. Its report can be issued.")),
    }[phase_now]


def _step_in_review(figures: BatchFigures, per_application: int) -> NextStep:
    if figures.to_screen:
        return NextStep(
            NextAct.SCREEN, Message("Applications waiting to be screened: %(count)s.", count=figures.to_screen)
        )
    if not figures.reviewers:
        return NextStep(NextAct.NAME_COMMITTEE, Message("Name the members of the selection committee."))
    if figures.assigned < figures.admissible * per_application and not figures.reviewed:
        return NextStep(
            NextAct.ASSIGN,
            Message(
                "Reviews assigned: %(assigned)s of %(wanted)s.",
                assigned=figures.assigned,
                wanted=figures.admissible * per_application,
            ),
        )
    if figures.reviewed < figures.assigned:
        return NextStep(
            NextAct.WATCH,
            Message("Reviews in: %(done)s of %(count)s.", done=figures.reviewed, count=figures.assigned),
        )
    return NextStep(NextAct.DECIDE, Message("Every review is in: the committee can decide."))


def next_edition(plan: BatchPlan) -> BatchPlan:
    """The same batch half a year later, as a start for the next one; its code and names are to be chosen."""
    return replace(
        plan,
        code="",
        name_fr="",
        name_en="",
        opens_at=_later(plan.opens_at),
        closes_at=_later(plan.closes_at),
        reviews_due_at=_later(plan.reviews_due_at),
        decides_on=plan.decides_on + HALF_YEAR,
        starts_on=plan.starts_on + HALF_YEAR,
        ends_on=plan.ends_on + HALF_YEAR,
    )


def _later(instant: datetime) -> datetime:
    """Half a year later at the same time on the wall, whatever summer time does."""
    return instant.astimezone(ZoneInfo(PROGRAMME_ZONE)) + HALF_YEAR


@dataclass(frozen=True)
class Milestone:
    """One date of a batch as its timeline shows it; `place` is "past", "next" or "later"."""

    label: Message
    at: datetime | date
    place: str

    @property
    def has_time(self) -> bool:
        """True for an instant, false for a calendar day."""
        return isinstance(self.at, datetime)


def milestones(
    *,
    opens_at: datetime,
    closes_at: datetime,
    reviews_due_at: datetime,
    decides_on: date,
    starts_on: date,
    ends_on: date,
    is_rolling: bool,
    now: datetime,
) -> list[Milestone]:
    """The dates of a batch in order, with which lie behind, and which is the next. A rolling call has no committee."""
    today = now.astimezone(ZoneInfo(PROGRAMME_ZONE)).date()
    dates: list[tuple[Message, datetime | date]] = [
        (Message("The call opens"), opens_at),
        (Message("The call closes"), closes_at),
        (Message("Reviews are due"), reviews_due_at),
        (Message("The committee decides"), decides_on),
        (Message("The programme starts"), starts_on),
        (Message("The programme ends"), ends_on),
    ]
    if is_rolling:
        del dates[2:4]
    behind = [at <= now if isinstance(at, datetime) else at < today for _, at in dates]
    following = behind.index(False) if False in behind else len(dates)
    return [
        Milestone(label, at, "past" if behind[i] else "next" if i == following else "later")
        for i, (label, at) in enumerate(dates)
    ]
