"""Feedback to the refused: proposed from scores, kept once, put in the draft, untouched once the e-mail left."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from accelerator.extensions import db as database
from accelerator.kernel import clock
from accelerator.kernel.enums import LetterState, Outcome, WorkshopSessionState
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.models.accounts import User
from accelerator.models.feedback import ApplicationFeedback
from accelerator.models.letters import Letter
from accelerator.models.reviewing import Criterion, Review, Score
from accelerator.models.startups import Startup
from accelerator.models.workshops import WorkshopSession
from accelerator.queries import feedback as queries
from accelerator.services import decision_letters, feedback, waves
from tests import committee, make
from tests.committee import entries, owner_of


def manager():
    return make.actor(make.manager())


def refused_batch(applications: int = 14):
    """A decided batch whose last two are refused, scored on two criteria: the product better than the market."""
    rubric = make.rubric("1", "1")
    product, market = make.criteria(rubric)
    batch = committee.decided_batch(applications=applications, rubric_id=rubric.id)
    for place, entry in enumerate(entries(batch)):
        for review in database.session.scalars(select(Review).where(Review.application_id == entry.id)):
            points = (3, 3) if place < applications - 2 else (4, 2)
            for line, value in zip((product, market), points, strict=True):
                database.session.add(Score(review_id=review.id, criterion_id=line.id, points=value))
    database.session.commit()
    return batch


def refused_of(batch):
    return entries(batch)[-2:]


def save(batch, entry, **changes) -> int:
    return feedback.save_feedback(
        **{
            "actor": manager(),
            "code": batch.code,
            "application_id": entry.id,
            "text": "Show a paying client.",
            "is_ready": True,
            "version": 0,
            **changes,
        }
    )


def body_of(db, entry) -> str:
    db.expire_all()
    return db.scalars(
        select(Letter.body).where(Letter.decides_application_id == entry.id, Letter.state != LetterState.DISCARDED)
    ).one()


def label(db, place: int, locale: str) -> str:
    line = db.scalars(select(Criterion).order_by(Criterion.position)).all()[place]
    return line.label_fr if locale == "fr" else line.label_en


@pytest.mark.parametrize(("locale", "sentence"), [("en", "most to gain"), ("fr", "le plus à gagner")])
def test_the_proposal_is_in_the_language_of_its_reader_and_holds_no_figure(db, locale, sentence):
    batch = refused_batch()
    one = refused_of(batch)[0]
    db.get_one(User, owner_of(one).id).locale = locale
    db.commit()

    text = feedback.proposed(batch.id, [one.id])[one.id]

    assert sentence in text
    first, second = text.splitlines()[:2]
    assert label(db, 0, locale) in first and label(db, 1, locale) in second
    without_labels = text.replace(label(db, 0, locale), "").replace(label(db, 1, locale), "")
    anchors = db.scalars(select(Criterion).order_by(Criterion.position)).all()[1].anchors
    for anchor in anchors:
        without_labels = without_labels.replace(anchor[locale], "")
    assert not any(letter.isdigit() for letter in without_labels)


def test_advice_is_quoted_only_when_ticked_and_never_with_a_name(db):
    batch = refused_batch()
    one = refused_of(batch)[0]
    reviews = db.scalars(select(Review).where(Review.application_id == one.id)).all()
    reviews[0].advice, reviews[1].advice = "Find a seller.", "Measure it."
    db.commit()

    found = queries.advice(one.id)
    text = feedback.proposed(batch.id, [one.id], quoted={one.id: ["Measure it."]})[one.id]

    assert set(found.values()) == {"Find a seller.", "Measure it."}
    assert "Measure it." in text and "Find a seller." not in text
    names = db.scalars(select(User.name).where(User.id.in_([review.reviewer_user_id for review in reviews])))
    assert all(name not in text for name in names)


def test_ready_feedback_stands_in_the_draft_and_begun_feedback_does_not(db):
    batch = refused_batch()
    one, two = refused_of(batch)

    save(batch, one)
    save(batch, two, is_ready=False)

    assert "Show a paying client." in body_of(db, one)
    assert "Show a paying client." not in body_of(db, two)
    assert queries.without([one.id, two.id]) == 1


def test_a_lost_update_is_refused(db):
    batch = refused_batch()
    one = refused_of(batch)[0]
    assert save(batch, one) == 1

    with pytest.raises(Conflict, match="Somebody else"):
        save(batch, one, text="Mine.")
    with pytest.raises(Conflict, match="Somebody else"):
        save(batch, one, text="Mine.", version=7)
    assert save(batch, one, text="Better.", version=1) == 2

    assert db.execute(select(ApplicationFeedback.text, ApplicationFeedback.version)).all() == [("Better.", 2)]


def test_what_has_left_stays(db):
    batch = refused_batch()
    one = refused_of(batch)[0]
    save(batch, one)
    send_all(batch)

    with pytest.raises(Conflict, match="has left"):
        save(batch, one, text="Later.", version=1)

    assert "Show a paying client." in body_of(db, one)


def send_all(batch) -> None:
    waiting = db_offers(batch)
    waves.send_offers(actor=manager(), code=batch.code, respond_by=clock.now() + timedelta(days=5), expected=waiting)
    waves.send_answers(actor=manager(), code=batch.code, outcome=Outcome.REFUSE, expected=2)


def db_offers(batch) -> int:
    return len(decision_letters.queries.to_send(batch.id, Outcome.ADMIT))


def test_refusals_leave_nothing_behind(db):
    batch = refused_batch()
    one, admitted = refused_of(batch)[0], entries(batch)[0]

    with pytest.raises(RuleViolation):
        save(batch, one, text=" ")
    with pytest.raises(NotFound):
        save(batch, admitted)
    with pytest.raises(NotAllowed):
        save(batch, one, actor=make.actor(make.user()))
    with pytest.raises(Conflict, match="not decided"):
        feedback.use_proposals(actor=manager(), code=make.batch().code, expected=0)

    assert db.scalars(select(ApplicationFeedback)).all() == []


def test_the_proposal_is_taken_for_the_rest_once(db):
    batch = refused_batch()
    one, two = refused_of(batch)
    save(batch, one, text="By hand.", is_ready=False)
    actor = manager()

    texts, without = feedback.open_proposals(actor=actor, code=batch.code)
    with pytest.raises(Conflict, match="1 proposals"):
        feedback.use_proposals(actor=actor, code=batch.code, expected=2)
    counts = [feedback.use_proposals(actor=actor, code=batch.code, expected=1, request_key="k") for _ in range(2)]

    assert (list(texts), without, counts) == ([two.id], 0, [1, 1])
    assert texts[two.id] in body_of(db, two)
    stored = select(ApplicationFeedback.application_id, ApplicationFeedback.is_ready)
    assert sorted(db.execute(stored).all()) == sorted([(one.id, False), (two.id, True)])


def test_with_one_review_nothing_is_proposed(db):
    batch = refused_batch()
    one = refused_of(batch)[0]
    reviews = db.scalars(select(Review).where(Review.application_id == one.id)).all()
    for review in reviews[1:]:
        db.execute(Score.__table__.delete().where(Score.review_id == review.id))
    db.commit()

    texts, without = feedback.open_proposals(actor=manager(), code=batch.code)

    assert one.id not in texts and without == 1


def test_the_workshop_that_fills_up_is_not_proposed_when_the_letter_leaves(db):
    batch = refused_batch()
    one = refused_of(batch)[0]
    db.get_one(Startup, one.startup_id).region_code = "84"
    venue = make.venue(region_code="84", postcode="69003", latitude=45.75, longitude=4.85)
    starts = clock.now() + timedelta(days=20)
    full, free = (
        make.workshop_session(
            venue_id=venue.id,
            region_code="84",
            state=WorkshopSessionState.PUBLISHED,
            starts_at=starts + timedelta(days=day),
            ends_at=starts + timedelta(days=day, hours=2),
            booking_closes_at=starts,
            capacity=10,
        )
        for day in (0, 1)
    )
    db.commit()
    save(batch, one)
    drafted = body_of(db, one)
    db.get_one(WorkshopSession, full.id).seats_taken = 10
    db.commit()

    send_all(batch)

    sent = body_of(db, one)
    assert f"/workshops/{full.id}\n" in drafted and f"/workshops/{free.id}\n" in drafted
    assert f"/workshops/{full.id}\n" not in sent and f"/workshops/{free.id}\n" in sent
