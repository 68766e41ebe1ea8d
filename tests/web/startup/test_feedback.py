"""A founder reads the feedback and the way on once the e-mail has left, and never before."""

from __future__ import annotations

from datetime import timedelta

from accelerator.kernel import clock
from accelerator.kernel.enums import Outcome, WorkshopSessionState
from accelerator.models.startups import Startup
from accelerator.services import waves
from tests import make
from tests.committee import owner_of
from tests.services.test_feedback import refused_batch, refused_of, save, send_all


def near(entry, db):
    """A session with a free seat in the region of a startup."""
    startup = db.get_one(Startup, entry.startup_id)
    startup.region_code = "84"
    venue = make.venue(region_code="84", postcode="69003")
    starts = clock.now() + timedelta(days=20)
    session = make.workshop_session(
        venue_id=venue.id,
        region_code="84",
        state=WorkshopSessionState.PUBLISHED,
        starts_at=starts,
        ends_at=starts + timedelta(hours=2),
        booking_closes_at=starts,
    )
    db.commit()
    return session


def test_feedback_and_the_way_on_are_told_when_the_letter_left(browser, db):
    batch = refused_batch()
    one, two = refused_of(batch)
    session = near(one, db)
    save(batch, one)
    save(batch, two, text="Only begun.", is_ready=False)
    browser.sign_in(owner_of(one))
    before = browser.get("startup.applications.show", application_id=one.id)

    send_all(batch)
    after = browser.get("startup.applications.show", application_id=one.id)
    other = browser.sign_in(owner_of(two)).get("startup.applications.show", application_id=two.id)

    for word in ("paying client", f"/workshops/{session.id}", "Where you can go on"):
        assert word not in before.body and word in after.body
    assert "Where you can go on" in other.text and "Only begun." not in other.text
    assert browser.get("startup.applications.show", application_id=one.id).status == 404


def test_a_planned_refusal_is_not_told_before_its_time(browser, db):
    batch = refused_batch()
    one = refused_of(batch)[0]
    save(batch, one)
    actor, at = make.actor(make.manager()), clock.now() + timedelta(days=1)
    waves.send_offers(actor=actor, code=batch.code, respond_by=clock.now() + timedelta(days=5), expected=2)
    waves.send_answers(actor=actor, code=batch.code, outcome=Outcome.REFUSE, expected=2, leaves_at=at)
    browser.sign_in(owner_of(one))

    before = browser.get("startup.applications.show", application_id=one.id)
    clock.fix(at)
    waves.send_due_waves()
    after = browser.get("startup.applications.show", application_id=one.id)

    assert "paying client" not in before.body
    assert "paying client" in after.body
