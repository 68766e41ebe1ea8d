"""Every form that a role meets, found by following links through a lived-in programme, takes hostile text.

Nothing typed may end in a failure of ours: the answer is a page, a redirect or a refusal in the 4xx.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import urldefrag, urlsplit

import pytest
from sqlalchemy import select

from accelerator.models.accounts import User
from accelerator.services import demo
from tests.conftest import SHARED, at
from tests.page import Browser, Page

OWN = [
    "\x00",
    "\ud800",
    "\u202egnp",
    "e" + "\u0301" * 500,
    "a" * 100_000,
    "=1+1",
    "{{ 7*7 }}",
    "%s%n",
    "../../etc/passwd",
    "' OR 1=1 --",
]
ROLES = {
    "founder": ("fondatrice@exemple.fr", "/my/"),
    "applicant": ("candidat@exemple.fr", "/my/"),
    "reviewer": ("evaluatrice@exemple.fr", "/reviewing/"),
    "coordinator": ("coordination@exemple.fr", "/regions/"),
    "manager": ("responsable@exemple.fr", "/staff/"),
    "administrator": ("admin@exemple.fr", "/staff/"),
    "visitor": ("", "/"),
}
TEXT_FIELDS = (
    "descendant::input[not(@type) or @type='text' or @type='search' or @type='email' or @type='url' or @type='number'"
    " or @type='date' or @type='time' or @type='datetime-local' or @type='hidden' and @name!='csrf_token'"
    " and @name!='request_key'] | descendant::textarea"
)
VISITS_A_ROLE = 60
STRINGS_A_FORM = int(os.environ.get("STRINGS_A_FORM", "24"))  # 525 sends every string through every form


@dataclass(frozen=True)
class FoundForm:
    """A form as a browser would send it."""

    action: str
    method: str
    fields: tuple[tuple[str, str], ...]
    texts: frozenset[str]

    @property
    def kind(self) -> tuple[str, frozenset[str]]:
        """Forms of one kind differ only in the numbers of their address and fields."""
        shape = re.sub(r"\d+", "#", urlsplit(self.action).path)
        return shape, frozenset(re.sub(r"\d+", "#", name) for name in self.texts)


def forms_of(page: Page, path: str) -> list[FoundForm]:
    """The forms of a page that have a field to type in."""
    found = []
    for form in page.tree.xpath("//form"):
        texts = {field.get("name") for field in form.xpath(TEXT_FIELDS) if field.get("name")}
        if not any(field.get("type") != "hidden" for field in form.xpath(TEXT_FIELDS) if field.get("name")):
            continue
        fields = [
            (f.get("name"), f.get("value") or "")
            for f in form.xpath("descendant::input[@name]|descendant::button[@name]")
        ]
        for choice in form.xpath("descendant::select[@name]"):
            options = choice.xpath("descendant::option[@value!='']/@value")
            fields.append((choice.get("name"), options[0] if options else ""))
        method = (form.get("method") or "get").upper()
        found.append(FoundForm(form.get("action") or path, method, tuple(fields), frozenset(texts)))
    return found


def kind_of_page(path: str) -> str:
    """Pages of one kind differ only in their numbers and codes."""
    parts = urlsplit(path)
    return re.sub(r"\d+", "#", re.sub(r"(GS|REG)-[\w-]+", "#", parts.path)) + ("?" if parts.query else "")


def walk(browser: Browser, start: str) -> dict[tuple[str, frozenset[str]], FoundForm]:
    """One page of every kind that links lead to, and one form of every kind on them."""
    waiting, seen, forms = [start], {kind_of_page(start)}, {}
    while waiting and len(seen) <= VISITS_A_ROLE:
        path = waiting.pop(0)
        page = browser.get(path)
        if page.tree is None:
            continue
        for form in forms_of(page, path):
            forms.setdefault(form.kind, form)
        for href in page.tree.xpath("//a/@href"):
            target = urldefrag(href).url
            if target.startswith("/") and not target.startswith("/static") and kind_of_page(target) not in seen:
                seen.add(kind_of_page(target))
                waiting.append(target)
    return forms


@pytest.fixture
def strings() -> list[str]:
    """Ten of our own, and the 515 of the naughty list where it is at hand."""
    path = SHARED / "bad-input" / "blns.json"
    return OWN + (json.loads(path.read_text()) if path.is_file() else [])


@pytest.mark.parametrize("role", ROLES)
def test_every_form_takes_hostile_text(app, db, strings, role):
    at("2026-11-23T10:00+01:00")
    demo.seed(size="small", number=7, today=date(2026, 11, 23))
    email, start = ROLES[role]
    browser = Browser(app)
    if email:
        browser.sign_in(db.scalars(select(User).where(User.email == email)).one())

    forms = list(walk(browser, start).values())
    turn = 0
    failures = []
    for form in forms:
        for _ in range(STRINGS_A_FORM):
            text = strings[turn % len(strings)]
            turn += 1
            data = dict(form.fields) | dict.fromkeys(form.texts, text)
            data = {name: value.encode("utf-8", "replace").decode() for name, value in data.items()}
            data.pop("csrf_token", None)
            data["request_key"] = f"{role}-{turn}"
            try:
                if form.method == "POST":
                    browser.post(form.action, data)
                else:
                    browser.client.get(urlsplit(form.action).path, query_string=data)
            except AssertionError as failure:
                failures.append(f"{form.action} {text[:40]!r}: {str(failure)[:600]}")

    assert forms
    assert failures == []
