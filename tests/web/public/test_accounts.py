"""Signing up, in and out; a new password; languages and colours."""

from __future__ import annotations

import re

from sqlalchemy import select

from accelerator.models.accounts import User
from accelerator.models.letters import Letter
from tests import make

PASSWORD = "une phrase assez longue"


def test_sign_up_opens_a_founder_account_and_signs_in(browser, db):
    page = browser.post(
        "public.accounts.sign_up", {"name": "Ada Lovelace", "email": "Ada@Exemple.fr ", "password": PASSWORD}
    )

    assert page.status == 302
    assert db.scalars(select(User.email)).all() == ["ada@exemple.fr"]
    assert "Ada Lovelace" in browser.get("/").body


def test_sign_up_with_a_weak_password_is_refused_and_opens_nothing(browser, db):
    page = browser.post(
        "public.accounts.sign_up", {"name": "Eve", "email": "eve@exemple.fr", "password": "aaaaaaaaaaaaa"}
    )

    assert page.status == 422
    assert page.errors == ["Choose a password: This password is too easy to guess. Choose another one."]
    assert db.scalars(select(User)).all() == []


def test_sign_in_goes_on_to_the_page_wanted(browser, db):
    browser.post("public.accounts.sign_up", {"name": "Ada", "email": "ada@exemple.fr", "password": PASSWORD})
    browser.post("public.accounts.sign_out")

    page = browser.post("/sign-in?next=/healthz", {"email": "ADA@exemple.fr", "password": PASSWORD})

    assert page.location == "/healthz"


def test_sign_in_with_a_wrong_password_says_one_thing(browser, db):
    browser.post("public.accounts.sign_up", {"name": "Ada", "email": "ada@exemple.fr", "password": PASSWORD})
    browser.post("public.accounts.sign_out")

    wrong = browser.post("public.accounts.sign_in", {"email": "ada@exemple.fr", "password": "x"})
    unknown = browser.post("public.accounts.sign_in", {"email": "eve@exemple.fr", "password": "x"})

    assert wrong.status == unknown.status == 422
    assert wrong.errors == unknown.errors


def test_sign_in_never_leads_off_the_site(browser, db):
    browser.post("public.accounts.sign_up", {"name": "Ada", "email": "ada@exemple.fr", "password": PASSWORD})

    for target in ("https://evil.example", "//evil.example", "/\\evil.example", "/\tevil", "javascript:alert(1)"):
        browser.post("public.accounts.sign_out")
        page = browser.post(
            browser.url("public.accounts.sign_in", next=target), {"email": "ada@exemple.fr", "password": PASSWORD}
        )
        assert page.location is not None
        assert "evil" not in page.location and "javascript" not in page.location


def test_sign_out_ends_every_copy_of_the_cookie(browser, db):
    ada = make.user()
    browser.sign_in(ada)
    cookie = browser.client.get_cookie("session")
    browser.post("public.accounts.sign_out")

    browser.client.set_cookie("session", cookie.value)

    assert ada.name not in browser.get("/").body


def test_new_password_by_letter_works_once(browser, db):
    ada = make.user(email="ada@exemple.fr")
    browser.post("public.accounts.forgotten", {"email": "ada@exemple.fr"})
    link = re.search(r"/new-password/\S+", db.scalars(select(Letter.body)).one()).group()

    opened = browser.get(link)
    first = browser.post(link, {"password": PASSWORD})
    second = browser.post(link, {"password": PASSWORD})

    assert (opened.status, first.status, second.status) == (200, 302, 404)
    db.refresh(ada)
    assert ada.session_epoch == 1


def test_forgotten_says_the_same_for_an_unknown_address(browser, db):
    page = browser.post("public.accounts.forgotten", {"email": "nobody@exemple.fr"})

    assert page.location == "/sign-in"
    assert db.scalars(select(Letter)).all() == []


def test_language_and_colours_are_remembered(browser, db):
    browser.post("/language/fr", {"back": "/sign-in"})
    browser.post("/colours/dark", {"back": "/sign-in"})

    page = browser.get("/sign-in")

    assert page.h1 == "Se connecter"
    assert page.tree.get("data-bs-theme") == "dark"
