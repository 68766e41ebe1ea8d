"""What a founder has to do today."""

from __future__ import annotations

import pytest

from accelerator.kernel.enums import ApplicationState, BatchState, OfferState, Role
from accelerator.models.selection import Offer
from tests import make


def offer(of, state: OfferState) -> Offer:
    now = make.clock.now()
    sent_at = None if state is OfferState.DRAFT else now
    row = Offer(batch_id=of.batch_id, application_id=of.id, state=state, respond_by=now, made_at=now, sent_at=sent_at)
    return make._store(row)


def test_home_without_a_startup_says_what_to_do(browser, db):
    page = browser.sign_in(make.user(name="Ada")).get("startup.home.index")

    assert page.h1 == "Hello Ada"
    assert page.links("Register a startup") == ["/my/startups/new"]


def test_home_without_an_application_leads_to_the_calls(browser, db):
    ada = make.user()
    make.startup(people=(ada,), name="Cohérence")

    page = browser.sign_in(ada).get("startup.home.index")

    assert "Cohérence" in page.text
    assert page.links("See the calls that are open") == ["/calls"]


def test_home_says_the_next_act_of_each_application(browser, db):
    ada = make.user()
    startup = make.startup(people=(ada,))
    draft = make.application(by=startup, state=ApplicationState.DRAFT)
    make.application(by=startup, state=ApplicationState.SUBMITTED)
    make.application(by=make.startup(name="Not mine"))

    page = browser.sign_in(ada).get("startup.home.index")

    assert page.links("Go on with the application") == [f"/my/applications/{draft.id}"]
    assert "There is nothing to do for you now." in page.text
    assert "Not mine" not in page.text


@pytest.mark.parametrize(
    ("state", "offer_state", "shown"),
    [
        (ApplicationState.ADMITTED, OfferState.DRAFT, "Admissible"),
        (ApplicationState.ADMITTED, OfferState.SENT, "Admitted"),
    ],
)
def test_home_tells_a_decision_only_once_it_has_left(browser, db, state, offer_state, shown):
    ada = make.user()
    mine = make.application(of=make.batch(state=BatchState.DECIDED), by=make.startup(people=(ada,)), state=state)
    offer(mine, offer_state)

    page = browser.sign_in(ada).get("startup.home.index")

    assert [one.text_content() for one in page.tree.xpath("//main//span[contains(@class,'status')]")] == [shown]


def test_home_tells_the_refused_after_the_first_offer_has_left(browser, db):
    ada = make.user()
    of = make.batch(state=BatchState.DECIDED)
    make.application(of=of, by=make.startup(people=(ada,)), state=ApplicationState.REFUSED)
    other = make.application(of=of, state=ApplicationState.ADMITTED)

    before = browser.sign_in(ada).get("startup.home.index")
    offer(other, OfferState.SENT)
    after = browser.get("startup.home.index")

    assert "Not selected" not in before.text and "Admissible" in before.text
    assert "Not selected" in after.text


def test_home_costs_the_same_however_much_there_is(browser, db, count_statements):
    ada, grace = make.user(), make.user()
    make.application(by=make.startup(people=(ada,)))
    for _number in range(3):
        startup = make.startup(people=(grace,))
        for _each in range(3):
            make.application(by=startup)

    browser.sign_in(ada)
    with count_statements() as one:
        browser.get("startup.home.index")
    browser.sign_in(grace)
    with count_statements() as many:
        browser.get("startup.home.index")

    assert one.count == many.count == 4


def test_home_is_for_founders(browser, db):
    assert browser.get("startup.home.index").location == "/sign-in?next=/my/"
    assert browser.sign_in(make.user(Role.REVIEWER)).get("startup.home.index").status == 403
