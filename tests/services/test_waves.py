"""Letters on decisions leave in parts and at their time: offers first, and nobody hears before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from accelerator.kernel import clock
from accelerator.kernel.enums import ApplicationState, LetterState, OfferState, Outcome
from accelerator.kernel.errors import Conflict, NotFound, RuleViolation
from accelerator.models.letters import Letter
from accelerator.queries import applications as application_queries
from accelerator.queries import offers as queries
from accelerator.services import letters, offers, waves
from tests import committee, make
from tests.committee import entries, offer_of, owner_of

LATER = timedelta(days=2)


def manager():
    return make.actor(make.manager())


def plan_offers(batch, expected=2, **options) -> int:
    return waves.send_offers(
        **{
            "actor": manager(),
            "code": batch.code,
            "respond_by": offer_of(entries(batch)[0]).respond_by,
            "expected": expected,
            "leaves_at": clock.now() + LATER,
            **options,
        }
    )


def states(db, entry) -> tuple[OfferState, LetterState]:
    db.expire_all()
    state = db.scalars(select(Letter.state).where(Letter.decides_application_id == entry.id)).all()[-1]
    return offer_of(entry).state, state


def shown(entry) -> ApplicationState:
    return application_queries.dossier(owner_of(entry).id, entry.id).application.state


def test_a_planned_wave_leaves_at_its_time_and_not_before(db):
    batch = committee.decided_batch()
    one = entries(batch)[0]
    leaves_at = clock.now() + LATER
    plan_offers(batch, leaves_at=leaves_at)

    clock.fix(leaves_at - timedelta(seconds=1))
    early = (waves.send_due_waves(), *states(db, one), shown(one))
    clock.fix(leaves_at)
    late = (waves.send_due_waves(), *states(db, one), shown(one))

    assert early == (0, OfferState.DRAFT, LetterState.DRAFT, ApplicationState.ADMISSIBLE)
    assert late == (2, OfferState.SENT, LetterState.QUEUED, ApplicationState.ADMITTED)
    assert offer_of(one).sent_at == leaves_at
    assert waves.send_due_waves() == 0


def test_planned_answers_may_follow_planned_offers_but_not_precede_them(db):
    batch = committee.decided_batch(applications=14)
    offers_at = clock.now() + LATER
    plan_offers(batch, leaves_at=offers_at)
    answers = {"actor": manager(), "code": batch.code, "outcome": Outcome.REFUSE, "expected": 2}

    with pytest.raises(RuleViolation, match="Send the offers first"):
        waves.send_answers(**answers, leaves_at=offers_at - timedelta(hours=1))
    with pytest.raises(RuleViolation, match="Send the offers first"):
        waves.send_answers(**answers)
    assert waves.send_answers(**answers, leaves_at=offers_at) == 2

    clock.fix(offers_at)
    assert waves.send_due_waves() == 4
    assert set(db.scalars(select(Letter.state).where(Letter.kind == "not_selected"))) == {LetterState.QUEUED}


def test_planned_answers_wait_when_the_offers_are_held(db):
    batch = committee.decided_batch(applications=14)
    at = clock.now() + LATER
    plan_offers(batch, leaves_at=at)
    waves.send_answers(actor=manager(), code=batch.code, outcome=Outcome.REFUSE, expected=2, leaves_at=at)

    held = waves.hold_wave(actor=manager(), code=batch.code, outcome=Outcome.ADMIT, leaves_at=at)
    clock.fix(at + timedelta(hours=1))
    found = queries.waves(batch.id)[Outcome.REFUSE]

    assert (held, waves.send_due_waves()) == (2, 0)
    assert found == queries.Wave(drafts=0, released=0, planned=(queries.Planned(at, 2, is_late=True),))
    plan_offers(batch, leaves_at=None)
    assert waves.send_due_waves() == 2


def test_a_wave_is_held_once(db):
    batch = committee.decided_batch()
    at = clock.now() + LATER
    plan_offers(batch, leaves_at=at)

    waves.hold_wave(actor=manager(), code=batch.code, outcome=Outcome.ADMIT, leaves_at=at)

    with pytest.raises(Conflict, match="have left"):
        waves.hold_wave(actor=manager(), code=batch.code, outcome=Outcome.ADMIT, leaves_at=at)
    clock.fix(at)
    assert waves.send_due_waves() == 0


def test_a_part_leaves_and_the_rest_stays(db):
    batch = committee.decided_batch()
    one, two, *_ = entries(batch)

    sent = plan_offers(batch, expected=1, only=[one.id], leaves_at=None)

    assert sent == 1
    assert states(db, one) == (OfferState.SENT, LetterState.QUEUED)
    assert states(db, two) == (OfferState.DRAFT, LetterState.DRAFT)
    with pytest.raises(RuleViolation, match="Send the offers first"):
        waves.send_answers(actor=manager(), code=batch.code, outcome=Outcome.WAITLIST, expected=4)


def test_one_that_left_meanwhile_makes_the_ticked_number_another(db):
    batch = committee.decided_batch()
    one, two, *_ = entries(batch)
    plan_offers(batch, expected=1, only=[one.id], leaves_at=None)

    with pytest.raises(Conflict, match="1 e-mails"):
        plan_offers(batch, only=[one.id, two.id], leaves_at=None)

    assert states(db, two) == (OfferState.DRAFT, LetterState.DRAFT)


def test_an_offer_withdrawn_while_it_is_planned_never_leaves(db):
    batch = committee.decided_batch()
    one, two, three, *_ = entries(batch)
    at = clock.now() + LATER
    plan_offers(batch, leaves_at=at)
    offers.rescind(actor=manager(), offer_id=offer_of(one).id, reason="Applied twice.")
    assert states(db, three) == (OfferState.DRAFT, LetterState.DRAFT)  # the place passed on, to leave with the others

    clock.fix(at)
    sent = waves.send_due_waves()

    assert sent == 2
    assert states(db, one) == (OfferState.RESCINDED, LetterState.DISCARDED)
    assert states(db, two) == states(db, three) == (OfferState.SENT, LetterState.QUEUED)


def test_a_place_passed_on_while_some_offers_are_not_planned_waits_with_those(db):
    batch = committee.decided_batch(places=3)
    one, _two, _three, four, *_ = entries(batch)
    plan_offers(batch, expected=1, only={one.id})
    offers.rescind(actor=manager(), offer_id=offer_of(one).id, reason="Applied twice.")

    clock.fix(clock.now() + LATER)

    assert waves.send_due_waves() == 0
    assert states(db, four) == (OfferState.DRAFT, LetterState.DRAFT)


def test_planned_offers_whose_answer_is_due_already_are_held(db):
    batch = committee.decided_batch()
    one = entries(batch)[0]
    plan_offers(batch)
    clock.fix(offer_of(one).respond_by + timedelta(minutes=1))

    assert waves.send_due_waves() == 0
    assert states(db, one) == (OfferState.DRAFT, LetterState.DRAFT)
    assert queries.waves(batch.id)[Outcome.ADMIT] == queries.Wave(drafts=2, released=0)


def test_an_offer_whose_draft_was_discarded_is_written_again_when_it_is_sent(db):
    batch = committee.decided_batch()
    one = entries(batch)[0]
    letter_id = db.scalars(select(Letter.id).where(Letter.decides_application_id == one.id)).one()
    letters.discard_letter(actor=manager(), letter_id=letter_id)

    plan_offers(batch, leaves_at=None)

    assert states(db, one) == (OfferState.SENT, LetterState.QUEUED)


@pytest.mark.parametrize("days", [0, -1, 400])
def test_a_time_that_makes_no_sense_is_refused_on_its_field(db, days):
    batch = committee.decided_batch()

    with pytest.raises(RuleViolation) as refused:
        plan_offers(batch, leaves_at=clock.now() + timedelta(days=days))

    assert refused.value.field == "leaves_at"
    assert set(db.scalars(select(Letter.leaves_at))) == {None}


def test_answers_know_no_admitted(db):
    batch = committee.offered_batch()

    with pytest.raises(NotFound):
        waves.send_answers(actor=manager(), code=batch.code, outcome=Outcome.ADMIT, expected=0)
