"""Every text field of every form that a role meets takes hostile text: kept equal, or refused and nothing changed.

Forms are found by following links through a lived-in programme. In each one, every field to type in gets the text
while the others hold what a person would send. Nothing typed may end in a failure of ours; what is accepted is
written as it was typed, in the spelling of `clean_text`; a refusal (4xx) writes nothing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from urllib.parse import urldefrag, urlsplit

import pytest
from flask import Flask
from sqlalchemy import event, select

from accelerator.extensions import db as database
from accelerator.forms.base import clean_text
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
TYPED = (
    "descendant::input[not(@type) or @type='text' or @type='search' or @type='email' or @type='url' or @type='tel'"
    " or @type='number' or @type='date' or @type='time' or @type='datetime-local'] | descendant::textarea"
)
EXAMPLES_OF_KIND = {
    "email": "ada.lovelace@exemple.fr",
    "url": "https://exemple.fr",
    "number": "3",
    "date": "2027-01-15",
    "time": "10:00",
    "datetime-local": "2027-01-15T10:00",
}
EXAMPLES = {
    "siren": "732829320",
    "postcode": "69003",
    "website": "https://exemple.fr",
    "code": "GS-2028-1",
    "amount": "25,00",
    "starts": "10:00",
    "ends": "12:00",
    "capacity": "20",
    "seats_per_startup": "2",
    "opens_at": "2027-12-01T09:00",
    "closes_at": "2028-01-15T18:00",
    "reviews_due_at": "2028-02-15T18:00",
    "decides_on": "2028-02-25",
    "starts_on": "2028-03-01",
    "ends_on": "2028-06-30",
}
PASSWORD = "une phrase de passe bien longue"
VISITS_A_ROLE = 250
STRINGS_A_FIELD = int(os.environ.get("STRINGS_A_FIELD", "4"))  # 525 sends every string through every field


@dataclass(frozen=True)
class FoundForm:
    """A form as a browser would send it: what it holds, and the fields to type in."""

    page: str
    action: str
    method: str
    fields: dict[str, str]
    typed: tuple[str, ...]

    @property
    def kind(self) -> tuple[str, frozenset[str]]:
        """Forms of one kind differ only in the numbers of their address and fields."""
        shape = re.sub(r"\d+", "#", re.sub(r"(GS|REG)-[\w-]+", "#", urlsplit(self.action).path))
        return shape, frozenset(re.sub(r"\d+", "#", name) for name in self.typed)

    @property
    def one_of_each(self) -> list[str]:
        """The fields to type in, one of those that differ only in their number."""
        return list({re.sub(r"\d+", "#", name): name for name in reversed(self.typed)}.values())


def example(name: str, kind: str | None) -> str:
    """What a person would type in an empty field."""
    return EXAMPLES.get(name) or EXAMPLES_OF_KIND.get(kind or "", "Texte")


def forms_of(page: Page, path: str) -> list[FoundForm]:
    """The forms of a page that have a field to type in."""
    found = []
    for form in page.tree.xpath("//form"):
        typed = [control for control in form.xpath(TYPED) if control.get("name")]
        if not typed:
            continue
        fields = {f.get("name"): f.get("value") or "" for f in form.xpath("descendant::button[@name]")}
        fields |= {f.get("name"): f.get("value") or "" for f in form.xpath("descendant::input[@type='hidden'][@name]")}
        for control in form.xpath("descendant::input[@type='radio' or @type='checkbox'][@name]"):
            if control.get("checked") is not None or control.get("name") not in fields:
                fields[control.get("name")] = control.get("value") or "on"
        fields |= {f.get("name"): PASSWORD for f in form.xpath("descendant::input[@type='password'][@name]")}
        for choice in form.xpath("descendant::select[@name]"):
            chosen = choice.xpath("descendant::option[@selected and @value!='']/@value")
            options = chosen or choice.xpath("descendant::option[@value!='']/@value")
            fields[choice.get("name")] = options[-1] if options else ""
        for control in typed:
            value = control.text if control.tag == "textarea" else control.get("value")
            fields[control.get("name")] = (value or "").strip() or example(control.get("name"), control.get("type"))
        method = (form.get("method") or "get").upper()
        names = tuple(control.get("name") for control in typed)
        found.append(FoundForm(path, form.get("action") or path, method, fields, names))
    return found


def kind_of_page(path: str) -> str:
    """Pages of one kind differ only in their numbers; every batch is in a state of its own."""
    parts = urlsplit(path)
    return re.sub(r"(?<=/)\d+", "#", parts.path) + ("?" if parts.query else "")


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


@dataclass
class Writes:
    """What one request wrote, and whether it was committed."""

    pending: list[object] = field(default_factory=list)
    committed: list[object] = field(default_factory=list)

    def keep(self, text: str) -> bool:
        """True when a written value is this text, or what it says in a field with a shape."""
        return any(text == value or says(text, value) for value in leaves(self.committed))


def leaves(value: object) -> Iterator[object]:
    """The plain values in lists, in documents and in documents written as JSON."""
    if isinstance(value, str) and value.startswith("{"):
        with suppress(ValueError):
            yield from leaves(json.loads(value))
    if isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from leaves(item)
    else:
        yield value


def says(text: str, value: object) -> bool:
    """True when the value is the number, the amount in cents, the instant or the address that this text spells."""
    if isinstance(value, str) and value.isdecimal() and text.isdecimal():
        return int(value) == int(text)
    if isinstance(value, str):
        return re.sub(r"^https://|/$|\s", "", value).lower() == re.sub(r"^https?://|/$|\s", "", text).lower() != ""
    if isinstance(value, (int, float, Decimal)):
        try:
            grouped = re.sub(r",(?=[\d,]*\.)|\.(?=[\d.]*,)", "", re.sub(r"\s", "", text))
            return Decimal(grouped.replace(",", ".")) in (
                Decimal(str(value)),
                Decimal(str(value)) / 100,
            )
        except InvalidOperation:
            return False
    return isinstance(value, (date, datetime)) and text[:10] == value.isoformat()[:10]


def instants(values: list[object]) -> list[datetime]:
    """The instants among what was written."""
    found = []
    for value in values:
        with suppress(ValueError, TypeError):
            found.append(datetime.fromisoformat(value))  # type: ignore[arg-type]
    return found


def is_hours_between(text: str, written: list[datetime]) -> bool:
    """True when two instants are so many hours apart."""
    return any(later - earlier == timedelta(hours=int(text)) for later in written for earlier in written)


def is_hour_of_day(text: str, written: list[datetime]) -> bool:
    """True when an instant is at that hour in Paris, in winter."""
    return any((instant + timedelta(hours=1)).hour == int(text.split(":")[0]) for instant in written)


DERIVED = {"closing_hours": is_hours_between, "starts": is_hour_of_day, "ends": is_hour_of_day}
"""Fields that are kept as an instant worked out from what was typed."""


@contextmanager
def listening() -> Iterator[Writes]:
    """Hears what is written to the database while it lasts."""
    writes = Writes()

    def hear(_connection: object, _cursor: object, statement: str, parameters: object, *_more: object) -> None:
        if statement.lstrip().split(" ", 1)[0].upper() in ("INSERT", "UPDATE", "DELETE"):
            rows = parameters if isinstance(parameters, list) else [parameters]
            values = [value for row in rows for value in (row.values() if isinstance(row, dict) else row)]
            writes.pending += values

    def commit(_connection: object) -> None:
        writes.committed += writes.pending
        writes.pending.clear()

    def roll_back(_connection: object) -> None:
        writes.pending.clear()

    hooks = (("before_cursor_execute", hear), ("commit", commit), ("rollback", roll_back))
    for name, hook in hooks:
        event.listen(database.engine, name, hook)
    try:
        yield writes
    finally:
        for name, hook in hooks:
            event.remove(database.engine, name, hook)


@pytest.fixture
def strings() -> list[str]:
    """Ten of our own, and the 515 of the naughty list where it is at hand."""
    path = SHARED / "bad-input" / "blns.json"
    return OWN + (json.loads(path.read_text()) if path.is_file() else [])


class Restored:
    """The seeded database, put back after every request that changed it."""

    def __init__(self, app: Flask) -> None:
        self.work = Path(app.config["INSTANCE"]) / "work.sqlite3"
        self.kept = self.work.with_name("seeded.sqlite3")
        self.copy(self.work, self.kept)

    def copy(self, source: Path, target: Path) -> None:
        """Close every connection, so that the file is whole, and copy it."""
        database.session.remove()
        database.engine.dispose()
        shutil.copyfile(source, target)

    def put_back(self) -> None:
        """The database as it was seeded."""
        self.copy(self.kept, self.work)


def complaint(form: FoundForm, name: str, text: str, browser: Browser, key: str) -> tuple[str, bool]:
    """What is wrong with the answer to this text in this field; and whether the request changed anything."""
    data = form.fields | {name: text, "request_key": key}
    data = {name: value.encode("utf-8", "replace").decode() for name, value in data.items() if name != "csrf_token"}
    try:
        with listening() as writes:
            if form.method == "POST":
                status = browser.post(form.action, data).status
            else:
                status = browser.client.get(urlsplit(form.action).path, query_string=data).status_code
        wrong = fault(form, name, str(clean_text(text)), browser, status, writes)
    except AssertionError as failure:
        wrong = str(failure)[:600]
    return (f"{form.action} {name} {text[:40]!r}: {wrong}" if wrong else ""), bool(writes.committed)


def fault(form: FoundForm, name: str, text: str, browser: Browser, status: int, writes: Writes) -> str:
    """Why this status with these writes is not an answer to this text; empty when it is one."""
    if status >= 500:
        return str(status)
    if form.method == "GET" or status >= 400:
        return f"{status}, yet wrote {writes.committed[:6]}" if writes.committed else ""
    if not text or not writes.committed or writes.keep(text):
        return ""
    if name in DERIVED and DERIVED[name](text, instants(writes.committed)):
        return ""
    shown = browser.get(form.page).value(name)
    return "" if shown is not None and says(text, shown) else f"accepted, not kept: {writes.committed[:12]}"


@pytest.mark.parametrize("role", ROLES)
def test_every_field_keeps_hostile_text_or_refuses_it(app, db, strings, role):
    at("2026-11-23T10:00+01:00")
    demo.seed(size="small", number=7, today=date(2026, 11, 23))
    email, start = ROLES[role]
    browser = Browser(app)
    if email:
        browser.sign_in(db.scalars(select(User).where(User.email == email)).one())
    forms = list(walk(browser, start).values())
    seeded = Restored(app)
    turn, failures = 0, []

    for form in forms:
        for name in form.one_of_each:
            for _ in range(STRINGS_A_FIELD):
                text = strings[turn % len(strings)]
                turn += 1
                wrong, has_changed = complaint(form, name, text, browser, f"{role}-{turn}")
                failures += [wrong] if wrong else []
                if has_changed:
                    seeded.put_back()

    assert forms
    assert not failures, "\n".join(failures)
