"""Signing in, by eye and by keyboard, in a real browser."""

from __future__ import annotations

import pytest

from accelerator.extensions import db
from accelerator.services import accounts
from tests import make
from tests.browser.conftest import Person

pytestmark = pytest.mark.browser

PASSWORD = "une phrase assez longue"


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_signing_in_by_keyboard_alone(chromium, site, locale):
    ada = make.user(name="Ada Lovelace", email="ada@exemple.fr", locale=locale)
    ada.password_hash = accounts.password_hash(PASSWORD)
    db.session.commit()
    person = Person(chromium, site, locale=locale)

    person.open("/sign-in")
    person.page.focus("#email")
    person.page.keyboard.type("ada@exemple.fr")
    person.page.keyboard.press("Tab")
    person.page.keyboard.type(PASSWORD)
    person.page.keyboard.press("Enter")
    person.page.wait_for_url(lambda url: "/sign-in" not in url)

    assert "Ada Lovelace" in person.page.inner_text("header")
    assert person.complaints == []


def test_a_refused_form_puts_the_reader_on_the_errors(chromium, site):
    person = Person(chromium, site, locale="en")
    person.open("/sign-up")
    person.page.fill("#name", "Eve")
    with person.page.expect_navigation():
        person.page.click("main form button[type=submit]")
    person.inspect()

    focused = person.page.evaluate("document.activeElement.className")
    assert "error-summary" in focused
    assert person.page.input_value("#name") == "Eve"
    assert [line for line in person.complaints if "422" not in line] == []
