"""Every naughty string through every text field of the founder's pages: kept equal, or refused."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from sqlalchemy import select

from accelerator.forms.base import clean_text
from accelerator.kernel.enums import ApplicationState, QuestionKind
from accelerator.kernel.errors import RuleViolation
from accelerator.models.applications import Answer
from accelerator.rules.applications import MAX_CHARACTERS, fingerprint
from accelerator.rules.identity import normal_siren
from accelerator.rules.startups import normal_website, place_of
from tests import make

OWN = [
    "\x00nul",
    "\ud800 lone surrogate",
    "\u202eright to left",
    "e" + "\u0301" * 500,
    "\r\n\r\nSet-Cookie: x=1",
    "x" * 1_000_000,
    "=1+1",
    "{{ 7*7 }}",
    "%(x)s %s",
]


@pytest.fixture
def naughty(shared) -> list[str]:
    return [*json.loads((shared / "bad-input" / "blns.json").read_text()), *OWN]


def on_page(text: str) -> str:
    """What a text field gives back: browsers and the parser know one kind of line end."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.shared
@pytest.mark.parametrize(
    "kind", [QuestionKind.SHORT_TEXT, QuestionKind.LONG_TEXT, QuestionKind.NUMBER, QuestionKind.URL]
)
def test_naughty_strings_through_the_answers(browser, db, naughty, kind):
    ada, of = make.user(), make.batch()
    fits = [text for text in naughty if len(str(clean_text(text))) <= MAX_CHARACTERS[kind]]
    asked = [make.question(of, kind=kind, max_words=None) for _text in fits]
    draft = make.application(of=of, by=make.startup(people=(ada,)), state=ApplicationState.DRAFT)
    form = {f"q_{question.id}": text for question, text in zip(asked, fits, strict=True)}
    browser.sign_in(ada)

    page = browser.post(
        "startup.applications.step",
        {name: text.encode("utf-8", "surrogatepass") if "\ud800" in text else text for name, text in form.items()},
        application_id=draft.id,
        step=2,
    )
    shown = browser.get("startup.applications.step", application_id=draft.id, step=2)
    checked = browser.get("startup.applications.check", application_id=draft.id)

    assert (page.status, checked.status) == (302, 200)
    stored = {row.question_id: row.text for row in db.execute(select(Answer.question_id, Answer.text))}
    for question, text in zip(asked, fits, strict=True):
        if "\ud800" not in text:
            assert stored.get(question.id, "") == clean_text(text)
        assert on_page(shown.value(f"q_{question.id}") or "") == on_page(stored.get(question.id, ""))
    assert len(stored) > 250


@pytest.mark.shared
def test_naughty_strings_through_autosave(browser, db, naughty):
    ada, of = make.user(), make.batch()
    asked = make.question(of, max_words=None)
    draft = make.application(of=of, by=make.startup(people=(ada,)), state=ApplicationState.DRAFT)
    browser.sign_in(ada)
    stored = ""

    for text in naughty:
        document = {"answers": {str(asked.id): {"text": text, "base": fingerprint(stored)}}}
        page = browser.post_json("startup.applications.autosave", document, application_id=draft.id)
        expected = str(clean_text(text))
        assert page.status == (200 if len(expected) <= 12_000 else 422), text[:80]
        stored = expected if page.status == 200 else stored
        assert (db.scalar(select(Answer.text)) or "") == stored


@pytest.mark.shared
def test_naughty_strings_through_the_startup(browser, db, naughty):
    ada = make.user()
    startup = make.startup(people=(ada,), siren=None)
    browser.sign_in(ada)
    form = {"sector": "health", "stage": "concept", "postcode": "69003", "women_founders": ""}
    kept = 0

    for text in naughty:
        sent = text.encode("utf-8", "replace").decode()
        version = str(startup.version)
        page = browser.post(
            "startup.startups.edit",
            {**form, "name": sent, "pitch": sent, "city": sent, "version": version},
            startup_id=startup.id,
        )
        db.refresh(startup)
        assert page.status in (302, 422), sent[:80]
        if page.status == 302:
            kept += 1
            assert startup.name == startup.pitch == clean_text(sent)
    assert kept > 400


@pytest.mark.shared
def test_naughty_strings_through_the_shaped_fields_of_the_startup(browser, db, naughty):
    ada = make.user()
    startup = make.startup(people=(ada,), siren=None)
    number, shaped = startup.id, ("siren", "postcode", "website", "sector", "stage", "women_founders", "version")
    form = {"sector": "health", "stage": "concept", "postcode": "69003", "name": "N", "pitch": "P", "city": "C"}
    browser.sign_in(ada)

    for position, text in enumerate(naughty):
        sent = text.encode("utf-8", "replace").decode()[:2000]
        one = shaped[position % len(shaped)]
        page = browser.post("startup.startups.edit", {**form, "version": "1", one: sent}, startup_id=number)
        assert page.status in (302, 409, 422)
        for check in (normal_siren, normal_website, place_of):
            with suppress(RuleViolation):
                check(sent)


@pytest.mark.shared
def test_naughty_strings_as_people_and_in_addresses(browser, db, naughty):
    ada, of = make.user(), make.batch()
    startup = make.startup(people=(ada,))
    browser.sign_in(ada)

    for text in naughty:
        sent = text.encode("utf-8", "replace").decode()[:3000]
        page = browser.post("startup.startups.add_person", {"email": sent, "name": sent}, startup_id=startup.id)
        assert page.status in (302, 422)
        page = browser.post("startup.startups.remove_person", {"user_id": sent}, startup_id=startup.id)
        assert page.status in (404, 422)
    for text in [one for one in naughty[::8] if "\x00" not in one]:
        sent = text.encode("utf-8", "replace").decode()[:1000]
        assert browser.get("public.programmes.call", code=sent or "-").status in (200, 302, 308, 400, 404)
        assert browser.get("public.programmes.eligibility", code=of.code, france=sent, rights=sent).status == 200
