"""The whole programme, told once in French and once in English, each step through the pages of the person it belongs to."""

from __future__ import annotations

import pytest

from accelerator.kernel.actor import SYSTEM
from accelerator.kernel.enums import Role
from accelerator.services import programme_setup
from tests.browser.journey import applying, counting, credits, reviewing, screening, selecting, workshops
from tests.browser.journey.story import Story
from tests.conftest import at

pytestmark = pytest.mark.browser


@pytest.fixture(params=["fr", "en"])
def story(request, chromium, site):
    at("2027-03-01T08:00Z")
    programme_setup.install(actor=SYSTEM)
    telling = Story(chromium, site, request.param)
    telling.member("louise@exemple.fr", "Louise Martin", Role.MANAGER)
    for number, email in enumerate(telling.readers):
        telling.member(email, f"Lectrice {number}", Role.REVIEWER)
    telling.member("auvergne@exemple.fr", "Odile Bernard", (Role.COORDINATOR, "84"))
    yield telling
    for person in telling.people.values():
        person.leave()


def test_the_programme_from_the_call_to_the_report(story):
    applying.the_call_opens(story)
    applying.five_others_have_applied(story)
    applying.the_founder_registers(story)
    applying.the_founder_writes(story)
    applying.the_founder_submits(story)
    screening.the_intake_is_screened(story)
    screening.the_dossiers_are_handed_out(story)
    reviewing.one_reviewer_works_by_keyboard(story)
    reviewing.the_others_have_scored(story)
    reviewing.the_manager_sees_how_far_it_is(story)
    selecting.the_ranking_is_computed(story)
    selecting.the_cohort_is_chosen(story)
    selecting.the_choice_is_confirmed(story)
    selecting.the_founders_answer(story)
    selecting.the_manager_sees_the_answers(story)
    credits.the_pool_is_set_aside(story)
    credits.the_cohort_gets_its_credits(story)
    credits.the_cost_export_is_read(story)
    credits.the_founder_sees_what_is_left(story)
    workshops.the_session_is_published(story)
    workshops.the_only_seat_is_booked_and_passed_on(story)
    workshops.those_who_came_are_written_down(story)
    counting.the_counter_counts_each_startup_once(story)
    counting.the_evidence_is_listed(story)
    counting.the_report_is_issued(story)

    for name, person in story.people.items():
        assert person.complaints == [], f"{name}:\n" + "\n".join(person.complaints)
