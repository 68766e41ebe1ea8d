"""A founder reads the offer, accepts or declines in time; nobody else can."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from accelerator.kernel import clock
from accelerator.kernel.enums import OfferState
from accelerator.models.counter import Reached
from accelerator.models.selection import Offer
from tests import committee, make
from tests.committee import entries, offer_of, owner_of


@pytest.fixture
def story(browser, db):
    """The first of the ranking, signed in, with an offer that was sent."""
    batch = committee.offered_batch()
    one = entries(batch)[0]
    browser.sign_in(owner_of(one))
    return batch, one, offer_of(one)


def test_offer_page_says_what_and_until_when(browser, story):
    _batch, _one, offer = story

    page = browser.get("startup.selection.offer", offer_id=offer.id)

    assert "The selection committee offers you a place." in page.text
    assert "Answer before" in page.text
    assert "Paris time" in page.text


def test_accepting_twice_is_one_act(browser, db, story):
    _batch, one, offer = story

    page = browser.post("startup.selection.accept", offer_id=offer.id)
    again = browser.post("startup.selection.accept", offer_id=offer.id)

    shown = browser.follow(page)
    assert (shown.notices[0], again.status) == ("The place is yours. Welcome.", 302)
    assert "Accepted on" in shown.text
    assert db.scalars(select(Reached.startup_id)).all() == [one.startup_id]


def test_declining_passes_the_place_on(browser, db, story):
    batch, _one, offer = story

    page = browser.post("startup.selection.decline", {"reason": "We moved."}, offer_id=offer.id)

    assert "You have declined" in browser.follow(page).text
    assert offer_of(entries(batch)[2]).state is OfferState.SENT


def test_declining_with_too_long_a_reason_comes_back_as_typed(browser, db, story):
    _batch, _one, offer = story

    page = browser.post("startup.selection.decline", {"reason": "x" * 1001}, offer_id=offer.id)

    assert (page.status, page.value("reason")) == (422, "x" * 1001)
    assert db.get_one(Offer, offer.id).state is OfferState.SENT


@pytest.mark.parametrize("view", ["accept", "decline"])
def test_answering_late_is_told_clearly(browser, db, story, view):
    _batch, _one, offer = story
    clock.fix(offer.respond_by + timedelta(seconds=1))

    page = browser.post(f"startup.selection.{view}", offer_id=offer.id)

    assert page.status == 422
    assert page.errors[0].startswith("The answer was due by")
    assert "The time to answer is over" in browser.get("startup.selection.offer", offer_id=offer.id).text
    assert db.get_one(Offer, offer.id).state is OfferState.SENT


def test_an_accepted_place_is_not_declined_by_an_old_page(browser, db, story):
    _batch, _one, offer = story
    browser.post("startup.selection.accept", offer_id=offer.id)

    page = browser.post("startup.selection.decline", offer_id=offer.id)

    assert page.errors == ["This place has been accepted already."]
    assert db.get_one(Offer, offer.id).state is OfferState.ACCEPTED


@pytest.mark.parametrize(("method", "view"), [("get", "offer"), ("post", "accept"), ("post", "decline")])
def test_strangers_learn_nothing(browser, db, story, method, view):
    batch, _one, offer = story
    endpoint = f"startup.selection.{view}"
    draft = offer_of(entries(committee.decided_batch())[0])

    browser.sign_in(owner_of(entries(batch)[1]))
    other = getattr(browser, method)(endpoint, offer_id=offer.id)
    unsent = getattr(browser.sign_in(owner_of(db.get_one(make.Application, draft.application_id))), method)(
        endpoint, offer_id=draft.id
    )
    missing = getattr(browser, method)(endpoint, offer_id=99_999)
    manager = getattr(browser.sign_in(make.manager()), method)(endpoint, offer_id=offer.id)

    assert (other.status, unsent.status, missing.status, manager.status) == (404, 404, 404, 403)
    assert db.get_one(Offer, offer.id).state is OfferState.SENT


def test_a_withdrawn_offer_says_so(browser, db, story):
    from accelerator.services import offers

    _batch, _one, offer = story
    offers.rescind(actor=make.actor(make.manager()), offer_id=offer.id, reason="Secret reason.")

    page = browser.get("startup.selection.offer", offer_id=offer.id)

    assert "The programme has withdrawn this offer" in page.text
    assert "Secret reason." not in page.body


@pytest.mark.shared
def test_naughty_reasons_to_decline_are_kept_or_refused(browser, db, shared):
    strings = [text for text in json.loads((shared / "bad-input" / "blns.json").read_text()) if isinstance(text, str)]
    batch = committee.offered_batch(applications=30, places=30)

    for entry, text in zip(entries(batch), strings[::18], strict=False):
        browser.sign_in(owner_of(entry))
        page = browser.post(
            "startup.selection.decline",
            {"reason": text.encode("utf-8", "replace").decode()},
            offer_id=offer_of(entry).id,
        )
        assert page.status in (302, 422)
        assert browser.get("startup.selection.offer", offer_id=offer_of(entry).id).status == 200
    assert OfferState.DECLINED in set(db.scalars(select(Offer.state)))
