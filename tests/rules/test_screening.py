"""Who may be screened, what a refusal owes, which sites are one."""

from __future__ import annotations

import pytest

from accelerator.kernel.enums import ApplicationState, BatchState, ScreeningGround
from accelerator.kernel.errors import RuleViolation
from accelerator.rules import screening
from accelerator.rules.screening import ScreeningReason


@pytest.mark.parametrize("state", list(ApplicationState))
def test_only_submitted_applications_are_screened(state):
    assert bool(screening.can_screen(state, BatchState.OPEN)) is (state is ApplicationState.SUBMITTED)


def test_nothing_is_screened_once_the_batch_is_decided():
    verdict = screening.can_screen(ApplicationState.SUBMITTED, BatchState.DECIDED)

    assert verdict.reason == "This batch is decided: nothing more is screened."


@pytest.mark.parametrize(
    ("state", "batch_state", "assigned", "allowed"),
    [
        (ApplicationState.ADMISSIBLE, BatchState.OPEN, 0, True),
        (ApplicationState.INADMISSIBLE, BatchState.REVIEWING, 0, True),
        (ApplicationState.ADMISSIBLE, BatchState.REVIEWING, 1, False),
        (ApplicationState.ADMISSIBLE, BatchState.DECIDED, 0, False),
        (ApplicationState.SUBMITTED, BatchState.OPEN, 0, False),
        (ApplicationState.ADMITTED, BatchState.REVIEWING, 0, False),
    ],
)
def test_screening_is_undone_only_before_reviewers_are_assigned(state, batch_state, assigned, allowed):
    assert bool(screening.can_undo(state, batch_state, assigned=assigned)) is allowed


@pytest.mark.parametrize(
    ("reason", "field"),
    [
        (ScreeningReason(None, "Because."), "ground"),
        (ScreeningReason(ScreeningGround.OTHER), "explanation"),
        (ScreeningReason(ScreeningGround.INCOMPLETE, "x" * 901), "explanation"),
    ],
)
def test_refusal_without_a_reason_is_refused(reason, field):
    with pytest.raises(RuleViolation) as refusal:
        screening.refuse_bare_refusal(reason)

    assert refusal.value.field == field


@pytest.mark.parametrize("ground", list(ScreeningGround))
@pytest.mark.parametrize("explanation", ["", "Two\nlines", "incomplete"])
def test_reason_comes_back_as_it_was_stored(ground, explanation):
    reason = ScreeningReason(ground, explanation)

    assert screening.reason_of(reason.stored()) == reason


def test_reason_written_elsewhere_is_all_explanation():
    assert screening.reason_of("Hors sujet\net incomplet") == ScreeningReason(None, "Hors sujet\net incomplet")


@pytest.mark.parametrize(
    ("website", "site"),
    [
        ("https://www.Exemple.fr/equipe?x=1", "exemple.fr"),
        ("exemple.fr", "exemple.fr"),
        ("http://exemple.fr./", "exemple.fr"),
        ("app.exemple.fr", "app.exemple.fr"),
        ("", ""),
        (None, ""),
    ],
)
def test_site_is_the_host_without_www(website, site):
    assert screening.site_of(website) == site
