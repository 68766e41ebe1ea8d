"""A meeting on two screens: what the chair calls appears at the members', nothing typed is lost, keys do it all."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accelerator.extensions import db
from accelerator.kernel.enums import Role
from accelerator.services import accounts
from tests import make
from tests.browser.conftest import Person
from tests.meeting import Room

pytestmark = pytest.mark.browser

PASSWORD = "une phrase assez longue"


def _person(user, email: str) -> None:
    user.email, user.password_hash = email, accounts.password_hash(PASSWORD)
    db.session.commit()


@pytest.fixture
def held(site):
    """A meeting of three dossiers; Ada has a tie to the second."""
    held = Room(applications=3, members=2)
    _person(make.user(Role.MANAGER), "grace@exemple.fr")
    _person(held.members[0], "ada@exemple.fr")
    held.tie(held.members[0], held.entries[1])
    return held.start()


@pytest.fixture
def grace(chromium, site, held):
    """The chair."""
    person = Person(chromium, site, locale="en")
    person.sign_in("grace@exemple.fr", PASSWORD)
    person.open(f"/staff/batches/{held.batch.code}/meeting")
    yield person
    person.leave()


@pytest.fixture
def ada(chromium, site, held):
    """A member."""
    person = Person(chromium, site, locale="en")
    person.sign_in("ada@exemple.fr", PASSWORD)
    person.open("/reviewing/")
    person.press("Join the meeting")
    person.press("I am here")
    yield person
    person.leave()


def test_screens_follow_the_chair_by_themselves_and_by_key(held, grace, ada):
    first = f"Dossier {held.entries[0].id:03d}"
    expect(grace.page.locator("main")).to_contain_text("1 of 2 members are here.")

    with grace.page.expect_navigation():
        grace.page.keyboard.press("n")
    expect(ada.page.locator("#now")).to_have_text(first)
    ada.inspect()
    grace.page.fill(f"#note-{held.item(held.entries[0]).id}", "Half a sent")
    held.open_vote()
    expect(grace.page.locator("main")).to_contain_text("Votes in: 0.")
    ada.page.get_by_role("button", name="In favour").wait_for()
    with ada.page.expect_navigation():
        ada.page.keyboard.press("1")
    ada.reads("Your vote is in.")
    expect(grace.page.locator("main")).to_contain_text("Votes in: 1.")
    held.close_vote()
    expect(ada.page.locator("main")).to_contain_text("1 in favour, 0 against, abstentions: 0.")
    expect(grace.page.locator("main")).to_contain_text("A majority is in favour.")
    expect(grace.page.locator("textarea[name=note]")).to_have_value("Half a sent")
    grace.inspect()
    grace.page.locator("h1").click()
    with grace.page.expect_navigation():
        grace.page.keyboard.press("n")
    expect(ada.page.locator("main")).to_contain_text("You will be called back.")
    expect(ada.page.locator("#now")).to_have_count(0)
    ada.inspect()
    with grace.page.expect_navigation():
        grace.page.keyboard.press("n")
    expect(ada.page.locator("#now")).to_have_text(f"Dossier {held.entries[2].id:03d}")
    held.close()
    expect(ada.page.locator("main")).to_contain_text("This meeting was closed on")

    assert grace.complaints == []
    assert ada.complaints == []
