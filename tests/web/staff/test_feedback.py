"""Feedback to the refused, on the manager's pages: the list, one of them, the rest at once, the warning at sending."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from accelerator.kernel.enums import Role
from accelerator.models.feedback import ApplicationFeedback
from accelerator.models.reviewing import Review
from tests import committee, make
from tests.services.test_feedback import refused_batch, refused_of
from tests.statements import counted


def manager(browser):
    return browser.sign_in(make.manager())


def test_feedback_is_for_managers(browser, db):
    batch = refused_batch()
    one = refused_of(batch)[0]
    paths = [f"/staff/batches/{batch.code}/feedback{end}" for end in ("", "/rest", f"/{one.id}")]

    signed_out = {browser.get(path).status for path in paths}
    browser.sign_in(make.user(Role.REVIEWER))
    reviewer = {browser.get(path).status for path in paths}
    manager(browser)

    assert (signed_out, reviewer) == ({302}, {403})
    assert {browser.get(path).status for path in paths} == {200}
    assert browser.get(f"/staff/batches/{batch.code}/feedback/{committee.entries(batch)[0].id}").status == 404
    assert browser.get("/staff/batches/none/feedback").status == 404


def test_the_offers_lead_to_the_list_of_the_refused(browser, db):
    batch = refused_batch()

    offers = manager(browser).get("staff.selection.offers", code=batch.code)
    page = browser.get("staff.feedback.refused", code=batch.code)

    assert f"/staff/batches/{batch.code}/feedback" in offers.body
    rows = page.table("Not selected: 2, by name")
    assert [row[0] for row in rows] == ["Rank 13", "Rank 14"]
    assert [row[2:] for row in rows] == [["3", "Not written", "Not sent yet"]] * 2
    assert "Without feedback: 2." in page.text


def test_before_the_decision_nobody_is_refused(browser, db):
    batch = committee.reviewed_batch(applications=3)
    committee.choose(batch, committee.Choice(committee.entries(batch)[2].id, committee.Outcome.REFUSE))

    page = manager(browser).get("staff.feedback.refused", code=batch.code)

    assert "Nobody was refused" in page.text


def test_feedback_is_proposed_edited_and_kept(browser, db):
    batch = refused_batch()
    one = refused_of(batch)[0]
    review = db.scalars(select(Review).where(Review.application_id == one.id)).first()
    review.advice = "Find a seller."
    db.commit()
    path = f"/staff/batches/{batch.code}/feedback/{one.id}"

    first = manager(browser).get(path)
    quoted = browser.get(f"{path}?propose=1&quote={review.id}")
    kept = browser.post(path, {"text": "By hand.", "is_ready": "y", "version": first.value("version")})
    shown = browser.follow(kept)
    stale = browser.post(path, {"text": "Later.", "version": first.value("version")})
    empty = browser.post(path, {"text": " ", "is_ready": "y", "version": "1"})

    assert "This is the proposal" in first.text and "Find a seller." not in first.value("text")
    assert "Find a seller." in quoted.value("text")
    assert shown.notices[0] == "The feedback is in the draft."
    assert (shown.value("text"), shown.value("version")) == ("By hand.", "1")
    assert (stale.status, stale.value("text")) == (409, "Later.")
    assert empty.errors == ["What does the startup read?: Write the feedback before you mark it ready."]
    assert db.scalars(select(ApplicationFeedback.text)).all() == ["By hand."]


def test_the_proposal_for_the_rest_is_seen_then_taken(browser, db):
    batch = refused_batch()
    manager(browser)

    recap = browser.get("staff.feedback.rest", code=batch.code)
    stale = browser.post("staff.feedback.rest", {"expected": "9"}, code=batch.code)
    taken = browser.post("staff.feedback.rest", {"expected": recap.value("expected")}, code=batch.code)
    notices = browser.follow(taken).notices

    assert "Rank 13" in recap.text and "most to gain" in recap.text
    assert stale.status == 409
    assert notices == ["Feedback taken from the proposal: 2."]
    assert "Nothing to propose" in browser.get("staff.feedback.rest", code=batch.code).text
    listed = browser.get(f"/staff/batches/{batch.code}/feedback?state=ready").table("Not selected: 2, by name")
    assert [row[3] for row in listed] == ["Ready", "Ready"]


def test_nobody_sends_refusals_without_feedback_by_mistake(browser, db):
    batch = refused_batch()
    one = refused_of(batch)[0]
    browser.sign_in(make.manager()).post(
        f"/staff/batches/{batch.code}/feedback/{one.id}", {"text": "Ready.", "is_ready": "y", "version": "0"}
    )

    page = browser.get("staff.waves.send", code=batch.code, outcome="refuse")

    assert "1 of 2 have no feedback" in page.text
    assert "have no feedback" not in browser.get("staff.waves.send", code=batch.code, outcome="admit").text


@pytest.mark.parametrize(("view", "cost"), [("refused", 6), ("rest", 10)])
def test_the_pages_cost_the_same_for_few_and_many(browser, db, view, cost):
    few, many = refused_batch(), refused_batch(applications=19)
    manager(browser)
    seen = []
    for batch in (few, many):
        with counted() as statements:
            assert browser.get(f"staff.feedback.{view}", code=batch.code).status == 200
        seen.append(len(statements))

    assert seen == [cost, cost]
