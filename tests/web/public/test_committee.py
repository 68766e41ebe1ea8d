"""The link of an invitation: opening it changes nothing; the two answers; a link that leads nowhere."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from accelerator.kernel.enums import InvitationState
from accelerator.models.letters import Letter
from accelerator.models.reviewing import BatchReviewer
from tests import make
from tests.services.test_invitations import Asked


@pytest.fixture
def asked(db):
    return Asked()


def test_opening_the_link_changes_nothing(browser, db, asked):
    for _ in range(2):
        page = browser.get("public.committee.invitation", token=asked.token)

    assert page.h1 == f"The selection committee of {asked.batch.name_en}"
    assert "Grace Hopper, will you sit on it?" in page.text
    assert page.value("capacity") == "12"
    assert page.response.headers["Cache-Control"] == "no-store"
    assert asked.row().state is InvitationState.INVITED


def test_accept_leads_somebody_new_to_a_password(browser, db, asked):
    done = browser.post("public.committee.accept", {"capacity": "5"}, token=asked.token)

    page = browser.follow(done)
    assert done.location.startswith("/new-password/")
    assert page.notices[0].startswith("Thank you: you are on the committee.")
    chosen = browser.post(done.location, {"password": "une phrase assez longue", "repeated": "une phrase assez longue"})
    assert chosen.status == 302
    assert browser.get("reviewer.reviewing.desk").status == 200
    assert asked.row().capacity == 5


def test_accept_leads_somebody_known_to_the_desk(browser, db, asked):
    grace = db.get_one(make.User, asked.grace_id)
    grace.password_hash, grace.locale = "x", "en"
    db.commit()

    done = browser.sign_in(grace).post("public.committee.accept", {"capacity": "12"}, token=asked.token)

    assert done.location == "/reviewing/"
    after = browser.get("public.committee.invitation", token=asked.token)
    assert "You have accepted already." in after.text
    assert "You agreed to review at most 12 dossiers." in after.text


def test_decline_with_a_reason(browser, db, asked):
    page = browser.follow(browser.post("public.committee.decline", {"decline_reason": "On leave."}, token=asked.token))

    assert page.notices == ["Thank you for your answer. The programme team has been told."]
    assert "You have declined." in page.text
    assert asked.row().decline_reason == "On leave."


@pytest.mark.parametrize(
    ("endpoint", "typed", "error"),
    [
        ("accept", {"capacity": "13"}, "How many dossiers, at most?: A whole number from 1 to 12"),
        ("accept", {"capacity": "0"}, "How many dossiers, at most?: Type a whole number, 1 or more."),
        ("accept", {"capacity": "many"}, "How many dossiers, at most?: "),
        ("accept", {}, "How many dossiers, at most?: Type a whole number."),
        ("decline", {"decline_reason": " "}, "Why not, this time?: Write a sentence."),
        ("decline", {"decline_reason": "x" * 301}, "Why not, this time?: At most 300 characters."),
    ],
)
def test_a_refused_answer_says_why_and_changes_nothing(browser, db, asked, endpoint, typed, error):
    page = browser.post(f"public.committee.{endpoint}", typed, token=asked.token)

    assert page.status == 422
    assert page.errors[0].startswith(error)
    assert asked.row().state is InvitationState.INVITED


def test_a_link_that_is_not_whole_leads_nowhere(browser, db, asked):
    token = asked.token[:-1]

    answers = [
        browser.get("public.committee.invitation", token=token),
        browser.post("public.committee.accept", {"capacity": "1"}, token=token),
        browser.post("public.committee.decline", {"decline_reason": "No."}, token=token),
    ]

    assert [answer.status for answer in answers] == [404] * 3
    assert "withdrawn" in answers[0].text
    assert asked.row().state is InvitationState.INVITED


def test_the_manager_sees_reminds_and_withdraws(browser, db, asked):
    values = {"code": asked.batch.code, "user_id": asked.grace_id}
    browser.sign_in(make.manager())

    early = browser.post("staff.reviewing.remind_invited", **values)
    shown = browser.get("staff.reviewing.committee", code=asked.batch.code)
    gone = browser.follow(browser.post("staff.reviewing.withdraw", **values))

    assert early.status == 422
    assert shown.table("Members of the committee")[0][0].startswith("Grace Hopper grace@exemple.fr Invited")
    assert gone.notices == ["The invitation is withdrawn."]
    assert db.scalars(select(BatchReviewer)).all() == []
    assert browser.post("staff.reviewing.withdraw", **values).status == 404


def test_the_manager_sees_why_somebody_declined(browser, db, asked):
    browser.post("public.committee.decline", {"decline_reason": "On leave."}, token=asked.token)

    page = browser.sign_in(make.manager()).get("staff.reviewing.committee", code=asked.batch.code)

    row = page.table("Members of the committee")[0]
    assert row[0] == "Grace Hopper grace@exemple.fr Has declined On leave."
    assert row[6] == "Off the list"


def test_strangers_neither_remind_nor_withdraw(browser, db, asked):
    values = {"code": asked.batch.code, "user_id": asked.grace_id}
    browser.sign_in(make.user())

    assert browser.post("staff.reviewing.remind_invited", **values).status == 403
    assert browser.post("staff.reviewing.withdraw", **values).status == 403
    assert len(db.scalars(select(Letter)).all()) == 1
