"""The evidence behind the figure, for the team and for sponsors."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from accelerator.extensions import db as database
from accelerator.kernel.actor import SYSTEM
from accelerator.kernel.enums import EvidenceKind, Role
from accelerator.models.counter import CounterCorrection, Evidence
from accelerator.services import counter
from tests import make


def _counts(number: int, kind: EvidenceKind = EvidenceKind.WORKSHOP_ATTENDED, on=date(2026, 3, 5), **columns):
    make.counter_definition()
    company = make.startup(**columns)
    counter.record_evidence(actor=SYSTEM, startup_id=company.id, kind=kind, reference=f"fact:{number}", happened_on=on)
    return company


def _names(page) -> list[str]:
    return [row[0] for row in page.table()] if page.tree.findall(".//table") else []


def test_the_list_is_latest_first_and_filtered_by_the_address(browser, db):
    _counts(1, name="Ada Labs", on=date(2026, 1, 9), region_code="11")
    _counts(2, EvidenceKind.BATCH_MEMBER, name="Grace AI", on=date(2026, 3, 5))
    browser.sign_in(make.manager())

    assert _names(browser.get("staff.counter.index")) == ["Grace AI", "Ada Labs"]
    assert _names(browser.get("staff.counter.index", region="11")) == ["Ada Labs"]
    assert _names(browser.get("staff.counter.index", kind="batch_member")) == ["Grace AI"]
    assert _names(browser.get("staff.counter.index", month="2026-01")) == ["Ada Labs"]
    assert _names(browser.get("staff.counter.index", q="grace")) == ["Grace AI"]
    assert _names(browser.get("staff.counter.index", q="%")) == []
    assert len(_names(browser.get("staff.counter.index", month="soon", region="99", kind="x"))) == 2


def test_an_empty_list_says_what_makes_a_startup_count(browser, db):
    page = browser.sign_in(make.manager()).get("staff.counter.index")

    assert "Nobody counts yet" in page.text


def test_the_list_goes_by_pages(browser, db):
    for number in range(51):
        _counts(number, on=date(2026, 1, 1) + timedelta(days=number))
    browser.sign_in(make.manager())

    assert len(_names(browser.get("staff.counter.index"))) == 50
    assert len(_names(browser.get("staff.counter.index", page=2))) == 1


def test_a_sponsor_reads_evidence_without_the_names_in_stealth(browser, db):
    hidden = _counts(1, name="Hidden Gem", is_stealth=True)
    _counts(2, name="Open Book")
    browser.sign_in(make.user(Role.SPONSOR))

    page = browser.get("staff.counter.index")
    shown = browser.get("staff.counter.show", startup_id=hidden.id)

    assert "Open Book" in page.text
    for one in (page, shown, browser.get("staff.counter.index", q="Hidden")):
        assert "Gem" not in one.text
        assert hidden.siren not in one.body.replace("\xa0", "")
    assert _names(browser.get("staff.counter.index", q="Hidden")) == []
    assert _names(browser.get("staff.counter.index", q=hidden.siren)) == []
    assert not shown.links("Withdraw: fact:1")


def test_a_manager_withdraws_a_fact_with_a_reason(browser, db):
    company = _counts(1, name="Ada Labs")
    fact = db.scalars(sa.select(Evidence)).one()
    browser.sign_in(make.manager())
    address = browser.url("staff.counter.withdraw", startup_id=company.id, evidence_id=fact.id)

    assert browser.get("staff.counter.show", startup_id=company.id).links("Withdraw: fact:1") == [address]
    refused = browser.post(address, {"reason": " "})
    done = browser.post(address, {"reason": "Counted twice"})
    after = browser.follow(done)

    assert refused.status == 422
    assert refused.errors == ["Why is this evidence not valid?: Give the reason."]
    assert "This startup does not count" in after.text
    assert "Counted twice" in after.text
    assert db.scalars(sa.select(CounterCorrection.reason)).all() == ["Counted twice"]
    assert browser.post(address, {"reason": "Again"}).status == 404


def test_a_sponsor_may_not_withdraw(browser, db):
    company = _counts(1)
    fact = db.scalars(sa.select(Evidence)).one()
    browser.sign_in(make.user(Role.SPONSOR))

    page = browser.post("staff.counter.withdraw", {"reason": "No"}, startup_id=company.id, evidence_id=fact.id)

    assert page.status == 403
    assert db.scalars(sa.select(CounterCorrection)).all() == []


def test_strangers_see_nothing(browser, db):
    company = _counts(1)

    assert browser.get("staff.counter.index").location.startswith("/sign-in")
    browser.sign_in(make.user())
    assert browser.get("staff.counter.index").status == 403
    assert browser.get("staff.counter.show", startup_id=company.id).status == 403


def test_a_startup_without_evidence_has_no_page_here(browser, db):
    other = make.startup()

    assert browser.sign_in(make.manager()).get("staff.counter.show", startup_id=other.id).status == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_with_more_rows(browser, db, rows):
    for number in range(rows):
        _counts(number)
    browser.sign_in(make.manager())
    statements: list[str] = []

    def note(_connection, _cursor, statement, *_others) -> None:
        if statement.startswith("SELECT"):
            statements.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    browser.get("staff.counter.index")
    sa.event.remove(database.engine, "before_cursor_execute", note)

    assert len(statements) == 5


def test_naughty_searches_and_names_do_no_harm(browser, db, shared):
    texts = json.loads((shared / "bad-input" / "blns.json").read_text())
    for number, text in enumerate(texts[::25]):
        _counts(number, name=text.replace("\x00", "")[:160] or "-")
    browser.sign_in(make.manager())

    assert browser.get("staff.counter.index").status == 200
    for text in texts[::12]:
        assert browser.get("staff.counter.index", q=text, month=text, region=text, kind=text).status == 200
