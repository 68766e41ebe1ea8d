"""Waves, feedback and texts of decisions in a real browser: keyboard, contrast, phones; told when the letter left."""

from __future__ import annotations

import pytest

from accelerator.extensions import db
from accelerator.kernel.enums import Role
from accelerator.models.reviewing import Review
from accelerator.services import accounts
from tests import make
from tests.browser.conftest import Person
from tests.committee import owner_of
from tests.services.test_feedback import refused_batch, refused_of, save, send_all

pytestmark = pytest.mark.browser

PASSWORD = "une phrase assez longue"


@pytest.fixture
def batch(site):
    """A decided batch with two refused, one of which a reviewer gave advice to."""
    found = refused_batch()
    db.session.query(Review).filter_by(application_id=refused_of(found)[0].id).first().advice = "Find a seller."
    grace = make.user(Role.MANAGER, name="Grace", email="grace@exemple.fr")
    for person in (grace, owner_of(refused_of(found)[0])):
        person.password_hash = accounts.password_hash(PASSWORD)
    db.session.commit()
    return found


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_every_page_of_the_decision_is_sound(chromium, site, batch, locale):
    person = Person(chromium, site, locale=locale)
    person.sign_in("grace@exemple.fr", PASSWORD)
    one, here = refused_of(batch)[0], f"/staff/batches/{batch.code}"

    for path in (
        f"{here}/offers",
        f"{here}/offers/send/admit",
        f"{here}/offers/send/refuse?first=1",
        f"{here}/offers/anew/refuse",
        f"{here}/feedback",
        f"{here}/feedback/rest",
        f"{here}/feedback/{one.id}",
        "/staff/letters/texts",
        "/staff/letters/texts/not_selected/fr",
    ):
        person.open(path)

    assert person.complaints == []


def test_advice_is_ticked_kept_and_told(chromium, site, batch):
    one = refused_of(batch)[0]
    manager = Person(chromium, site, locale="en")
    manager.sign_in("grace@exemple.fr", PASSWORD)
    manager.open(f"/staff/batches/{batch.code}/feedback/{one.id}")
    manager.page.get_by_label("Find a seller.").check()
    manager.press("Make the proposal anew")
    assert "Find a seller." in manager.page.input_value("#text")
    manager.page.check("#is_ready")
    manager.press("Keep the feedback")

    db.session.rollback()
    send_all(batch)
    founder = Person(chromium, site, locale="en")
    founder.sign_in(owner_of(one).email, PASSWORD)
    founder.open(f"/my/applications/{one.id}")

    founder.reads("What we take away from your application")
    founder.reads("Find a seller.")
    founder.reads("Where you can go on")
    assert manager.complaints + founder.complaints == []


def test_a_text_is_looked_at_before_it_is_used(chromium, site, batch):
    save(batch, refused_of(batch)[0], text="Look for the light.")
    manager = Person(chromium, site, locale="en")
    manager.sign_in("grace@exemple.fr", PASSWORD)
    manager.open("/staff/letters/texts/not_selected/en")
    manager.page.fill("#body", "Dear {recipient},\n\n{feedback}\n\n{path}")
    manager.press("Look at it first")
    manager.reads("As a startup would read it")
    manager.press("Use this text")

    manager.reads("drafts written with the earlier text: 2.")
    assert manager.complaints == []
