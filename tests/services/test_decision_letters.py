"""One live letter about one application, whatever happens to it; drafts are written anew from today's facts."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from accelerator.kernel import clock
from accelerator.kernel.enums import LetterState, OfferState, Outcome
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound
from accelerator.models.accounts import User
from accelerator.models.letters import Letter
from accelerator.models.startups import Membership, Startup
from accelerator.outbound import mail
from accelerator.services import applications, decision_letters, letters, offers, waves
from accelerator.services.transaction import transaction
from tests import committee, make
from tests.committee import entries, offer_of, owner_of

LIVE = (LetterState.DRAFT, LetterState.QUEUED)


def manager():
    return make.actor(make.manager())


def told(db, entry) -> list[str]:
    """The letters about the decision on an application, oldest first."""
    db.expire_all()
    rows = db.execute(
        select(Letter.kind, Letter.state).where(Letter.decides_application_id == entry.id).order_by(Letter.id)
    )
    return [f"{kind} {state}" for kind, state in rows]


def letter_of(db, entry) -> Letter:
    db.expire_all()
    return db.scalars(select(Letter).where(Letter.decides_application_id == entry.id, Letter.state.in_(LIVE))).one()


def anew(batch, outcome=Outcome.ADMIT, expected=1, **options) -> int:
    return decision_letters.write_anew(actor=manager(), code=batch.code, outcome=outcome, expected=expected, **options)


def test_every_decision_has_one_draft(db):
    batch = committee.decided_batch(applications=14)

    found = [told(db, entry) for entry in entries(batch)]

    assert found == [["offer draft"]] * 2 + [["waitlisted draft"]] * 10 + [["not_selected draft"]] * 2


def test_the_database_refuses_a_second_live_letter_about_one_application(db):
    batch = committee.decided_batch()
    one = entries(batch)[0]
    old = letter_of(db, one)
    values = {
        name: getattr(old, name) for name in ("to_email", "locale", "subject", "body", "written_at", "send_after")
    }

    with pytest.raises(IntegrityError):
        db.add(
            Letter(
                **values,
                kind="not_selected",
                decides_application_id=one.id,
                state=LetterState.QUEUED,
                message_id="<2@x>",
            )
        )
        db.commit()
    db.rollback()

    assert told(db, one) == ["offer draft"]


def test_a_letter_that_has_left_does_not_bar_the_next(db):
    batch = committee.offered_batch()
    _one, _two, three, *_ = entries(batch)
    waves.send_answers(actor=manager(), code=batch.code, outcome=Outcome.WAITLIST, expected=len(entries(batch)) - 2)
    letters.send_due_letters()

    offers.decline(actor=make.actor(owner_of(entries(batch)[0])), offer_id=offer_of(entries(batch)[0]).id)

    assert told(db, three) == ["waitlisted sent", "offer queued"]


def test_a_queued_letter_that_an_offer_contradicts_never_leaves(db):
    """pretalx#1402: both letters stayed in the outbox, and both were sent."""
    batch = committee.offered_batch()
    one, _two, three, *_ = entries(batch)
    waves.send_answers(actor=manager(), code=batch.code, outcome=Outcome.WAITLIST, expected=4)

    offers.decline(actor=make.actor(owner_of(one)), offer_id=offer_of(one).id)
    letters.send_due_letters()

    assert told(db, three) == ["waitlisted discarded", "offer sent"]
    assert told(db, one) == ["offer discarded"]


def test_a_failed_letter_that_is_contradicted_cannot_be_tried_again(db):
    batch = committee.offered_batch()
    one = entries(batch)[0]
    with transaction():
        db.execute(update(Letter).where(Letter.kind == "offer").values(state=LetterState.FAILED))

    offers.rescind(actor=manager(), offer_id=offer_of(one).id, reason="Applied twice.")

    assert told(db, one) == ["offer discarded"]
    assert letters.retry_failed(actor=manager()) == 1


def test_a_letter_contradicted_while_it_is_being_sent_is_not_queued_again(db, monkeypatch):
    batch = committee.offered_batch()
    one, two, *_ = entries(batch)

    def contradicted(**message):
        if offer_of(one).state is OfferState.SENT:
            offers.rescind(actor=manager(), offer_id=offer_of(one).id, reason="Applied twice.")
            raise mail.Unavailable("451 later")

    monkeypatch.setattr(mail, "send", contradicted)
    letters.send_due_letters()

    assert told(db, one) == ["offer discarded"]
    assert told(db, two) == ["offer sent"]


def test_an_application_withdrawn_before_its_letter_left_is_not_written_to(db):
    batch = committee.offered_batch()
    three = entries(batch)[2]

    applications.withdraw_application(actor=make.actor(owner_of(three)), application_id=three.id)

    assert told(db, three) == ["waitlisted discarded"]


def test_a_decision_leaves_from_its_batch_only(db):
    batch = committee.decided_batch()
    letter = letter_of(db, entries(batch)[0])

    with pytest.raises(Conflict, match="from the offers"):
        letters.release_letter(actor=manager(), letter_id=letter.id)
    with pytest.raises(Conflict, match="from the offers"):
        letters.release_wave(actor=manager(), kind="not_selected", upto_id=999)

    assert told(db, entries(batch)[0]) == ["offer draft"]


@pytest.mark.parametrize(
    ("change", "flags"),
    [
        (lambda db, entry: setattr(db.get_one(Startup, entry.startup_id), "name", "Zoé & Cie"), "__ST"),
        (lambda db, entry: setattr(db.get_one(User, owner_of(entry).id), "email", "new@exemple.fr"), "R___"),
        (lambda db, entry: setattr(db.get_one(User, owner_of(entry).id), "locale", "en"), "_LST"),
        (lambda db, entry: setattr(db.get_one(User, owner_of(entry).id), "name", "Zoé"), "___T"),
    ],
    ids=["name of the startup", "address", "language", "name of the person"],
)
def test_what_changed_is_named_and_only_that_draft_is_replaced(db, change, flags):
    batch = committee.decided_batch()
    one, two, *_ = entries(batch)
    db.get_one(User, owner_of(one).id).locale = "fr"
    db.commit()
    decision_letters_now = decision_letters.read_changes(actor=manager(), code=batch.code, outcome=Outcome.ADMIT)
    anew(batch, expected=len(decision_letters_now[1]))
    before = letter_of(db, two).body
    change(db, one)
    db.commit()

    drafts, [changed] = decision_letters.read_changes(actor=manager(), code=batch.code, outcome=Outcome.ADMIT)
    count = anew(batch)

    named = [
        changed.has_another_reader,
        changed.has_another_language,
        changed.has_another_subject,
        changed.has_another_text,
    ]
    assert (drafts, count) == (2, 1)
    assert named == [letter != "_" for letter in flags]
    assert letter_of(db, two).body == before
    assert decision_letters.read_changes(actor=manager(), code=batch.code, outcome=Outcome.ADMIT) == (2, [])
    assert told(db, one) == ["offer draft"]


def test_a_startup_handed_over_is_written_to_through_its_new_owner(db):
    batch = committee.decided_batch()
    one = entries(batch)[0]
    eve = make.user()
    db.execute(update(Membership).where(Membership.startup_id == one.startup_id).values(is_owner=False))
    db.add(Membership(startup_id=one.startup_id, user_id=eve.id, is_owner=True, joined_at=clock.now()))
    db.commit()

    anew(batch)

    assert (letter_of(db, one).to_user_id, letter_of(db, one).to_email) == (eve.id, eve.email)


def test_write_anew_refuses_another_count_strangers_and_an_undecided_batch(db):
    batch = committee.decided_batch()

    with pytest.raises(Conflict, match="0 e-mails would change"):
        anew(batch, expected=1)
    with pytest.raises(NotAllowed):
        decision_letters.write_anew(actor=make.actor(make.user()), code=batch.code, outcome=Outcome.ADMIT, expected=0)
    with pytest.raises(NotFound):
        decision_letters.write_anew(actor=manager(), code="none", outcome=Outcome.ADMIT, expected=0)
    with pytest.raises(Conflict, match="not decided"):
        anew(make.batch(), expected=0)


def test_a_letter_released_meanwhile_stays_as_it_left(db):
    batch = committee.decided_batch()
    one = entries(batch)[0]
    db.get_one(Startup, one.startup_id).name = "Another name"
    db.commit()
    _waiting, changed = decision_letters.changes(db.get_one(make.Batch, batch.id), Outcome.ADMIT)
    with transaction():
        decision_letters.release([one.id])
    body = letter_of(db, one).body

    with transaction():
        decision_letters.rewrite(changed)

    assert letter_of(db, one).body == body


def test_written_anew_twice_with_one_key_is_one_act(db):
    batch = committee.decided_batch()
    actor = manager()
    db.get_one(Startup, entries(batch)[0].startup_id).name = "Another name"
    db.commit()

    counts = [
        decision_letters.write_anew(actor=actor, code=batch.code, outcome=Outcome.ADMIT, expected=1, request_key="k")
        for _ in range(2)
    ]

    assert counts == [1, 1]
