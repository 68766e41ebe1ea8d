"""The page that says what identifies a dossier, for the programme team; and what the reviewer sees of it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from accelerator.kernel.enums import ApplicationState, MaskState, Role
from accelerator.models.blindness import BlindnessScan, IdentifyingPhrase
from accelerator.services import blindness
from tests import make


@pytest.fixture
def batch(db):
    return make.batch(code="GS-1")


def dossier_of(batch, name: str, text: str):
    question = make.question(batch)
    application = make.application(
        of=batch,
        by=make.startup(name=name, people=(make.user(name="Marie Curie"),)),
        state=ApplicationState.ADMISSIBLE,
    )
    make.answer(application, question, text)
    return application


@pytest.fixture
def manager(browser, batch):
    return browser.sign_in(make.manager())


def test_the_page_lists_what_was_found_and_where(manager, db, batch):
    application = dossier_of(batch, "Lumence", "Lumence et Marie Curie, Lumence")
    blindness.search_batch(batch.id)

    page = manager.get("staff.blindness.dossiers", code="GS-1")

    assert page.h1 == "Blind reading"
    rows = page.table(f"What was found in dossier {application.id:03d}")
    assert [row[0].split("Name of")[0] for row in rows] == ["Lumence", "Marie Curie"]
    assert "(× 2)" in rows[0][0]
    assert "1 of 1 dossiers searched" in page.text


def test_a_phrase_is_shown_and_masked_again(manager, db, batch):
    dossier_of(batch, "Lumence", "Lumence")
    blindness.search_batch(batch.id)
    row = db.scalars(select(IdentifyingPhrase)).one()

    done = manager.post("staff.blindness.show", code="GS-1", phrase_id=row.id)
    page = manager.follow(done)
    manager.post("staff.blindness.mask", code="GS-1", phrase_id=row.id)

    assert page.notices == ["Reviewers now read “Lumence”."]
    db.refresh(row)
    assert row.state is MaskState.MASKED


def test_a_phrase_that_stands_nowhere_is_refused_on_its_dossier(manager, db, batch):
    application = dossier_of(batch, "Lumence", "Lumence")
    blindness.search_batch(batch.id)

    page = manager.post("staff.blindness.add", {"phrase": "Nowhere"}, code="GS-1", application_id=application.id)

    assert page.status == 422
    assert len(page.errors) == 1
    assert page.tree.get_element_by_id("phrase").get("value") == "Nowhere"


def test_a_phrase_is_added(manager, db, batch):
    application = dossier_of(batch, "Lumence", "Lumence lit les actes.")
    blindness.search_batch(batch.id)

    page = manager.follow(
        manager.post("staff.blindness.add", {"phrase": "les actes"}, code="GS-1", application_id=application.id)
    )

    assert page.notices == ["“les actes” is masked."]
    assert len(page.table(f"What was found in dossier {application.id:03d}")) == 2


def test_decks_are_withheld_one_by_one_and_together(manager, db, batch):
    for name in ("Lumence", "Corali"):
        make.deck(dossier_of(batch, name, name))
    blindness.search_batch(batch.id)
    first = db.scalars(select(BlindnessScan.application_id).order_by(BlindnessScan.application_id)).first()

    manager.post("staff.blindness.withhold", code="GS-1", application_id=first)
    page = manager.follow(manager.post("staff.blindness.withhold_all", code="GS-1"))
    manager.post("staff.blindness.hand", code="GS-1", application_id=first)

    assert page.notices == ["Reviewers no longer get this deck.", "1 deck is held back."]
    db.expire_all()
    assert list(db.scalars(select(BlindnessScan.is_deck_withheld).order_by(BlindnessScan.application_id))) == [
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("show", "said"),
    [("", "The search found nothing"), ("decks", "No deck needs a look."), ("shown", "Everything that was found")],
)
def test_empty_lists_say_so(manager, db, batch, show, said):
    dossier_of(batch, "Lumence", "Rien.")
    blindness.search_batch(batch.id)

    page = manager.get("staff.blindness.dossiers", code="GS-1", show=show)

    assert said in page.text


def test_a_batch_without_dossiers_says_so(manager):
    assert "No dossier yet" in manager.get("staff.blindness.dossiers", code="GS-1").text


def test_strangers_are_refused(browser, db, batch):
    application = dossier_of(batch, "Lumence", "Lumence")
    blindness.search_batch(batch.id)
    row = db.scalars(select(IdentifyingPhrase)).one()
    browser.sign_in(make.user(Role.REVIEWER))

    for page in (
        browser.get("staff.blindness.dossiers", code="GS-1"),
        browser.post("staff.blindness.show", code="GS-1", phrase_id=row.id),
        browser.post("staff.blindness.withhold", code="GS-1", application_id=application.id),
        browser.post("staff.blindness.withhold_all", code="GS-1"),
    ):
        assert page.status == 403
    db.refresh(row)
    assert row.state is MaskState.MASKED


def test_the_page_costs_a_fixed_number_of_statements(manager, db, batch, count_statements):
    dossier_of(batch, "Lumence", "Lumence")
    blindness.search_batch(batch.id)
    with count_statements() as few:
        manager.get("staff.blindness.dossiers", code="GS-1")
    for name in ("Corali", "Nimium", "Brient"):
        dossier_of(batch, name, f"{name}, Marie Curie")
    blindness.search_batch(batch.id)

    with count_statements() as many:
        manager.get("staff.blindness.dossiers", code="GS-1")

    assert few.count == many.count == 10
