"""Who takes part in the journey, in which language, at what time, and what every chapter may rely on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from babel.support import Translations
from playwright.sync_api import APIResponse, Browser

from accelerator.extensions import db
from accelerator.models.accounts import User
from accelerator.models.programmes import Batch
from accelerator.services import accounts
from tests import make
from tests.browser.conftest import Person
from tests.server import LiveServer

PASSWORD = "une phrase assez longue"
TRANSLATIONS = Path(accounts.__file__).resolve().parents[1] / "translations"


class Story:
    """One telling of the journey in one language."""

    code = "GS-2027-2"
    founder_email = "ines@lumiere.fr"
    startup = "Lumière Graphe"
    readers = ("reader0@exemple.fr", "reader1@exemple.fr", "reader2@exemple.fr")

    def __init__(self, browser: Browser, site: LiveServer, locale: str) -> None:
        self.browser = browser
        self.site = site
        self.locale = locale
        self.catalogue = Translations.load(str(TRANSLATIONS), [locale])
        self.people: dict[str, Person] = {}

    def say(self, sentence: str, **values: object) -> str:
        """A sentence of the house in the language of this telling."""
        text = self.catalogue.gettext(sentence)
        return text % values if values else text

    def count(self, one: str, several: str, number: int) -> str:
        """A sentence that counts."""
        return self.catalogue.ngettext(one, several, number) % {"num": number}

    def member(self, email: str, name: str, *roles: Any) -> User:
        """An account that can sign in, from before the story."""
        row = make.user(*roles, name=name, email=email, locale=self.locale)
        row.password_hash = accounts.password_hash(PASSWORD)
        db.session.commit()
        return row

    def visitor(self, name: str) -> Person:
        """Somebody who opens the site for the first time."""
        self.people[name] = Person(self.browser, self.site, locale=self.locale)
        return self.people[name]

    def signed_in(self, email: str) -> Person:
        """Somebody at their own window, signed in."""
        if email not in self.people:
            person = self.visitor(email)
            person.sign_in(email, PASSWORD)
            person.inspect()
        return self.people[email]

    @property
    def manager(self) -> Person:
        """The programme manager."""
        return self.signed_in("louise@exemple.fr")

    @property
    def coordinator(self) -> Person:
        """The coordinator of Auvergne-Rhône-Alpes."""
        return self.signed_in("auvergne@exemple.fr")

    @property
    def founder(self) -> Person:
        """The founder the story follows."""
        return self.signed_in(self.founder_email)

    def batch(self) -> Batch:
        """The batch of the story as it is stored now."""
        self.look_again()
        return db.session.query(Batch).filter_by(code=self.code).one()

    @property
    def batch_name(self) -> str:
        """What readers know the batch as."""
        return "Promotion 7 – septembre 2027" if self.locale == "fr" else "Batch 7 – September 2027"

    def look_again(self) -> None:
        """Read from the database what the pages have changed."""
        db.session.rollback()
        db.session.expire_all()

    def user(self, email: str) -> User:
        """The account behind an address."""
        self.look_again()
        return db.session.query(User).filter_by(email=email).one()

    def actor(self, email: str) -> Any:
        """This person as the services know them."""
        return make.actor(self.user(email))


@contextmanager
def refusal(person: Person) -> Iterator[None]:
    """What is done inside is refused once, politely: status 422, which the browser notes and nothing else."""
    before = list(person.complaints)
    yield
    new = person.complaints[len(before) :]
    assert len(new) == 1 and "422" in new[0], new
    person.complaints[:] = before


def press_key(person: Person, key: str) -> None:
    """Press a key that leads to another page, then inspect it."""
    with person.page.expect_navigation():
        person.page.keyboard.press(key)
    person.inspect()


def follow(person: Person, words: str) -> None:
    """Follow the first link of the content whose words start so."""
    with person.page.expect_navigation():
        person.page.locator("main").get_by_role("link", name=re.compile("^" + re.escape(words))).first.click()
    person.inspect()


def fetched(person: Person, path: str) -> APIResponse:
    """What the browser gets at an address, with this person's sign-in."""
    answer = person.context.request.get(path)
    assert answer.ok, f"{path}: {answer.status}"
    return answer


def row_of(person: Person, words: str) -> str:
    """The first table row that names something, spaces folded."""
    row = person.page.locator("main tbody tr", has_text=words).first
    return " ".join(row.inner_text().split())
