"""The batches through pages: made, edited, published, put into review; who sees what."""

from __future__ import annotations

import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from accelerator.kernel import clock
from accelerator.kernel.enums import ApplicationState, BatchState, LetterState, Role
from accelerator.models.letters import Letter
from accelerator.models.programmes import Batch
from accelerator.queries import batches
from tests import make
from tests.conftest import at

PARIS = ZoneInfo("Europe/Paris")
DATES = {
    "opens_at": "2027-01-04T09:00",
    "closes_at": "2027-02-01T12:00",
    "reviews_due_at": "2027-02-20T18:00",
    "decides_on": "2027-02-24",
    "starts_on": "2027-03-15",
    "ends_on": "2027-07-16",
}


def typed(**changes: str) -> dict[str, str]:
    """A whole batch form."""
    return {
        "name_fr": "Promotion 6",
        "name_en": "Batch 6",
        "code": "F-2027-1",
        "track_id": str(make.track().id),
        "rubric_id": "0",
        "places": "15",
        "reviews_per_application": "3",
        **DATES,
        **changes,
    }


def test_home_leads_to_the_next_act(browser, db):
    batch = make.batch(code="B", closes_at=clock.now() - timedelta(days=1))
    make.application(of=batch)
    make.batch(code="D", state=BatchState.DRAFT)

    page = browser.sign_in(make.manager()).get("staff.home.index")

    assert "Applications waiting to be screened: 1." in page.text
    assert page.links(f"Screen the intake: {batch.name_en}") == ["/staff/batches/B/applications?screened=no"]
    assert "Check the dates, then publish the call." in page.text


def test_home_of_an_empty_house_says_what_to_do(browser, db):
    page = browser.sign_in(make.manager()).get("staff.home.index")

    assert page.links("New batch") == ["/staff/batches/new"]


def test_home_tells_of_drafts_and_failures_to_those_who_send_letters(browser, db):
    for number, state in enumerate((LetterState.DRAFT, LetterState.FAILED)):
        now = clock.now()
        db.add(
            Letter(
                to_email="a@exemple.fr",
                locale="fr",
                kind="receipt",
                subject="S",
                body="B",
                state=state,
                message_id=f"<{number}>",
                written_at=now,
                send_after=now,
            )
        )
    db.commit()

    assert "1 drafts wait for you" in browser.sign_in(make.manager()).get("staff.home.index").text
    assert "drafts wait for you" not in browser.sign_in(make.user(Role.SPONSOR)).get("staff.home.index").text


def test_sponsor_reads_batches_without_the_way_to_names(browser, db):
    startup = make.startup(name="Secret Applicant")
    make.application(of=make.batch(code="B"), by=startup)
    browser.sign_in(make.user(Role.SPONSOR))

    for endpoint, values in (
        ("staff.home.index", {}),
        ("staff.programmes.batches", {}),
        ("staff.programmes.batch", {"code": "B"}),
    ):
        page = browser.get(endpoint, **values)
        assert page.status == 200
        assert "Secret Applicant" not in page.body
        assert "/applications" not in page.body
        assert "/edit" not in page.body and "/new" not in page.body
    for endpoint in ("staff.applications.intake", "staff.programmes.edit"):
        assert browser.get(endpoint, code="B").status == 403
    assert browser.get("staff.applications.export", code="B", kind="csv").status == 403
    assert browser.post("staff.programmes.publish", code="B").status == 403


@pytest.mark.parametrize("role", [Role.FOUNDER, Role.REVIEWER, (Role.COORDINATOR, "84"), Role.EXPERT])
def test_strangers_see_no_batch(browser, db, role):
    make.batch(code="B")
    browser.sign_in(make.user(role))

    assert browser.get("staff.home.index").status == 403
    assert browser.get("staff.programmes.batch", code="B").status == 403


def test_new_batch_starts_from_the_last_edition(browser, db):
    at("2026-03-01T09:00Z")
    last = make.batch(places=12, place_name="STATION F")

    page = browser.sign_in(make.manager()).get("staff.programmes.new")

    assert (page.value("places"), page.value("place_name"), page.value("code")) == ("12", "STATION F", "")
    assert page.value("starts_on") == (last.starts_on + timedelta(days=182)).isoformat()


def test_new_batch_in_an_empty_house_asks_for_everything(browser, db):
    page = browser.sign_in(make.manager()).get("staff.programmes.new")

    assert (page.status, page.value("places"), page.value("opens_at")) == (200, "15", "")


def test_new_batch_is_made_and_published(browser, db):
    at("2026-12-01T09:00Z")
    browser.sign_in(make.manager())

    made = browser.post("staff.programmes.new", typed())
    published = browser.post("staff.programmes.publish", code="F-2027-1")

    assert (made.location, published.location) == ("/staff/batches/F-2027-1",) * 2
    batch = db.scalars(select(Batch)).one()
    assert batch.state is BatchState.OPEN
    assert batch.opens_at == make.instant("2027-01-04T08:00")  # nine in Paris
    assert batches.questions_of(batch.id) > 5
    assert "The call opens by itself" in browser.follow(published).text


def test_new_batch_refused_keeps_what_was_typed_and_blames_each_field(browser, db):
    page = browser.sign_in(make.manager()).post(
        "staff.programmes.new", typed(closes_at="2027-01-01T09:00", starts_on="2027-02-01", name_en="My batch")
    )

    assert page.status == 422
    assert page.errors == [
        "The call closes: The call closes after it opens.",
        "The programme starts: The programme starts after the decision.",
    ]
    assert (page.value("name_en"), page.value("closes_at")) == ("My batch", "2027-01-01T09:00")
    assert db.scalars(select(Batch)).all() == []


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("places", "many"),
        ("places", "-1"),
        ("places", "99999999999999999999"),
        ("code", "new"),
        ("code", "with space"),
        ("code", "../x"),
        ("track_id", "x"),
        ("track_id", "999"),
        ("rubric_id", "-1"),
        ("opens_at", "soon"),
        ("opens_at", "0001-01-01T00:00"),
        ("decides_on", "32/13/2027"),
        ("name_fr", ""),
        ("name_fr", "x" * 161),
        ("ends_on", "9999-12-31"),
    ],
)
def test_new_batch_refuses_what_cannot_be(browser, db, field, text):
    page = browser.sign_in(make.manager()).post("staff.programmes.new", typed(**{field: text}))

    assert page.status == 422
    assert db.scalars(select(Batch)).all() == []


def edited(of: str, **changes: str) -> dict[str, str]:
    """The edit form of an open batch as its page shows it, with changes."""
    batch = batches.stored_plan(db_batch(of))
    shown = {
        "version": str(db_batch(of).version),
        "name_fr": batch.name_fr,
        "name_en": batch.name_en,
        "places": str(batch.places),
        "rubric_id": str(batch.rubric_id or 0),
        "reviews_per_application": str(batch.reviews_per_application),
        "place_name": batch.place_name,
        "closes_at": batch.closes_at.astimezone(PARIS).strftime("%Y-%m-%dT%H:%M"),
        "reviews_due_at": batch.reviews_due_at.astimezone(PARIS).strftime("%Y-%m-%dT%H:%M"),
        "decides_on": batch.decides_on.isoformat(),
        "starts_on": batch.starts_on.isoformat(),
        "ends_on": batch.ends_on.isoformat(),
    }
    return {**shown, **changes}


def db_batch(code: str) -> Batch:
    """The stored batch."""
    return make.db.session.scalars(select(Batch).where(Batch.code == code)).one()


def test_edit_of_an_open_call_shows_only_what_may_change_and_saves_it(browser, db):
    make.batch(code="B")
    browser.sign_in(make.manager())

    page = browser.get("staff.programmes.edit", code="B")
    saved = browser.post(
        "staff.programmes.edit", edited("B", places="20", code="HACKED", opens_at="2020-01-01T00:00"), code="B"
    )

    assert page.tree.xpath("//input[@name='code' or @name='opens_at']") == []
    assert saved.location == "/staff/batches/B"
    assert (db_batch("B").places, db_batch("B").version) == (20, 2)


def test_edit_unchanged_keeps_a_deadline_that_has_seconds(browser, db):
    closes_at = clock.now().replace(microsecond=0, second=59) + timedelta(days=30)
    make.batch(code="B", closes_at=closes_at)

    saved = browser.sign_in(make.manager()).post("staff.programmes.edit", edited("B"), code="B")

    assert saved.status == 302
    assert db_batch("B").closes_at == closes_at


def test_edit_over_a_newer_version_shows_both_texts_and_loses_nothing(browser, db):
    make.batch(code="B", version=4, name_en="Theirs")
    browser.sign_in(make.manager())

    page = browser.post("staff.programmes.edit", edited("B", version="3", name_en="Mine"), code="B")
    again = browser.post("staff.programmes.edit", edited("B", version=page.value("version"), name_en="Mine"), code="B")

    assert page.status == 409
    assert page.value("name_en") == "Mine"
    assert "Theirs" in page.text
    assert (again.status, db_batch("B").name_en) == (302, "Mine")


def test_review_starts_from_the_batch_page(browser, db):
    batch = make.batch(code="B", closes_at=clock.now() - timedelta(days=1))
    make.application(of=batch, state=ApplicationState.ADMISSIBLE)
    browser.sign_in(make.manager())

    assert "Start the review" in browser.get("staff.programmes.batch", code="B").text
    browser.post("staff.programmes.start_review", code="B")

    assert db_batch("B").state is BatchState.REVIEWING
    again = browser.post("staff.programmes.start_review", code="B")
    assert (again.status, again.h1) == (422, "The review of this batch has already started.")


@pytest.mark.parametrize("state", list(BatchState))
@pytest.mark.parametrize("days", [-400, -40, 0, 80, 400])
@pytest.mark.parametrize("is_rolling", [True, False])
def test_every_page_of_a_batch_stands_in_every_phase(browser, db, state, days, is_rolling):
    now = at("2026-03-01T09:00Z")
    batch = make.batch(code="B", state=state, is_rolling=is_rolling)
    make.application(of=batch)
    browser.sign_in(make.manager())
    clock.fix(now + timedelta(days=days))

    for endpoint in ("batch", "edit"):
        assert browser.get(f"staff.programmes.{endpoint}", code="B").status == 200
    assert browser.get("staff.home.index").status == 200


def test_unknown_batch_is_404(browser, db):
    browser.sign_in(make.manager())

    assert browser.get("staff.programmes.batch", code="NONE").status == 404
    assert browser.get("staff.programmes.new", **{"from": "NONE"}).status == 404


@pytest.mark.shared
def test_naughty_strings_are_kept_equal_or_refused(browser, db, shared):
    make.batch(code="B")
    browser.sign_in(make.manager())

    texts = json.loads((shared / "bad-input" / "blns.json").read_text())
    for number, text in enumerate(texts):
        page = browser.post("staff.programmes.edit", edited("B", name_fr=text, name_en=text, place_name=text), code="B")
        assert page.status in (302, 422)
        if page.status == 302 and number % 20 == 0:
            assert browser.get("staff.programmes.edit", code="B").value("name_fr") == db_batch("B").name_fr
    for field in (
        "code",
        "places",
        "track_id",
        "rubric_id",
        "opens_at",
        "decides_on",
        "version",
        "reviews_per_application",
    ):
        for text in texts[::40]:
            assert browser.post("staff.programmes.edit", edited("B", **{field: text}), code="B").status in (
                302,
                409,
                422,
            )
