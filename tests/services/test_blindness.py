"""Dossiers are searched before they are read; phrases are masked or shown; decks are handed out or withheld."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from accelerator.kernel import clock
from accelerator.kernel.enums import ApplicationState, IdentifyingKind, MaskState, Role
from accelerator.kernel.errors import NotAllowed, NotFound, RuleViolation
from accelerator.models.audit import AuditEntry
from accelerator.models.blindness import BlindnessScan, IdentifyingPhrase
from accelerator.outbound import files
from accelerator.queries.reviewing.dossier import dossier
from accelerator.services import blindness, startups
from accelerator.services.demo.deck import pitch_deck
from accelerator.services.reviewing import open_deck
from tests import make

TEXT = "Chez Lumence, Marie Curie répond à marie@lumence.fr. Notre IA lit les actes."


@pytest.fixture
def marie(db):
    return make.user(name="Marie Curie", email="marie@lumence.fr")


@pytest.fixture
def one(db, marie):
    """An admissible application whose answer names everybody."""
    batch = make.batch()
    question = make.question(batch)
    application = make.application(
        of=batch, by=make.startup(name="Lumence SAS", people=(marie,)), state=ApplicationState.ADMISSIBLE
    )
    make.answer(application, question, TEXT)
    return application


@pytest.fixture
def claire(db):
    return make.actor(make.manager())


def stored(db) -> dict[str, MaskState]:
    db.expire_all()
    return {row.phrase: row.state for row in db.scalars(select(IdentifyingPhrase).order_by(IdentifyingPhrase.id))}


def read(db, application) -> str:
    """What a reviewer reads of the application."""
    ada = make.user(Role.REVIEWER)
    assignment = make.assignment(of=application, reviewer=ada)
    shown = dossier(assignment.id, ada.id, clock.now())
    return " ".join(answer.text.fr for answer in shown.answers)


def give_deck(application, text: str) -> str:
    content, pages = pitch_deck(text, ["Un deuxième feuillet dit ce que fait la startup et pour qui elle le fait."])
    stored_as, digest = files.keep(content, folder="decks", suffix=".pdf")
    make.deck(application, stored_as=stored_as, sha256=digest, pages=pages, size_bytes=len(content))
    return stored_as


def test_a_dossier_is_searched_once_and_masked_for_the_reviewer(db, one):
    assert blindness.search_due_dossiers() == 1
    assert blindness.search_due_dossiers() == 0

    assert stored(db) == dict.fromkeys(["Lumence", "Marie Curie", "marie@lumence.fr"], MaskState.MASKED)
    assert read(db, one) == "Chez [masqué], [masqué] répond à [masqué]. Notre IA lit les actes."


def test_a_dossier_not_yet_searched_is_not_read(db, one):
    ada = make.user(Role.REVIEWER)
    assignment = make.assignment(of=one, reviewer=ada)
    give_deck(one, "Lumence")
    db.delete(db.get(BlindnessScan, one.id))
    db.commit()

    shown = dossier(assignment.id, ada.id, clock.now())

    assert (shown.is_searched, shown.answers, shown.deck_pages) == (False, (), None)
    with pytest.raises(NotFound):
        open_deck(actor=make.actor(ada), assignment_id=assignment.id)


def test_drafts_and_rolling_calls_are_not_searched(db):
    make.application(state=ApplicationState.DRAFT)
    make.application(of=make.batch(is_rolling=True))

    assert blindness.search_due_dossiers() == 0


def test_what_is_not_a_name_is_shown_and_stays_shown(db, one, claire):
    blindness.search_batch(one.batch_id)
    row = db.scalars(select(IdentifyingPhrase).where(IdentifyingPhrase.phrase == "Lumence")).one()

    shown = blindness.show_phrase(actor=claire, batch_id=one.batch_id, phrase_id=row.id)
    blindness.forget(one.startup_id)
    db.commit()
    again = blindness.search_due_dossiers()

    assert (shown, again, stored(db)["Lumence"]) == ("Lumence", 1, MaskState.SHOWN)
    assert read(db, one).startswith("Chez Lumence, [masqué]")
    blindness.mask_phrase(actor=claire, batch_id=one.batch_id, phrase_id=row.id)
    assert stored(db)["Lumence"] is MaskState.MASKED
    verbs = list(db.scalars(select(AuditEntry.verb).order_by(AuditEntry.id)))
    assert verbs[-2:] == ["showed a phrase to reviewers", "masked a phrase"]


def test_a_phrase_added_by_hand_is_masked_and_survives_the_next_search(db, one, claire):
    blindness.search_batch(one.batch_id)

    blindness.add_phrase(actor=claire, batch_id=one.batch_id, application_id=one.id, phrase="les actes")
    blindness.forget(one.startup_id)
    db.commit()
    blindness.search_batch(one.batch_id)

    row = db.scalars(select(IdentifyingPhrase).where(IdentifyingPhrase.phrase == "les actes")).one()
    assert (row.kind, row.state, row.places[0][1]) == (IdentifyingKind.BY_HAND, MaskState.MASKED, 1)
    assert read(db, one).endswith("Notre IA lit [masqué].")


def test_a_phrase_that_stands_nowhere_is_refused_and_leaves_nothing_behind(db, one, claire):
    with pytest.raises(RuleViolation) as refused:
        blindness.add_phrase(actor=claire, batch_id=one.batch_id, application_id=one.id, phrase="acte")

    assert (refused.value.field, stored(db)) == ("phrase", {})


def test_a_new_person_of_the_startup_is_searched_for(db, one, marie):
    blindness.search_batch(one.batch_id)
    question = make.question(db.get_one(make.Batch, one.batch_id))
    make.answer(one, question, "Écrit avec Pierre Duhem.")

    startups.add_member(
        actor=make.actor(marie), startup_id=one.startup_id, email="pierre@exemple.fr", name="Pierre Duhem"
    )
    blindness.search_due_dossiers()

    assert stored(db)["Pierre Duhem"] is MaskState.MASKED


def test_names_in_a_deck_are_found_and_the_deck_is_withheld(db, one, claire):
    give_deck(one, "Lumence, la présentation")
    blindness.search_batch(one.batch_id)

    withheld = blindness.withhold_decks(actor=claire, batch_id=one.batch_id)

    row = db.scalars(select(IdentifyingPhrase).where(IdentifyingPhrase.phrase == "Lumence")).one()
    assert (withheld, row.is_in_deck, row.is_in_answers) == (1, True, True)
    assert ["page:1", 1] in row.places
    ada = make.user(Role.REVIEWER)
    assignment = make.assignment(of=one, reviewer=ada)
    shown = dossier(assignment.id, ada.id, clock.now())
    assert (shown.is_deck_withheld, shown.deck_pages) == (True, None)
    with pytest.raises(NotFound):
        open_deck(actor=make.actor(ada), assignment_id=assignment.id)
    blindness.hand_deck(actor=claire, batch_id=one.batch_id, application_id=one.id)
    assert open_deck(actor=make.actor(ada), assignment_id=assignment.id)[1] == f"dossier-{one.id:03d}.pdf"


def test_a_deck_that_cannot_be_searched_asks_for_a_look(db, one, claire):
    make.deck(one)

    blindness.search_batch(one.batch_id)

    assert db.get_one(BlindnessScan, one.id).is_deck_unread
    assert blindness.withhold_decks(actor=claire, batch_id=one.batch_id) == 1


def test_others_decide_nothing(db, one):
    blindness.search_batch(one.batch_id)
    ada = make.actor(make.user(Role.REVIEWER))
    row = db.scalars(select(IdentifyingPhrase)).first()

    for act in (
        lambda: blindness.show_phrase(actor=ada, batch_id=one.batch_id, phrase_id=row.id),
        lambda: blindness.add_phrase(actor=ada, batch_id=one.batch_id, application_id=one.id, phrase="IA"),
        lambda: blindness.withhold_deck(actor=ada, batch_id=one.batch_id, application_id=one.id),
        lambda: blindness.withhold_decks(actor=ada, batch_id=one.batch_id),
    ):
        with pytest.raises(NotAllowed):
            act()

    assert set(stored(db).values()) == {MaskState.MASKED}


def test_another_batch_s_dossier_is_not_found(db, one, claire):
    blindness.search_batch(one.batch_id)
    row, other = db.scalars(select(IdentifyingPhrase)).first(), make.batch()

    with pytest.raises(NotFound):
        blindness.show_phrase(actor=claire, batch_id=other.id, phrase_id=row.id)
    with pytest.raises(NotFound):
        blindness.withhold_deck(actor=claire, batch_id=other.id, application_id=one.id)
