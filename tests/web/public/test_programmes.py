"""The calls, one call in full, the check before an account."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accelerator.kernel import clock
from accelerator.kernel.enums import BatchState, QuestionKind
from accelerator.rules.calls import TimeLeft, time_left
from tests import make
from tests.conftest import at


@pytest.mark.parametrize(
    ("closes", "left"),
    [
        ("2026-03-10T22:59+00:00", TimeLeft(9, 230, 0)),
        ("2026-03-01T23:30+00:00", TimeLeft(1, 14, 31)),
        ("2026-03-01T22:59+00:00", TimeLeft(0, 14, 0)),
        ("2026-03-01T09:00:01+00:00", TimeLeft(0, 0, 1)),
        ("2026-03-01T08:59+00:00", TimeLeft(0, 0, 0)),
    ],
)
def test_time_left_counts_days_as_paris_does(closes, left):
    now = make.instant("2026-03-01T08:59:30")

    found = time_left(make.instant(closes), now)

    assert found.days == left.days
    assert found.is_over == left.is_over


def test_calls_shows_what_is_open_then_what_is_announced_and_what_has_closed(browser, db):
    at("2026-03-01T09:00Z")
    make.batch(name_en="Spring", closes_at=make.instant("2026-03-11T22:59"))
    make.batch(name_en="Autumn", opens_at=make.instant("2026-09-01T07:00"), closes_at=make.instant("2026-10-01T07:00"))
    make.batch(name_en="Regions", is_rolling=True, closes_at=make.instant("2027-10-31T22:59"))
    make.batch(
        name_en="Before",
        state=BatchState.DECIDED,
        opens_at=make.instant("2025-11-01T08:00"),
        closes_at=make.instant("2025-12-01T22:59"),
    )
    make.batch(name_en="Secret", state=BatchState.DRAFT)

    page = browser.get("public.programmes.calls")

    headings = [" ".join(one.text_content().split()) for one in page.tree.xpath("//main//h2")]
    assert headings == ["Spring", "Autumn", "Regions", "Calls that have closed"]
    assert "Open until 11 March 2026, 23:59 (Paris time)10 days left" in page.text
    assert "Opens on 1 September 2026, 09:00 (Paris time)" in page.text
    assert [row[0] for row in page.table()] == ["Before"]
    assert "Secret" not in page.body


def test_calls_without_any_says_what_to_do(browser, db):
    page = browser.get("public.programmes.calls")

    assert "No call is open today" in page.text


def test_calls_costs_the_same_however_many(browser, db, count_statements):
    make.batch()
    with count_statements() as few:
        browser.get("public.programmes.calls")
    for _number in range(3):
        make.batch()
        make.batch(state=BatchState.DECIDED)

    with count_statements() as many:
        browser.get("public.programmes.calls")

    assert few.count == many.count == 3


def test_call_says_everything_in_advance_and_leads_to_the_form(browser, db):
    of = make.batch(code="GS-1", places=15, place_name="STATION F")
    make.question(of, label_en="Which problem?", max_words=150)
    make.question(of, label_en="A link", kind=QuestionKind.URL, is_required=False, max_words=None)

    page = browser.get("public.programmes.call", code="GS-1")

    assert page.h1 == of.name_en
    assert "Which problem? · up to 150 words" in page.text
    assert "A link (optional)" in page.text
    assert [row[0] for row in page.table("Criteria and their share of the score")] == [
        "Criterion 1",
        "Criterion 2",
        "Criterion 3",
    ]
    assert page.links("Apply to this call") == ["/my/applications/start/GS-1"]


def test_apply_leads_through_sign_in_and_back(browser, db):
    make.batch(code="GS-1")

    asked = browser.get("startup.applications.start", batch_code="GS-1")
    page = browser.follow(asked)
    sign_up = page.links("Open an account for your startup")[0]
    back = browser.post(sign_up, {"name": "Ada", "email": "ada@exemple.fr", "password": "une phrase assez longue"})

    assert asked.location == "/sign-in?next=/my/applications/start/GS-1"
    assert back.location == "/my/applications/start/GS-1"
    assert browser.follow(back).location == "/my/startups/new?next=/my/applications/start/GS-1"


def test_a_closed_call_offers_no_form(browser, db):
    of = make.batch(closes_at=clock.now() - timedelta(seconds=1))

    page = browser.get("public.programmes.call", code=of.code)

    assert page.links("Apply to this call") == []
    assert "It closed on" in page.text


@pytest.mark.parametrize("path", ["/calls/NOTHING", "/calls?page=0", "/calls?page=x", "/calls/NOTHING/eligibility"])
def test_what_is_not_there_is_not_found(browser, db, path):
    assert browser.get(path).status == 404


def test_a_call_in_preparation_is_not_found(browser, db):
    of = make.batch(state=BatchState.DRAFT)

    assert browser.get("public.programmes.call", code=of.code).status == 404


def test_eligibility_says_why_not_and_what_else(browser, db):
    of = make.batch(is_rolling=True)

    page = browser.get("public.programmes.eligibility", code=of.code, france="yes", generative_ai="no", rights="yes")

    assert "1 condition is not met today" in page.text
    assert "The committee judges what generative AI changes for your users." in page.text
    assert page.value("generative_ai") == "no"
    assert page.links("Apply to this call") == []


def test_eligibility_all_met_leads_to_the_form(browser, db):
    of = make.batch(is_rolling=True)

    page = browser.get("public.programmes.eligibility", code=of.code, france="yes", generative_ai="yes", rights="yes")

    assert "You meet every condition" in page.text
    assert page.links("Apply to this call") == [f"/my/applications/start/{of.code}"]


def test_eligibility_half_answered_asks_for_the_rest(browser, db):
    of = make.batch(is_rolling=True)

    page = browser.get("public.programmes.eligibility", code=of.code, france="yes", generative_ai="perhaps")

    assert page.errors == [
        "Is generative AI part of your product, or will it be?: Answer yes or no.",
        "Do you hold the rights to what you build, or a licence for it?: Answer yes or no.",
    ]
    assert page.value("france") == "yes"
