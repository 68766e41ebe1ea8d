"""Screening: admissible or not, told by letter, undone in time; decks opened on the record."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from accelerator.kernel.enums import ApplicationState, BatchState, LetterState, Role, ScreeningGround
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.models.applications import Application, Deck
from accelerator.models.audit import AuditEntry
from accelerator.models.letters import Letter
from accelerator.outbound import files
from accelerator.rules.screening import ScreeningReason
from accelerator.services import screening
from tests import make

OUT_OF_SCOPE = ScreeningReason(ScreeningGround.OUT_OF_SCOPE, "No model is used.")


def state_of(db, application):
    db.expire_all()
    return db.get(Application, application.id).state


def test_admissible_goes_on_to_the_next_by_submission(db):
    batch = make.batch()
    first, second = make.application(of=batch), make.application(of=batch)
    claire = make.manager()

    done = screening.admit_to_review(actor=make.actor(claire), application_id=first.id)

    db.refresh(first)
    assert (first.state, first.screened_by_user_id, first.version) == (ApplicationState.ADMISSIBLE, claire.id, 2)
    assert done.next_application_id == second.id
    assert db.scalars(select(Letter)).all() == []


def test_next_to_screen_begins_again_from_the_first(db):
    batch = make.batch()
    first, second = make.application(of=batch), make.application(of=batch)
    actor = make.actor(make.manager())

    assert screening.admit_to_review(actor=actor, application_id=second.id).next_application_id == first.id
    assert screening.admit_to_review(actor=actor, application_id=first.id).next_application_id is None


def test_not_admissible_writes_a_draft_to_the_owner_in_their_language(db):
    ada, eve = make.user(locale="fr"), make.user(locale="en")
    application = make.application(by=make.startup(people=(ada, eve)))

    screening.turn_down(actor=make.actor(make.manager()), application_id=application.id, reason=OUT_OF_SCOPE)

    letter = db.scalars(select(Letter)).one()
    assert (letter.to_user_id, letter.state, letter.about) == (
        ada.id,
        LetterState.DRAFT,
        f"application:{application.id}",
    )
    assert "ne repose pas sur l’IA générative" in letter.body
    assert "No model is used." in letter.body
    assert state_of(db, application) is ApplicationState.INADMISSIBLE


@pytest.mark.parametrize("ground", list(ScreeningGround))
@pytest.mark.parametrize("locale", ["fr", "en"])
def test_every_ground_has_its_letter(db, ground, locale):
    application = make.application(by=make.startup(people=(make.user(locale=locale),)))
    reason = ScreeningReason(ground, "{{ 7 * 7 }} as typed")

    screening.turn_down(actor=make.actor(make.manager()), application_id=application.id, reason=reason)

    body = db.scalars(select(Letter.body)).one()
    assert "{{ 7 * 7 }} as typed" in body
    assert "\n\n\n\n" not in body


def test_not_admissible_without_a_reason_changes_nothing(db):
    application = make.application(by=make.startup(people=(make.user(),)))

    with pytest.raises(RuleViolation):
        screening.turn_down(
            actor=make.actor(make.manager()), application_id=application.id, reason=ScreeningReason(None)
        )

    assert state_of(db, application) is ApplicationState.SUBMITTED
    assert db.scalars(select(Letter)).all() == []


def test_screening_what_somebody_else_screened_is_a_conflict(db):
    application = make.application(state=ApplicationState.ADMISSIBLE)

    with pytest.raises(Conflict):
        screening.turn_down(actor=make.actor(make.manager()), application_id=application.id, reason=OUT_OF_SCOPE)

    assert state_of(db, application) is ApplicationState.ADMISSIBLE


def test_a_draft_is_not_there_for_the_team(db):
    draft = make.application(state=ApplicationState.DRAFT)
    actor = make.actor(make.manager())

    for act in (screening.admit_to_review, screening.undo_screening, screening.open_deck):
        with pytest.raises(NotFound):
            act(actor=actor, application_id=draft.id)


@pytest.mark.parametrize("role", [Role.SPONSOR, Role.ADMINISTRATOR, Role.REVIEWER, Role.FOUNDER])
def test_only_managers_screen(db, role):
    actor, application = make.actor(make.user(role)), make.application()

    for act in (screening.admit_to_review, screening.undo_screening, screening.open_deck):
        with pytest.raises(NotAllowed):
            act(actor=actor, application_id=application.id)


def test_undo_puts_it_back_and_discards_the_letter(db):
    application = make.application(by=make.startup(people=(make.user(),)))
    actor = make.actor(make.manager())
    screening.turn_down(actor=actor, application_id=application.id, reason=OUT_OF_SCOPE)

    screening.undo_screening(actor=actor, application_id=application.id)

    db.expire_all()
    assert (application.state, application.screened_at, application.screening_reason) == (
        ApplicationState.SUBMITTED,
        None,
        "",
    )
    assert db.scalars(select(Letter.state)).all() == [LetterState.DISCARDED]


def test_undo_after_assignment_is_a_conflict(db):
    application = make.application(state=ApplicationState.ADMISSIBLE)
    make.assignment(of=application, reviewer=make.user(Role.REVIEWER))

    with pytest.raises(Conflict) as refusal:
        screening.undo_screening(actor=make.actor(make.manager()), application_id=application.id)

    assert refusal.value.reason == "Reviewers have been assigned: the screening stands."


def test_admit_many_does_those_that_wait_and_counts_the_rest(db):
    batch = make.batch(code="B")
    waiting = [make.application(of=batch) for _ in range(2)]
    done = make.application(of=batch, state=ApplicationState.INADMISSIBLE)
    elsewhere = make.application()
    ids = [one.id for one in (*waiting, done, elsewhere)]
    actor = make.actor(make.manager())

    result = screening.admit_many(actor=actor, batch_code="B", application_ids=ids, request_key="k")
    again = screening.admit_many(actor=actor, batch_code="B", application_ids=ids, request_key="k")

    assert (result.done, result.left) == (again.done, again.left) == (2, 2)
    assert [state_of(db, one) for one in (*waiting, done, elsewhere)] == [
        ApplicationState.ADMISSIBLE,
        ApplicationState.ADMISSIBLE,
        ApplicationState.INADMISSIBLE,
        ApplicationState.SUBMITTED,
    ]


def test_admit_many_in_a_decided_batch_is_a_conflict(db):
    application = make.application(of=make.batch(code="B", state=BatchState.DECIDED))

    with pytest.raises(Conflict):
        screening.admit_many(
            actor=make.actor(make.manager()), batch_code="B", application_ids=[application.id], request_key="k"
        )


def test_each_deck_opened_is_on_the_record(db):
    application = make.application()
    name, digest = files.keep(b"%PDF-1.7 a deck", folder="decks", suffix=".pdf")
    db.add(
        Deck(
            application_id=application.id,
            file_name="deck.pdf",
            size_bytes=15,
            pages=1,
            sha256=digest,
            stored_as=name,
            uploaded_at=application.saved_at,
        )
    )
    db.commit()
    actor = make.actor(make.manager())

    opened = [screening.open_deck(actor=actor, application_id=application.id) for _ in range(2)]

    assert opened[0].path.read_bytes() == b"%PDF-1.7 a deck"
    assert db.scalars(select(AuditEntry.verb)).all() == ["opened deck", "opened deck"]
