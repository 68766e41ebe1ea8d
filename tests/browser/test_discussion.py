"""The box of a discussion: names by a press, a reply in its place, and the same without JavaScript on a phone."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from accelerator.extensions import db
from accelerator.models.discussion import Remark, RemarkMention
from accelerator.services import accounts
from tests.browser.conftest import Person
from tests.discussing import Table

pytestmark = pytest.mark.browser

PASSWORD = "une phrase assez longue"


def stored(statement):
    """What the server has written meanwhile."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(statement).all()


@pytest.fixture
def table(chromium, site):
    table = Table()
    table.ada.password_hash = accounts.password_hash(PASSWORD)
    db.session.commit()
    table.write(table.second, "Too early, I think.")
    return table


def test_a_name_is_written_where_the_cursor_is_and_a_reply_stands_in_its_place(chromium, site, table):
    ada = Person(chromium, site, locale="en")
    ada.sign_in(table.ada.email, PASSWORD)
    ada.open(f"/reviewing/assignments/{table.duty(table.ada)}/discussion")
    page = ada.page

    page.click("text=Reply")
    page.wait_for_url("**#write")
    page.fill("#body", "Yes? No.")
    page.evaluate("document.getElementById('body').setSelectionRange(4, 5)")
    page.click("[data-mention='Grace Hopper']")
    assert page.input_value("#body") == "Yes? @Grace Hopper No."
    assert page.evaluate("document.activeElement.id") == "body"
    ada.inspect()
    page.click("text=Post the reply")
    page.wait_for_url("**#remark-*")
    ada.inspect()

    assert stored(select(Remark.body).where(Remark.reply_to_id.is_not(None))) == ["Yes? @Grace Hopper No."]
    assert stored(select(RemarkMention.user_id)) == [table.grace.id]
    assert ada.complaints == []


def test_without_javascript_names_are_read_and_typed(chromium, site, table):
    context = chromium.new_context(
        java_script_enabled=False, base_url=site.url, viewport={"width": 390, "height": 844}, locale="en"
    )
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("#email", table.ada.email)
    page.fill("#password", PASSWORD)
    page.click("main form button[type=submit]")

    page.goto(f"/reviewing/assignments/{table.duty(table.ada)}/discussion")
    assert page.locator("[data-name]:visible").all_inner_texts() == ["Claire Dumont", "Grace Hopper"]
    assert page.locator("[data-mention]:visible").count() == 0
    page.fill("#body", "@claire dumont, please look.")
    page.click("text=Post the remark")

    assert page.locator(".notices p").all_inner_texts() == ["Your remark is posted.", "Told by e-mail: Claire Dumont."]
    assert stored(select(RemarkMention.user_id)) == [table.claire.id]
    context.close()
