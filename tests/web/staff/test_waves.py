"""The e-mails on decisions: chosen, looked at again, sent or planned, held, written anew; managers only."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from accelerator.kernel import clock
from accelerator.kernel.enums import LetterState, OfferState, Outcome, Role
from accelerator.models.accounts import User
from accelerator.models.letters import Letter
from accelerator.models.selection import Offer
from accelerator.models.startups import Startup
from tests import committee, make
from tests.committee import entries, offer_of, owner_of
from tests.statements import counted

LATER = timedelta(days=2)


def manager(browser):
    return browser.sign_in(make.manager())


def typed(instant) -> str:
    return instant.astimezone(ZoneInfo("Europe/Paris")).strftime("%Y-%m-%dT%H:%M")


def look_again(browser, batch, outcome: str, **fields):
    """The second page of a wave."""
    start = browser.get("staff.waves.send", code=batch.code, outcome=outcome)
    shown = {"scope": "all", "when": "now"}
    if outcome == "admit":
        shown["respond_by"] = start.value("respond_by")
    return browser.post("staff.waves.send", {**shown, **fields}, code=batch.code, outcome=outcome)


def confirm(browser, recap, batch, outcome: str, **fields):
    """The last button of a wave, with what its page carries."""
    names = ["expected", "scope", "when", *(["respond_by"] if outcome == "admit" else [])]
    sent = {name: recap.value(name) for name in names}
    return browser.post("staff.waves.send", {**sent, **fields}, code=batch.code, outcome=outcome)


@pytest.mark.parametrize("view", ["send", "anew"])
def test_waves_are_for_managers(browser, db, view):
    batch = committee.decided_batch()

    signed_out = browser.get(f"staff.waves.{view}", code=batch.code, outcome="admit")
    reviewer = browser.sign_in(make.user(Role.REVIEWER)).get(f"staff.waves.{view}", code=batch.code, outcome="admit")
    manager(browser)

    assert (signed_out.status, reviewer.status) == (302, 403)
    assert browser.get(f"staff.waves.{view}", code="none", outcome="admit").status == 404
    assert browser.get(f"staff.waves.{view}", code=batch.code, outcome="nobody").status == 404


def test_a_wave_of_offers_is_chosen_looked_at_again_then_sent(browser, db):
    batch = committee.decided_batch()
    manager(browser)

    recap = look_again(browser, batch, "admit")
    page = confirm(browser, recap, batch, "admit")

    assert "E-mails to send: 2" in recap.text and "Rank 1" in recap.text and "Rank 2" in recap.text
    assert browser.follow(page).notices == ["Offers sent: 2."]
    assert browser.get("staff.waves.send", code=batch.code, outcome="admit").status == 302
    assert set(db.scalars(select(Offer.state))) == {OfferState.SENT}


def test_the_recap_sends_nothing(browser, db):
    batch = committee.decided_batch()

    look_again(manager(browser), batch, "admit")

    assert set(db.scalars(select(Offer.state))) == {OfferState.DRAFT}
    assert set(db.scalars(select(Letter.state))) == {LetterState.DRAFT}


def test_the_last_button_pressed_twice_is_one_act(browser, db):
    batch = committee.decided_batch()
    manager(browser)
    recap = look_again(browser, batch, "admit")

    first = confirm(browser, recap, batch, "admit", request_key="k")
    second = confirm(browser, recap, batch, "admit", request_key="k")

    assert (first.status, second.status) == (302, 302)


def test_a_part_is_sent_and_the_rest_stays_a_draft(browser, db):
    batch = committee.decided_batch()
    one, two, *_ = entries(batch)
    manager(browser)

    recap = look_again(browser, batch, "admit", scope="ticked", ticked=str(one.id))
    page = confirm(browser, recap, batch, "admit", ticked=str(one.id))

    assert "Those not chosen stay drafts: 1." in recap.text
    assert browser.follow(page).notices == ["Offers sent: 1."]
    assert (offer_of(one).state, offer_of(two).state) == (OfferState.SENT, OfferState.DRAFT)


def test_a_wave_of_one_region_and_of_the_first(browser, db):
    batch = committee.decided_batch()
    one, two, *_ = entries(batch)
    db.get_one(Startup, one.startup_id).region_code = "94"
    db.get_one(Startup, two.startup_id).region_code = "53"
    db.commit()
    manager(browser)

    here = f"/staff/batches/{batch.code}/offers/send/admit"
    start = browser.get(f"{here}?region=53")
    fields = {"scope": "found", "when": "now", "respond_by": start.value("respond_by")}
    of_region = browser.post(f"{here}?region=53", fields)
    first = browser.post(f"{here}?first=1", fields)

    assert "Rank 2" in of_region.text and "Rank 1" not in of_region.text
    assert "Rank 1" in first.text and "Rank 2" not in first.text


def test_nobody_ticked_and_a_past_date_are_refused_on_the_first_page(browser, db):
    batch = committee.decided_batch()
    manager(browser)

    nobody = look_again(browser, batch, "admit", scope="ticked")
    past = look_again(browser, batch, "admit", respond_by="2020-01-01T12:00")
    no_time = look_again(browser, batch, "admit", when="later")
    past_time = look_again(browser, batch, "admit", when="later", leaves_at="2020-01-01T12:00")

    assert nobody.errors == ["Tick at least one startup."]
    assert past.errors == ["Until when do founders answer?: Give founders at least a day to answer."]
    assert no_time.errors == ["Date and time: Say when they leave."]
    assert past_time.errors == ["Date and time: Choose a time to come, or send them now."]
    assert {page.status for page in (nobody, past, no_time, past_time)} == {422}


@pytest.mark.parametrize("outcome", [Outcome.WAITLIST, Outcome.REFUSE])
def test_letters_to_the_others_leave_after_the_offers(browser, db, outcome):
    early, batch = committee.decided_batch(applications=14), committee.offered_batch(applications=14)
    manager(browser)
    recap = look_again(browser, batch, outcome.value)

    refused = confirm(browser, recap, early, outcome.value)
    page = confirm(browser, recap, batch, outcome.value)

    assert refused.errors == ["Send the offers first: those admitted should hear before the others."]
    assert browser.follow(page).notices == [f"E-mails on their way: {recap.value('expected')}."]
    assert browser.get("staff.waves.send", code=batch.code, outcome=outcome.value).status == 302
    assert confirm(browser, recap, batch, outcome.value, expected="7").status == 409


def test_a_planned_wave_is_listed_and_held(browser, db):
    batch = committee.decided_batch()
    manager(browser)
    at = typed(clock.now() + LATER)

    recap = look_again(browser, batch, "admit", when="later", leaves_at=at)
    planned = browser.follow(confirm(browser, recap, batch, "admit", leaves_at=at))
    seconds = planned.value("leaves_at")
    held = browser.post("staff.waves.hold", {"leaves_at": seconds}, code=batch.code, outcome="admit")
    notices = browser.follow(held).notices
    again = browser.post("staff.waves.hold", {"leaves_at": seconds}, code=batch.code, outcome="admit")
    nonsense = browser.post("staff.waves.hold", {"leaves_at": "x"}, code=batch.code, outcome="admit")

    assert planned.notices == ["E-mails that leave by themselves: 2."]
    assert "2 leave by themselves on" in planned.text
    assert notices == ["E-mails held back: 2. They are drafts again."]
    assert (again.status, nonsense.status) == (409, 409)
    assert set(db.scalars(select(Offer.state))) == {OfferState.DRAFT}
    assert set(db.scalars(select(Letter.leaves_at))) == {None}


def test_drafts_are_written_anew_after_a_correction(browser, db):
    batch = committee.decided_batch()
    one = entries(batch)[0]
    owner = owner_of(one)
    letter_id = db.scalars(select(Letter.id).where(Letter.decides_application_id == one.id)).one()
    db.get_one(User, owner.id).email = "right@exemple.fr"
    db.commit()
    manager(browser)

    recap = browser.get("staff.waves.anew", code=batch.code, outcome="admit")
    stale = browser.post("staff.waves.anew", {"expected": "2"}, code=batch.code, outcome="admit")
    page = browser.post("staff.waves.anew", {"expected": recap.value("expected")}, code=batch.code, outcome="admit")

    assert "drafts 2, of which read otherwise today: 1" in recap.text
    assert recap.table("Whose draft changes, and what of it")[0][0] == "Rank 1"
    assert stale.status == 409
    assert browser.follow(page).notices == ["E-mails written anew: 1."]
    assert db.get_one(Letter, letter_id).to_email == "right@exemple.fr"
    assert "Nothing changes" in browser.get("staff.waves.anew", code=batch.code, outcome="admit").text


def test_one_draft_is_written_anew_from_its_page(browser, db):
    batch = committee.decided_batch()
    one, two, *_ = entries(batch)
    for entry in (one, two):
        db.get_one(Startup, entry.startup_id).name = f"{entry.id} after all"
    letter = db.scalars(select(Letter).where(Letter.decides_application_id == one.id)).one()
    db.commit()
    manager(browser)

    shown = browser.get("staff.letters.show", letter_id=letter.id)
    here = f"/staff/batches/{batch.code}/offers/anew/admit?letter={letter.id}"
    page = browser.post(here, {"expected": browser.get(here).value("expected")})

    assert "Write anew" in shown.text
    assert browser.follow(page).notices == ["E-mails written anew: 1."]
    assert [f"{entry.id} after all" in text for entry, text in zip((one, two), bodies(db, one, two), strict=True)] == [
        True,
        False,
    ]
    assert browser.post("staff.letters.release", letter_id=letter.id).status == 409


def bodies(db, *asked):
    db.expire_all()
    return [db.scalars(select(Letter.body).where(Letter.decides_application_id == one.id)).one() for one in asked]


def test_the_pages_cost_the_same_for_few_and_many(browser, db):
    few, many = committee.offered_batch(applications=13), committee.offered_batch(applications=20)
    manager(browser)
    seen = []
    for batch in (few, many):
        for view in ("send", "anew"):
            with counted() as statements:
                assert browser.get(f"staff.waves.{view}", code=batch.code, outcome="refuse").status == 200
            seen.append(len(statements))

    assert seen[:2] == seen[2:]
    assert seen[:2] == [6, 13]
