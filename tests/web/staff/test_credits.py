"""The team's credit pages: pools, allocations, grants, the ledger; sponsors read only."""

from __future__ import annotations

import io
from datetime import date

import pytest
from sqlalchemy import event, func, select

from accelerator.extensions import db as database
from accelerator.kernel.actor import SYSTEM
from accelerator.kernel.enums import OfferState, Role
from accelerator.kernel.money import Money
from accelerator.models.credits import (
    CloudAccount,
    CreditAllocation,
    CreditGrant,
    CreditPool,
    LedgerPosting,
    UsageImport,
)
from accelerator.queries.ledger import faults
from accelerator.services import credits, usage
from accelerator.services.tasks import run_due_tasks
from tests import make
from tests.conftest import at

POOL = {
    "name": "Azure 2026",
    "sponsor": "Microsoft",
    "provider": "Microsoft Azure",
    "amount": "2 500,50",
    "currency": "EUR",
    "starts_on": "2026-01-01",
    "ends_on": "2027-12-31",
}
DATES = {"starts_on": "2026-02-01", "expires_on": "2026-12-31"}
EXPORT = b"""SubscriptionId,Date,Cost,BillingCurrency,PublisherType
sub-1,2026-02-02,10.5,EUR,Azure
sub-1,2026-02-03,2,EUR,Marketplace
sub-2,2026-02-03,x,EUR,Azure
"""


@pytest.fixture(autouse=True)
def _january():
    at("2026-01-15T12:00+00:00")


@pytest.fixture
def desk(browser, db):
    return browser.sign_in(make.manager())


def pool(ceiling: int = 100_000) -> int:
    return credits.fund_pool(
        actor=SYSTEM,
        sponsor="Microsoft",
        name="Azure",
        ceiling=Money(ceiling, "EUR"),
        starts_on=date(2026, 1, 1),
        ends_on=date(2027, 12, 31),
    )


def allocation(startups: int = 2, amount: int = 50_000) -> tuple[int, list]:
    batch = make.batch(name_en="Batch five")
    members = [make.startup(name=f"Startup {letter}") for letter in "ABCDEFGH"[:startups]]
    for member in members:
        make.offer(of=make.application(of=batch, by=member), state=OfferState.ACCEPTED)
    allocation_id = credits.allocate(actor=SYSTEM, pool_id=pool(), batch_id=batch.id, amount_minor=amount)
    return allocation_id, members


def granted(amount: int = 10_000) -> tuple[int, object]:
    allocation_id, (member, *_) = allocation()
    grant_id = credits.grant(
        actor=SYSTEM,
        allocation_id=allocation_id,
        startup_id=member.id,
        amount_minor=amount,
        starts_on=date(2026, 2, 1),
        expires_on=date(2026, 12, 31),
    )
    return grant_id, member


@pytest.mark.parametrize(("typed", "minor"), [("2 500,50", 250050), ("2500.50", 250050), ("2500", 250000)])
def test_a_pool_is_opened_and_shown(desk, db, typed, minor):
    assert "No pool yet" in desk.get("staff.credits.pools").text

    page = desk.post("staff.credits.new_pool", {**POOL, "amount": typed})

    shown = desk.follow(page)
    assert shown.h1 == "Azure 2026"
    assert db.scalars(select(CreditPool.ceiling_minor)).all() == [minor]
    assert desk.get("staff.credits.pools").table("Credit pools")[0][0].startswith("Azure 2026")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"amount": "lots"}, "Ceiling: Type an amount, for example 2500 or 2500,50."),
        ({"amount": "1,234"}, "Ceiling: Type an amount with at most two decimals."),
        ({"amount": "-5"}, "The amount must be above zero."),
        ({"amount": ""}, "Ceiling: Type an amount, for example 2500 or 2500,50."),
        ({"name": ""}, "Name of the pool: Give it a name."),
        ({"ends_on": "2025-01-01"}, "Last day: A pool ends after it starts."),
    ],
)
def test_a_pool_that_makes_no_sense_is_refused_and_keeps_what_was_typed(desk, db, change, error):
    page = desk.post("staff.credits.new_pool", {**POOL, **change})

    assert page.status == 422
    assert any(error in shown for shown in page.errors), page.errors
    assert page.value("sponsor") == "Microsoft"
    assert db.scalars(select(CreditPool)).all() == []


def test_credits_are_set_aside_topped_up_and_returned(desk, db):
    batch, pool_id = make.batch(), pool()

    refused = desk.post("staff.credits.allocate", {"batch_id": batch.id, "amount": "1000.01"}, pool_id=pool_id)
    assert (refused.status, refused.errors) == (422, ["Amount: Only €1,000.00 is left in this pool."])
    assert refused.value("amount") == "1000.01"

    desk.post("staff.credits.top_up", {"amount": "500", "memo": "More"}, pool_id=pool_id)
    page = desk.post("staff.credits.allocate", {"batch_id": batch.id, "amount": "1000.01"}, pool_id=pool_id)
    allocation_id = db.scalars(select(CreditAllocation.id)).one()
    assert page.location == f"/staff/credits/allocations/{allocation_id}"

    empty = desk.post("staff.credits.return_allocation", {"amount": "0.01"}, allocation_id=allocation_id)
    assert empty.errors == ["Why are they returned?: Say why."]
    desk.post("staff.credits.return_allocation", {"amount": "0.01", "reason": "Round"}, allocation_id=allocation_id)

    rows = desk.get("staff.credits.pool", pool_id=pool_id).table(
        "Every movement, the newest first; nothing is ever changed"
    )
    assert [row[1].split(" #")[0] for row in rows] == [
        "Returned",
        "Set aside for a batch",
        "Pool funded",
        "Pool funded",
    ]
    assert [row[6] for row in rows] == ["€500.00", "€499.99", "€1,500.00", "€1,000.00"]
    assert faults() == []


def test_a_double_click_sets_aside_once(desk, db):
    batch, pool_id = make.batch(), pool()
    form = {"batch_id": batch.id, "amount": "10", "request_key": "same"}

    first = desk.post("staff.credits.allocate", form, pool_id=pool_id)
    second = desk.post("staff.credits.allocate", form, pool_id=pool_id)

    assert first.location == second.location
    assert db.scalars(select(CreditAllocation.amount_minor)).all() == [1000]


def test_one_startup_gets_its_grant(desk, db):
    allocation_id, (first, _second) = allocation()
    target = {"allocation_id": allocation_id, "startup_id": first.id}
    assert desk.get("staff.credits.grant_one", **target).value("expires_on") == "2027-12-31"

    refused = desk.post("staff.credits.grant_one", {"amount": "600", **DATES}, **target)
    assert (refused.status, refused.errors) == (422, ["Amount: Only €500.00 is left for this batch."])
    desk.post("staff.credits.grant_one", {"amount": "300", **DATES}, **target)

    rows = desk.get("staff.credits.allocation", allocation_id=allocation_id).table("Startups that accepted their place")
    assert rows[0] == ["Startup A", "Granted", "€300.00", "€0.00", "€300.00", "31 December 2026"]
    assert rows[1] == ["Startup B", "Waits", "Grant credits"]
    assert desk.get("staff.credits.grant_one", allocation_id=allocation_id, startup_id=999).status == 404


def test_everyone_gets_a_grant_after_the_recap(desk, db):
    allocation_id, _members = allocation(3)

    refused = desk.post("staff.credits.grant_all", {"amount": "166.67", **DATES}, allocation_id=allocation_id)
    assert refused.errors == ["Amount: Only €500.00 is left for this batch."]
    recap = desk.post("staff.credits.grant_all", {"amount": "100", **DATES}, allocation_id=allocation_id)
    assert db.scalars(select(CreditGrant)).all() == []
    assert [item.text for item in recap.tree.xpath("//main//ul/li[not(a)]")] == ["Startup A", "Startup B", "Startup C"]
    assert "€300.00" in recap.text

    form = {name: recap.value(name) for name in ("amount", "starts_on", "expires_on", "expected_startups")}
    stale = desk.post("staff.credits.confirm_all", {**form, "expected_startups": "2"}, allocation_id=allocation_id)
    assert stale.status == 409
    done = desk.post("staff.credits.confirm_all", form, allocation_id=allocation_id)

    assert desk.follow(done).notices == ["3 startups have their credits."]
    assert db.scalar(select(func.count(CreditGrant.id))) == 3
    again = desk.post("staff.credits.confirm_all", form, allocation_id=allocation_id)
    assert again.status == 409
    assert "Nobody waits" in desk.get("staff.credits.grant_all", allocation_id=allocation_id).text
    assert faults() == []


def test_unused_credits_return_and_a_wrong_grant_is_reversed(desk, db):
    grant_id, _member = granted()

    refused = desk.post("staff.credits.return_unused", {"amount": "200", "reason": "x"}, grant_id=grant_id)
    assert refused.errors == ["Amount: Only €100.00 is left of this grant."]
    desk.post("staff.credits.return_unused", {"amount": "40", "reason": "Left"}, grant_id=grant_id)
    last = db.scalar(select(func.max(LedgerPosting.id)))
    assert desk.get("staff.credits.reverse", posting_id=last).h1 == f"Reverse posting {last}"
    assert desk.post("staff.credits.reverse", {"reason": ""}, posting_id=last).status == 422
    desk.post("staff.credits.reverse", {"reason": "Stays after all"}, posting_id=last)
    again = desk.post("staff.credits.reverse", {"reason": "Twice"}, posting_id=last)

    assert again.errors == ["This posting has been reversed already."]
    rows = desk.get("staff.credits.grant", grant_id=grant_id).table("What happened to this grant, the newest first")
    assert [row[1].split(" #")[0] for row in rows] == ["Reversed", "Returned", "Granted"]
    assert rows[1][-1] == f"Reversed by #{last + 1}"
    assert faults() == []


def test_an_export_is_read_and_its_account_linked(desk, db):
    grant_id, member = granted()
    assert "No cost export was read yet" in desk.get("staff.usage.index").text

    sent = desk.post("staff.usage.index", {"file": (io.BytesIO(EXPORT), "feb.csv")})
    assert "The file waits for its turn" in desk.follow(sent).text
    assert run_due_tasks() == 1
    shown = desk.get(desk.follow(sent).links("See what it says")[0])
    assert shown.table("Exact sums of this file by account")[0][4:] == ["12.50", "10.50", "2.00", "EUR"]
    assert shown.table("Refused lines") == [["4", "“x” is not an amount"]]
    again = desk.post("staff.usage.index", {"file": (io.BytesIO(EXPORT), "feb.csv")})
    run_due_tasks()
    assert "This file had been read before. Nothing was changed." in desk.follow(again).text

    unmatched = desk.get("staff.usage.unmatched")
    assert unmatched.table("Accounts that no grant pays")[0][0] == "sub-1"
    (link,) = unmatched.links("Link to a startup")
    assert desk.get(link).value("sub_account") == "sub-1"
    desk.post("staff.usage.link", {"sub_account": "sub-1", "startup_id": member.id})

    assert "€10.50" in desk.get("staff.credits.grant", grant_id=grant_id).text
    assert "Every account is matched" in desk.get("staff.usage.unmatched").text
    desk.post("staff.usage.unlink", cloud_account_id=db.scalars(select(CloudAccount.id)).one())
    assert "€100.00" in desk.get("staff.credits.grant", grant_id=grant_id).text
    assert faults() == []


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({}, "Cost export: Choose a file."),
        ({"file": "not a file"}, "Cost export: Choose a file."),
        ({"file": (io.BytesIO(b""), "x.csv")}, "Cost export: This file is empty."),
    ],
)
def test_what_is_no_file_is_refused_at_once(desk, db, data, error):
    page = desk.post("staff.usage.index", data)

    assert page.status == 422
    assert page.errors[0].startswith(error)
    assert db.scalars(select(UsageImport)).all() == []


def test_linking_refuses_an_unknown_startup_and_anothers_account(desk, db):
    _grant_id, member = granted()
    other = make.startup()
    usage.link_cloud_account(actor=SYSTEM, sub_account="sub-9", startup_id=other.id)

    assert desk.post("staff.usage.link", {"sub_account": "sub-1", "startup_id": "999"}).status == 422
    taken = desk.post("staff.usage.link", {"sub_account": "sub-9", "startup_id": member.id})

    assert taken.errors == ["Account, as the cost export names it: This account is linked to another startup."]
    assert db.scalar(select(func.count(CloudAccount.id))) == 1


READ = [
    ("staff.credits.pools", {}),
    ("staff.credits.pool", {"pool_id": 1}),
    ("staff.credits.allocation", {"allocation_id": 1}),
    ("staff.credits.grant", {"grant_id": 1}),
]
MANAGE = [
    ("staff.credits.new_pool", {}),
    ("staff.credits.top_up", {"pool_id": 1}),
    ("staff.credits.allocate", {"pool_id": 1}),
    ("staff.credits.return_allocation", {"allocation_id": 1}),
    ("staff.credits.grant_one", {"allocation_id": 1, "startup_id": 1}),
    ("staff.credits.grant_all", {"allocation_id": 1}),
    ("staff.credits.return_unused", {"grant_id": 1}),
    ("staff.credits.reverse", {"posting_id": 1}),
    ("staff.usage.index", {}),
    ("staff.usage.show", {"import_id": 1}),
    ("staff.usage.unmatched", {}),
    ("staff.usage.link", {}),
    ("staff.usage.upload", {"upload_id": 1}),
    ("staff.usage.progress", {"upload_id": 1}),
]


def test_sponsors_read_and_change_nothing(browser, db):
    granted()
    manager, sponsor = make.manager(), make.user(Role.SPONSOR)
    for who in (manager, sponsor):
        browser.sign_in(who)
        for endpoint, values in READ:
            page = browser.get(endpoint, **values)
            assert page.status == 200
            offers = page.tree.xpath(
                "//main//a[contains(@class,'button')] | //main//form | //main//a[contains(@href,'reverse')]"
            )
            assert bool(offers) is (who is manager), endpoint

    for endpoint, values in MANAGE:
        assert browser.get(endpoint, **values).status == 403
        if endpoint not in ("staff.usage.show", "staff.usage.unmatched", "staff.usage.upload", "staff.usage.progress"):
            assert browser.post(endpoint, {"amount": "1", "reason": "x"}, **values).status == 403


@pytest.mark.parametrize("role", [Role.FOUNDER, Role.REVIEWER, Role.COORDINATOR, Role.EXPERT, Role.ADMINISTRATOR])
def test_other_roles_do_not_see_credits(browser, db, role):
    granted()
    browser.sign_in(make.user((role, "84") if role is Role.COORDINATOR else role))

    assert {browser.get(endpoint, **values).status for endpoint, values in [*READ, *MANAGE]} == {403}


def test_strangers_sign_in_first(browser, db):
    granted()

    assert all("/sign-in" in browser.get(endpoint, **values).location for endpoint, values in [*READ, *MANAGE])


def test_what_is_not_there_is_not_found(desk, db):
    for endpoint, values in [*READ, *MANAGE]:
        if values or endpoint == "staff.usage.show":
            assert desk.get(endpoint, **dict.fromkeys(values, 77)).status == 404, endpoint


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "Ω≈ç√∫˜µ≤≥÷",
        "田中さんにあげて下さい",
        "'; DROP TABLE credit_pool; --",
        "{{ 7*7 }} %(x)s %s",
        "\u202etest\u202e",
        "a\x00b",
    ],
)
def test_names_and_reasons_are_shown_back_as_typed(desk, db, text):
    page = desk.post("staff.credits.new_pool", {**POOL, "name": text, "sponsor": text})
    shown = desk.follow(page)
    pool_id = db.scalars(select(CreditPool.id)).one()
    desk.post("staff.credits.top_up", {"amount": "1", "memo": text}, pool_id=pool_id)

    clean = text.replace("\x00", "")
    assert shown.h1 == clean
    ledger = desk.get("staff.credits.pool", pool_id=pool_id)
    assert ledger.table("Every movement, the newest first; nothing is ever changed")[0][5] == clean
    assert "<script>alert" not in ledger.body


def statements(call) -> int:
    seen: list[str] = []
    listener = lambda *arguments: seen.append(arguments[2])  # noqa: E731
    event.listen(database.engine, "before_cursor_execute", listener)
    try:
        call()
    finally:
        event.remove(database.engine, "before_cursor_execute", listener)
    return len(seen)


def test_lists_cost_the_same_whatever_they_show(desk, db):
    allocation_id, members = allocation(3)
    counts = []
    for member in members:
        credits.grant(
            actor=SYSTEM,
            allocation_id=allocation_id,
            startup_id=member.id,
            amount_minor=100,
            starts_on=date(2026, 2, 1),
            expires_on=date(2026, 12, 31),
        )
        counts.append(
            (
                statements(lambda: desk.get("staff.credits.pools")),
                statements(lambda: desk.get("staff.credits.pool", pool_id=1)),
                statements(lambda: desk.get("staff.credits.allocation", allocation_id=allocation_id)),
            )
        )

    assert counts[0] == counts[2]
