"""The founder's one glance: left, until when, what to do next; nobody else's."""

from __future__ import annotations

import io
from datetime import date

import pytest

from accelerator.kernel.actor import SYSTEM
from accelerator.kernel.enums import OfferState, Role
from accelerator.kernel.money import Money
from accelerator.services import credits, ledger, usage
from tests import make
from tests.conftest import at

HEADER = "SubscriptionId,Date,Cost,BillingCurrency,PublisherType,PublisherName,MeterCategory\n"


@pytest.fixture(autouse=True)
def _march():
    at("2026-03-01T12:00+00:00")


def granted(*people, amount: int = 100_000, currency: str = "EUR", expires_on: date = date(2026, 12, 31), by=None):
    startup = by or make.startup(name="Aster", people=people)
    batch = make.batch()
    make.offer(of=make.application(of=batch, by=startup), state=OfferState.ACCEPTED)
    pool_id = credits.fund_pool(
        actor=SYSTEM,
        sponsor="Microsoft",
        name=f"Pool {batch.id}",
        ceiling=Money(amount, currency),
        starts_on=date(2026, 1, 1),
        ends_on=date(2027, 12, 31),
    )
    allocation_id = credits.allocate(actor=SYSTEM, pool_id=pool_id, batch_id=batch.id, amount_minor=amount)
    credits.grant(
        actor=SYSTEM,
        allocation_id=allocation_id,
        startup_id=startup.id,
        amount_minor=amount,
        starts_on=date(2026, 1, 1),
        expires_on=expires_on,
    )
    return startup


def spend(startup, *lines: str) -> None:
    usage.link_cloud_account(actor=SYSTEM, sub_account=f"sub-{startup.id}", startup_id=startup.id)
    text = HEADER + "".join(f"sub-{startup.id},{line}\n" for line in lines)
    usage.import_usage(actor=SYSTEM, stream=io.BytesIO(text.encode()), file_name="feb.csv")


def every_day(amount: str) -> list[str]:
    return [f"2026-02-{day:02},{amount},EUR,Azure,Microsoft,Compute" for day in range(1, 29)]


def glance(page) -> str:
    return " ".join(page.tree.xpath("string(//*[contains(@class,'credit-glance')])").split())


def test_without_a_grant_the_page_says_when_one_comes(browser, db):
    for people in ((), (make.user(),)):
        ada = people[0] if people else make.user()
        if people:
            make.startup(people=people)
        page = browser.sign_in(ada).get("startup.credits.index")
        assert page.status == 200
        assert "No credits yet" in page.text


def test_before_any_usage_the_founder_is_told_to_send_the_subscription(browser, db):
    ada = make.user()
    granted(ada)

    page = browser.sign_in(ada).get("startup.credits.index")

    assert page.h1 == "Credits of Aster"
    assert "€1,000.00 until 31 December 2026 inclusive" in glance(page)
    assert "Send the programme team the identifier of your cloud subscription" in glance(page)
    assert "No usage yet" in page.text


def test_credits_that_run_out_say_when_and_what_follows(browser, db):
    ada = make.user()
    spend(granted(ada, amount=50_000), *every_day("10"))

    page = browser.sign_in(ada).get("startup.credits.index")

    assert "You have left €220.00" in glance(page)
    assert "€280.00 used of €500.00 · usage known up to 28 February 2026" in glance(page)
    assert "your credits run out around 22 March 2026. From then on usage is billed to your card." in glance(page)
    table = page.table("Credits left, day by day, in EUR")
    assert table[31][1:] == ["490.00", "–", "–", "–"]
    assert any(row[2:] == ["0.00", "0.00", "0.00"] or row[2] == "0.00" for row in table)
    assert page.tree.xpath("//main//svg[@role='img']//*[@class='area-1']")
    assert page.tree.xpath("//main//svg[@role='img']//*[@class='line-1']")


def test_credits_that_will_be_lost_say_how_much(browser, db):
    ada = make.user()
    spend(granted(ada, amount=100_000, expires_on=date(2026, 3, 10)), *every_day("10"))

    page = browser.sign_in(ada).get("startup.credits.index")

    assert "about €620.00 will expire unused on 10 March 2026" in glance(page)


def figures(page) -> dict[str, str]:
    cards = page.tree.xpath("//*[@class='figure-card']")
    return {
        card.xpath("string(*[@class='figure-card__label'])").strip(): card.xpath(
            "string(*[@class='figure-card__value'])"
        ).strip()
        for card in cards
    }


def test_credits_that_run_out_say_what_is_billed_and_the_bill_of_the_day_after(browser, db):
    ada = make.user()
    spend(granted(ada, amount=50_000, expires_on=date(2026, 3, 31)), *every_day("10"))

    page = browser.sign_in(ada).get("startup.credits.index")

    assert "run out around 22 March 2026, before they expire on 31 March 2026" in page.text
    shown = figures(page)
    assert shown["will be lost on 31 March 2026"] == "€0.00"
    assert shown["will be billed to your card up to 31 March 2026"] == "€90.00"
    assert shown["the bill of the day after: 30 days once the credits end"] == "€300.00"


def test_credits_that_expire_first_say_what_is_lost_and_the_bill_of_the_day_after(browser, db):
    ada = make.user()
    spend(granted(ada, amount=100_000, expires_on=date(2026, 3, 10)), *every_day("10"))

    shown = figures(browser.sign_in(ada).get("startup.credits.index"))

    assert shown["will be lost on 10 March 2026"] == "€620.00"
    assert shown["will be billed to your card up to 10 March 2026"] == "€0.00"
    assert shown["the bill of the day after: 30 days once the credits end"] == "€300.00"


def test_without_usage_nothing_is_foretold(browser, db):
    ada = make.user()
    granted(ada)

    assert "What is ahead" not in browser.sign_in(ada).get("startup.credits.index").text


def test_what_is_not_covered_says_why(browser, db):
    ada = make.user()
    spend(
        granted(ada, amount=2_000),
        "2026-02-01,5,EUR,Azure,Microsoft,Compute",
        "2026-02-02,3.5,EUR,Marketplace,Red Hat,Licences",
        "2026-02-03,29,EUR,Azure,Microsoft,Support",
        "2026-01-03,99,EUR,Marketplace,Old,Licences",
        "2026-02-04,40,EUR,Azure,Microsoft,Compute",
    )

    page = browser.sign_in(ada).get("startup.credits.index")

    assert page.table("Billed to your card whatever credits you have") == [
        ["Support plan", "Microsoft", "€29.00"],
        ["Sold by a third party on the marketplace", "Red Hat", "€3.50"],
    ]
    assert "€25.00 of covered usage fell outside your credits" in page.text
    assert "These credits are used up" in glance(page)


def test_after_the_last_day_the_page_says_expired(browser, db):
    ada = make.user()
    granted(ada, expires_on=date(2026, 2, 10))
    ledger.expire_due_grants()

    page = browser.sign_in(ada).get("startup.credits.index")

    assert "€0.00 expired on 10 February 2026" in glance(page)
    assert "These credits have expired." in glance(page)


def test_two_currencies_and_two_grants_are_told_apart(browser, db):
    ada = make.user()
    startup = granted(ada)
    granted(by=startup, amount=500, expires_on=date(2026, 6, 30))
    granted(by=startup, amount=700, currency="USD")

    page = browser.sign_in(ada).get("startup.credits.index")

    assert [value.text for value in page.tree.xpath("//*[@class='credit-glance__left']")] == ["€1,005.00", "US$7.00"]
    assert [row[1] for row in page.table("Your grants; the one that expires first is used first")] == [
        "30 June 2026",
        "31 December 2026",
    ]


def test_a_founder_of_several_startups_chooses_and_sees_no_other(browser, db):
    ada, eve = make.user(), make.user()
    first = granted(ada)
    second = make.startup(name="Boreal", people=(ada,))
    other = granted(eve)
    browser.sign_in(ada)

    assert browser.get("startup.credits.index").h1 == "Credits of Aster"
    assert browser.get("startup.credits.index", startup=second.id).h1 == "Credits of Boreal"
    for wrong in (other.id, 999, "x", ""):
        assert browser.get("startup.credits.index", startup=wrong).status == 404
        assert browser.get("startup.credits.usage_table", kind="csv", startup=wrong).status == 404
    assert browser.get("startup.credits.index", startup=first.id).links("Boreal") == [
        f"/my/credits?startup={second.id}"
    ]


def test_usage_by_day_is_a_table_to_take_away(browser, db):
    ada = make.user()
    spend(
        granted(ada),
        "2026-02-01,5.123456789,EUR,Azure,Microsoft,Compute",
        "2026-02-02,-1,EUR,Azure,Microsoft,Compute",
        "2026-02-02,7,EUR,Marketplace,Red Hat,Licences",
    )

    page = browser.sign_in(ada).get("startup.credits.usage_table", kind="csv")

    assert page.response.headers["Content-Disposition"].startswith("attachment")
    assert page.response.get_data().decode("utf-8-sig").splitlines() == [
        "Day,Currency,Covered by credits,Not covered",
        "2026-02-02,EUR,-1,7",
        "2026-02-01,EUR,5.123456789,0",
    ]


@pytest.mark.parametrize("role", [Role.MANAGER, Role.REVIEWER, Role.SPONSOR])
def test_other_roles_have_no_credits_of_their_own(browser, db, role):
    browser.sign_in(make.user(role))

    assert browser.get("startup.credits.index").status == 403
    assert browser.get("startup.credits.usage_table", kind="csv").status == 403


def test_strangers_sign_in_first(browser, db):
    assert "/sign-in" in browser.get("startup.credits.index").location
    assert "/sign-in" in browser.get("startup.credits.usage_table", kind="csv").location


def test_what_lies_ahead_of_credits_that_expire_one_after_the_other_is_not_guessed(browser, db):
    ada = make.user()
    startup = granted(ada, amount=50_000, expires_on=date(2026, 6, 30))
    spend(startup, *every_day("10"))
    assert "What is ahead" in browser.sign_in(ada).get("startup.credits.index").text

    granted(amount=50_000, expires_on=date(2026, 12, 31), by=startup)

    assert "What is ahead" not in browser.get("startup.credits.index").text
