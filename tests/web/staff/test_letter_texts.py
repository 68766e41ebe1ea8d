"""The texts of the e-mails on decisions, on the manager's pages."""

from __future__ import annotations

from sqlalchemy import select

from accelerator.kernel.enums import Role
from accelerator.models.letter_texts import LetterText
from tests import committee, make

HERE = "/staff/letters/texts/offer/en"


def test_texts_are_for_managers(browser, db):
    assert browser.get("/staff/letters/texts").status == 302
    browser.sign_in(make.user(Role.SPONSOR))
    assert {browser.get(path).status for path in ("/staff/letters/texts", HERE)} == {403}
    browser.sign_in(make.manager())
    assert browser.get("/staff/letters/texts/offer/de").status == 404
    assert browser.get("/staff/letters/texts/receipt/fr").status == 404


def test_a_text_is_looked_at_saved_and_given_back(browser, db):
    batch = committee.decided_batch()
    browser.sign_in(make.manager())
    index = browser.get("/staff/letters/texts")
    start = browser.get(HERE)
    typed = {"subject": "For {startup}", "body": "{link} {respond_by}", "version": start.value("version")}

    preview = browser.post(HERE, {**typed, "act": "preview"})
    nothing = db.scalars(select(LetterText)).all()
    saved = browser.follow(browser.post(HERE, typed))
    stale = browser.post(HERE, {**typed, "subject": "Mine"})
    back = browser.follow(browser.post(f"{HERE}/shipped", {"version": "1"}))

    assert [row[2] for row in index.table("Each text in both languages")] == ["as it ships"] * 6
    assert "{respond_by}" in start.value("body")
    assert "For Rank" in preview.text and preview.value("subject") == "For {startup}" and nothing == []
    assert saved.notices[0] == "The text is used for e-mails written from now on."
    assert "drafts written with the earlier text: 2." in saved.text and batch.code in saved.body
    assert (stale.status, stale.value("subject")) == (409, "Mine")
    assert back.value("body") == start.value("body")


def test_an_unknown_placeholder_is_named_and_nothing_typed_is_lost(browser, db):
    browser.sign_in(make.manager())

    page = browser.post(HERE, {"subject": "x", "body": "{link} {respond_by} {nom}", "version": "0"})

    assert page.errors == ["Text: There is no placeholder {nom} in this e-mail."]
    assert page.value("body") == "{link} {respond_by} {nom}"
