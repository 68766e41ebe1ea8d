"""Offers are sent, answered once, passed down the waitlist, and never outnumber the places."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from accelerator.extensions import db as database
from accelerator.kernel import clock
from accelerator.kernel.enums import ApplicationState, OfferState, Outcome
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.models.counter import Evidence, Reached
from accelerator.models.letters import Letter
from accelerator.models.programmes import Batch
from accelerator.models.selection import Offer
from accelerator.queries import offers as queries
from accelerator.services import offers, waves
from tests import committee, make
from tests.committee import entries, offer_of, owner_of

HOLDING = (OfferState.DRAFT, OfferState.SENT, OfferState.ACCEPTED)


def act(service, entry, **arguments):
    """The founder of an application answers its offer."""
    return service(actor=make.actor(owner_of(entry)), offer_id=offer_of(entry).id, **arguments)


def letters_of(db, entry) -> list[str]:
    about = [
        f"application:{entry.id}",
        *(f"offer:{one}" for one in db.scalars(select(Offer.id)) if offer_id_of(entry) == one),
    ]
    rows = db.execute(select(Letter.kind, Letter.state).where(Letter.about.in_(about)).order_by(Letter.id))
    return [f"{row.kind} {row.state}" for row in rows]


def offer_id_of(entry) -> int | None:
    return database.session.scalar(select(Offer.id).where(Offer.application_id == entry.id))


def places(db, batch) -> tuple[int, int]:
    db.expire_all()
    held = db.scalar(
        select(func.count()).select_from(Offer).where(Offer.batch_id == batch.id, Offer.state.in_(HOLDING))
    )
    return db.scalar(select(Batch.places_taken).where(Batch.id == batch.id)), held


def test_send_offers_releases_their_letters_and_no_other(db):
    batch = committee.offered_batch(applications=4)
    one, _two, three, _four = entries(batch)

    assert offer_of(one).state is OfferState.SENT
    assert letters_of(db, one) == ["offer queued"]
    assert letters_of(db, three) == ["waitlisted draft"]
    assert db.scalar(select(Letter.body).where(Letter.kind == "offer").limit(1)).count("/my/offers/") == 1


def test_send_offers_with_another_date_rewrites_the_letters(db):
    batch = committee.decided_batch()
    one = entries(batch)[0]
    later = clock.now() + timedelta(days=20)

    waves.send_offers(actor=make.actor(make.manager()), code=batch.code, respond_by=later, expected=2)

    assert offer_of(one).respond_by == later
    assert letters_of(db, one) == ["offer discarded", "offer queued"]


def test_send_offers_refuses_another_count_a_past_date_and_strangers(db):
    batch = committee.decided_batch()
    manager = make.actor(make.manager())
    later = clock.now() + timedelta(days=5)

    with pytest.raises(Conflict, match="2 e-mails"):
        waves.send_offers(actor=manager, code=batch.code, respond_by=later, expected=3)
    with pytest.raises(RuleViolation):
        waves.send_offers(actor=manager, code=batch.code, respond_by=clock.now(), expected=2)
    with pytest.raises(NotAllowed):
        waves.send_offers(actor=make.actor(make.user()), code=batch.code, respond_by=later, expected=2)
    with pytest.raises(Conflict, match="not decided"):
        waves.send_offers(actor=manager, code=make.batch().code, respond_by=later, expected=0)
    assert set(db.scalars(select(Offer.state))) == {OfferState.DRAFT}


def test_send_offers_twice_with_one_key_is_one_act(db):
    batch = committee.decided_batch()
    manager, later = make.actor(make.manager()), clock.now() + timedelta(days=5)

    first, second = (
        waves.send_offers(actor=manager, code=batch.code, respond_by=later, expected=2, request_key="k")
        for _ in range(2)
    )

    assert (first, second) == (2, 2)


def test_send_answers_waits_for_the_offers(db):
    batch = committee.decided_batch(applications=14)
    manager = make.actor(make.manager())

    with pytest.raises(RuleViolation, match="Send the offers first"):
        waves.send_answers(actor=manager, code=batch.code, outcome=Outcome.REFUSE, expected=2)


def test_send_answers_queues_the_letters_of_one_outcome(db):
    batch = committee.offered_batch(applications=14)
    manager = make.actor(make.manager())

    assert waves.send_answers(actor=manager, code=batch.code, outcome=Outcome.REFUSE, expected=2) == 2

    assert letters_of(db, entries(batch)[13]) == ["not_selected queued"]
    assert letters_of(db, entries(batch)[5]) == ["waitlisted draft"]
    with pytest.raises(Conflict):
        waves.send_answers(actor=manager, code=batch.code, outcome=Outcome.REFUSE, expected=2)
    with pytest.raises(NotFound):
        waves.send_answers(actor=manager, code=batch.code, outcome=Outcome.ADMIT, expected=0)


def test_accept_makes_the_startup_count_once(db):
    batch = committee.offered_batch()
    one = entries(batch)[0]

    act(offers.accept, one)
    act(offers.accept, one)

    assert offer_of(one).state is OfferState.ACCEPTED
    assert db.execute(select(Evidence.startup_id, Evidence.reference)).all() == [
        (one.startup_id, f"offer:{offer_of(one).id}")
    ]
    assert db.scalars(select(Reached.startup_id)).all() == [one.startup_id]
    assert letters_of(db, one) == ["offer queued", "offer_accepted queued"]
    assert places(db, batch) == (2, 2)


def test_decline_passes_the_place_to_the_next_on_the_waitlist(db):
    batch = committee.offered_batch()
    one, _two, three, _four, *_ = entries(batch)

    act(offers.decline, one, reason="We moved to Lisbon.")
    act(offers.decline, one)

    assert (offer_of(one).state, offer_of(one).reason) == (OfferState.DECLINED, "We moved to Lisbon.")
    passed = offer_of(three)
    assert (passed.state, passed.respond_by > clock.now() + timedelta(days=6)) == (OfferState.SENT, True)
    db.refresh(three)
    assert three.state is ApplicationState.ADMITTED
    assert letters_of(db, three) == ["waitlisted discarded", "offer queued"]
    assert places(db, batch) == (2, 2)


def test_decline_skips_whoever_withdrew(db):
    batch = committee.offered_batch()
    one, _two, three, four, *_ = entries(batch)
    three.state = ApplicationState.WITHDRAWN
    db.commit()

    act(offers.decline, one)

    assert offer_of(four).state is OfferState.SENT


def test_decline_with_nobody_waiting_frees_the_place(db):
    batch = committee.offered_batch(applications=2)

    act(offers.decline, entries(batch)[0])

    assert places(db, batch) == (1, 1)


def test_decline_once_the_batch_has_started_offers_nothing(db):
    batch = committee.offered_batch()
    one = entries(batch)[0]
    batch.starts_on = (clock.now() - timedelta(days=1)).date()
    db.commit()

    act(offers.decline, one)

    assert places(db, batch) == (1, 1)


@pytest.mark.parametrize("service", [offers.accept, offers.decline])
def test_an_answer_after_the_date_is_refused_with_the_date(db, service):
    batch = committee.offered_batch()
    one = entries(batch)[0]
    clock.fix(offer_of(one).respond_by + timedelta(seconds=1))

    with pytest.raises(RuleViolation, match="The answer was due by"):
        act(service, one)

    assert offer_of(one).state is OfferState.SENT
    assert db.scalars(select(Evidence)).all() == []


def test_an_answer_in_the_last_second_counts(db):
    batch = committee.offered_batch()
    one = entries(batch)[0]
    clock.fix(offer_of(one).respond_by)

    act(offers.accept, one)

    assert offer_of(one).state is OfferState.ACCEPTED


def test_an_answer_cannot_be_turned_round(db):
    batch = committee.offered_batch()
    one, two, *_ = entries(batch)
    act(offers.accept, one)
    act(offers.decline, two)

    with pytest.raises(Conflict, match="accepted already"):
        act(offers.decline, one)
    with pytest.raises(Conflict, match="declined already"):
        act(offers.accept, two)


@pytest.mark.parametrize("service", [offers.accept, offers.decline])
def test_another_startups_offer_and_one_not_sent_do_not_exist(db, service):
    batch = committee.decided_batch()
    one, two, *_ = entries(batch)

    with pytest.raises(NotFound):
        act(service, one)
    with pytest.raises(NotFound):
        service(actor=make.actor(owner_of(two)), offer_id=offer_of(one).id)
    with pytest.raises(NotFound):
        service(actor=make.actor(make.user()), offer_id=999)
    with pytest.raises(NotAllowed):
        service(actor=make.actor(make.manager()), offer_id=offer_of(one).id)


def test_every_member_of_the_startup_sees_its_offer(db):
    batch = committee.offered_batch()
    one = entries(batch)[0]
    friend = make.user()
    db.add(make.Membership(startup_id=one.startup_id, user_id=friend.id, is_owner=False, joined_at=clock.now()))
    db.commit()

    assert queries.founder_offer(make.actor(friend), offer_of(one).id).startup == "Rank 1"


def test_offers_nobody_answered_expire_and_pass_on_once(db):
    batch = committee.offered_batch()
    one, two, three, four, *_ = entries(batch)
    act(offers.accept, two)
    clock.fix(offer_of(one).respond_by + timedelta(minutes=1))

    assert offers.expire_due_offers() == 1
    assert offers.expire_due_offers() == 0

    assert offer_of(one).state is OfferState.EXPIRED
    assert letters_of(db, one)[-1] == "offer_expired queued"
    assert offer_of(three).state is OfferState.SENT
    assert offer_id_of(four) is None
    assert places(db, batch) == (2, 2)


def test_rescind_takes_an_accepted_place_back_with_its_evidence(db):
    batch = committee.offered_batch()
    one, _two, three, *_ = entries(batch)
    act(offers.accept, one)

    offers.rescind(actor=make.actor(make.manager()), offer_id=offer_of(one).id, reason="The company was wound up.")

    assert (offer_of(one).state, offer_of(one).reason) == (OfferState.RESCINDED, "The company was wound up.")
    assert db.scalars(select(Reached)).all() == []
    assert letters_of(db, one)[-1] == "offer_rescinded queued"
    assert offer_of(three).state is OfferState.SENT
    assert places(db, batch) == (2, 2)


def test_rescind_before_the_wave_drafts_the_next_offer_for_the_same_wave(db):
    batch = committee.decided_batch()
    one, two, three, *_ = entries(batch)

    offers.rescind(actor=make.actor(make.manager()), offer_id=offer_of(one).id, reason="Applied twice.")

    assert (offer_of(three).state, offer_of(three).respond_by) == (OfferState.DRAFT, offer_of(two).respond_by)
    assert letters_of(db, one) == ["offer discarded"]
    assert letters_of(db, three) == ["waitlisted discarded", "offer draft"]
    with pytest.raises(NotFound):
        queries.founder_offer(make.actor(owner_of(one)), offer_of(one).id)


def test_rescind_is_refused_without_reason_right_or_place(db):
    batch = committee.offered_batch()
    one = entries(batch)[0]
    manager = make.actor(make.manager())

    with pytest.raises(RuleViolation) as refused:
        offers.rescind(actor=manager, offer_id=offer_of(one).id, reason="  ")
    assert refused.value.field == "reason"
    with pytest.raises(NotAllowed):
        act(offers.rescind, one, reason="x")
    with pytest.raises(NotFound):
        offers.rescind(actor=manager, offer_id=999, reason="x")
    act(offers.decline, one)
    with pytest.raises(Conflict, match="holds no place"):
        offers.rescind(actor=manager, offer_id=offer_of(one).id, reason="x")


def test_offer_place_by_hand_needs_a_place_a_turn_or_a_reason(db):
    batch = committee.offered_batch(places=3, applications=6)
    one, _two, _three, four, five, _six = entries(batch)
    manager = make.actor(make.manager())

    def give(entry, reason="", key=""):
        return offers.offer_place(
            actor=manager, code=batch.code, application_id=entry.id, reason=reason, request_key=key
        )

    with pytest.raises(Conflict, match="No place"):
        give(four)
    batch.places = 5
    db.commit()
    with pytest.raises(RuleViolation, match="before its turn"):
        give(five)
    with pytest.raises(NotFound):
        give(one)
    first = give(five, "Same region as the host.", "k")
    assert give(five, "Same region as the host.", "k") == first
    with pytest.raises(Conflict, match="no longer waits"):
        give(five, "Again.")
    assert give(four) != first
    assert places(db, batch) == (5, 5)


def test_waves_count_what_waits_and_what_left(db):
    batch = committee.offered_batch(applications=14)

    found = queries.waves(batch.id)

    assert found == {
        Outcome.ADMIT: queries.Wave(drafts=0, released=2),
        Outcome.WAITLIST: queries.Wave(drafts=10, released=0),
        Outcome.REFUSE: queries.Wave(drafts=2, released=0),
    }


def test_twenty_answers_at_once_never_give_more_offers_than_places(app, db):
    """Founders decline and accept, the manager offers by hand and the clock expires, all in the same moment."""
    batch = committee.offered_batch(places=5, applications=16, code="RACE")
    people = [(make.actor(owner_of(entry)), offer_of(entry).id) for entry in entries(batch)[:5]]
    manager = make.actor(make.manager())
    waiting = [entry.id for entry in entries(batch)[5:15]]
    batch_id = batch.id
    db.commit()
    start, failures = threading.Barrier(20), []

    def run(work) -> None:
        with app.app_context():
            start.wait()
            try:
                work()
            except (Conflict, RuleViolation):
                pass
            except Exception as error:
                failures.append(error)
            finally:
                database.session.remove()

    works = [
        *(lambda who=who, one=one: offers.decline(actor=who, offer_id=one) for who, one in people),
        *(lambda who=who, one=one: offers.accept(actor=who, offer_id=one) for who, one in people[:4]),
        *(
            lambda one=one: offers.offer_place(actor=manager, code="RACE", application_id=one, reason="Race.")
            for one in waiting
        ),
        offers.expire_due_offers,
    ]
    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    taken, held = places(db, make.db.session.get(Batch, batch_id))
    assert taken == held == 5
