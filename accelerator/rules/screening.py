"""Rules · Screening — who may be screened, what a refusal owes, which startups look alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from accelerator.kernel.enums import ApplicationState, BatchState, ScreeningGround
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.verdict import YES, Verdict

MAX_EXPLANATION: Final = 900
"""Characters of free text behind a ground; together they fit the column."""

SCREENED: Final = frozenset({ApplicationState.ADMISSIBLE, ApplicationState.INADMISSIBLE})


@dataclass(frozen=True)
class ScreeningReason:
    """Why an application is not admissible: the ground, and the words that explain it."""

    ground: ScreeningGround | None
    explanation: str = ""

    def stored(self) -> str:
        """One text for the database: the ground on the first line, the explanation behind it."""
        return f"{self.ground.value if self.ground else ''}\n{self.explanation}".strip()


def reason_of(stored: str) -> ScreeningReason:
    """The reason a stored text means; text without a known ground is all explanation."""
    head, _, rest = stored.partition("\n")
    if head in {ground.value for ground in ScreeningGround}:
        return ScreeningReason(ScreeningGround(head), rest.strip())
    return ScreeningReason(None, stored.strip())


def refuse_bare_refusal(reason: ScreeningReason) -> None:
    """Raise RuleViolation when "not admissible" lacks its ground, or "another reason" its words."""
    if reason.ground is None:
        raise RuleViolation(Message("Choose the reason: the applicant is told."), field="ground")
    if reason.ground is ScreeningGround.OTHER and not reason.explanation:
        raise RuleViolation(
            Message("Say in a sentence what the reason is: the applicant is told."), field="explanation"
        )
    if len(reason.explanation) > MAX_EXPLANATION:
        raise RuleViolation(Message("At most %(count)s characters.", count=MAX_EXPLANATION), field="explanation")


def can_screen(state: ApplicationState, batch_state: BatchState) -> Verdict:
    """A submitted application of a batch that is not yet decided."""
    if state in SCREENED:
        return Verdict(False, Message("This application has already been screened."))
    if state is ApplicationState.WITHDRAWN:
        return Verdict(False, Message("The startup has withdrawn this application."))
    if state is not ApplicationState.SUBMITTED:
        return Verdict(False, Message("Only submitted applications are screened."))
    if batch_state is BatchState.DECIDED:
        return Verdict(False, Message("This batch is decided: nothing more is screened."))
    return YES


def can_undo(state: ApplicationState, batch_state: BatchState, *, assigned: int) -> Verdict:
    """A screened application that nobody has been asked to review yet."""
    if state not in SCREENED:
        return Verdict(False, Message("There is no screening to undo."))
    if batch_state is BatchState.DECIDED:
        return Verdict(False, Message("This batch is decided: nothing more is screened."))
    if assigned:
        return Verdict(False, Message("Reviewers have been assigned: the screening stands."))
    return YES


def site_of(website: str | None) -> str:
    """The part of a web address that names the site: no scheme, no "www.", no path, lower case."""
    text = (website or "").strip().lower().partition("://")
    rest = text[2] or text[0]
    return rest.partition("/")[0].partition("?")[0].removeprefix("www.").rstrip(".")
