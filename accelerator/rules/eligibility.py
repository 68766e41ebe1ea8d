"""Rules · Eligibility — the lines of the call that anyone can check before opening an account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from accelerator.kernel.message import Message


@dataclass(frozen=True)
class Line:
    """One condition of the call as a yes-or-no question; `why` and `instead` are for those who answer no."""

    code: str
    question: Message
    why: Message
    instead: Message
    for_cohorts_only: bool = False


@dataclass(frozen=True)
class Checked:
    """One line with the answer given."""

    line: Line
    is_met: bool


LINES: Final[tuple[Line, ...]] = (
    Line(
        "france",
        Message("Is your startup registered in France, or about to be?"),
        Message("The programme supports startups established in France."),
        Message("Workshops are open to teams that prepare their registration: come and meet us."),
    ),
    Line(
        "generative_ai",
        Message("Is generative AI part of your product, or will it be?"),
        Message("The committee judges what generative AI changes for your users."),
        Message("A discovery workshop shows what generative AI can do for a product like yours, in half a day."),
    ),
    Line(
        "prototype",
        Message("Can you show something that works: a demo, a prototype, a first version?"),
        Message("A batch of four months starts from something that can be tried."),
        Message("A practice workshop helps you build a first prototype. The regional call takes ideas too."),
        for_cohorts_only=True,
    ),
    Line(
        "full_time",
        Message("Does at least one founder work on it full-time?"),
        Message("The batch asks for work every week, for four months."),
        Message("Workshops fit beside a job: half a day at a time, in your region."),
        for_cohorts_only=True,
    ),
    Line(
        "on_site",
        Message("Can the team come to the batch's place for its workshops?"),
        Message("The batch works together in one place."),
        Message("The regional call supports you where you are, in the Experiences Labs and with local partners."),
        for_cohorts_only=True,
    ),
    Line(
        "rights",
        Message("Do you hold the rights to what you build, or a licence for it?"),
        Message("Credits and publicity go to products their makers may offer."),
        Message("Settle the question first; a workshop on responsible AI covers licences of models and data."),
    ),
)


def lines_of(*, is_rolling: bool) -> list[Line]:
    """The lines that count for a call: a rolling one asks less than a batch with a cohort."""
    return [line for line in LINES if not (is_rolling and line.for_cohorts_only)]


def check(lines: list[Line], answers: Mapping[str, bool]) -> list[Checked]:
    """Every line with its answer, those not met first. Args: answers maps line codes to yes or no."""
    checked = [Checked(line, answers[line.code]) for line in lines]
    return sorted(checked, key=lambda one: one.is_met)
