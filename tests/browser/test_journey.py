"""The whole programme, told once in French and once in English, each step through the pages of the person it belongs to."""

from __future__ import annotations

import pytest

from accelerator.kernel.actor import SYSTEM
from accelerator.kernel.enums import Role
from accelerator.services import programme_setup
from tests.browser.journey import applying
from tests.browser.journey.story import Story
from tests.conftest import at

pytestmark = pytest.mark.browser


@pytest.fixture(params=["fr", "en"])
def story(request, chromium, site):
    at("2027-03-01T08:00Z")
    programme_setup.install(actor=SYSTEM)
    telling = Story(chromium, site, request.param)
    telling.member("louise@exemple.fr", "Louise Martin", Role.MANAGER)
    for number in (1, 2, 3):
        telling.member(f"reader{number}@exemple.fr", f"Lectrice {number}", Role.REVIEWER)
    telling.member("auvergne@exemple.fr", "Odile Bernard", (Role.COORDINATOR, "84"))
    return telling


def test_the_programme_from_the_call_to_the_report(story):
    applying.the_call_opens(story)
    applying.four_others_have_applied(story)
    applying.the_founder_registers(story)
    applying.the_founder_writes(story)
    applying.the_founder_submits(story)

    for name, person in story.people.items():
        assert person.complaints == [], f"{name}:\n" + "\n".join(person.complaints)
