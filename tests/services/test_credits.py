"""Pools, allocations, grants: taken exactly, given back, reversed, expired; never over-granted under a race."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from accelerator.extensions import db as database
from accelerator.kernel.actor import SYSTEM, Actor
from accelerator.kernel.enums import OfferState, PostingKind, Role
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.kernel.money import Money
from accelerator.models.credits import CreditAllocation, CreditGrant, CreditPool, LedgerEntry, LedgerPosting
from accelerator.models.letters import Letter
from accelerator.models.programmes import Batch
from accelerator.models.startups import Startup
from accelerator.queries.ledger import faults
from accelerator.services import credit_returns, credits, ledger
from tests import make
from tests.conftest import at

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


def ada() -> Actor:
    return make.actor(make.manager())


def pool(ceiling: int = 1_000_000, currency: str = "EUR", name: str = "Azure 2026") -> int:
    return credits.fund_pool(
        actor=SYSTEM,
        sponsor="Microsoft",
        name=name,
        ceiling=Money(ceiling, currency),
        starts_on=FIRST,
        ends_on=date(2027, 12, 31),
    )


def allocation(amount: int = 100_000, *, of: Batch | None = None, ceiling: int = 1_000_000) -> int:
    batch = of or make.batch()
    return credits.allocate(actor=SYSTEM, pool_id=pool(ceiling), batch_id=batch.id, amount_minor=amount)


def cohort(size: int, **columns: object) -> tuple[Batch, list[Startup]]:
    batch = make.batch()
    startups = [make.startup(**columns) for _ in range(size)]
    for startup in startups:
        make.offer(of=make.application(of=batch, by=startup), state=OfferState.ACCEPTED)
    return batch, startups


def award(allocation_id: int, startup: Startup, amount: int, **others: object) -> int:
    return credits.grant(
        **{
            "actor": SYSTEM,
            "allocation_id": allocation_id,
            "startup_id": startup.id,
            "amount_minor": amount,
            "starts_on": FIRST,
            "expires_on": LAST,
            **others,
        }
    )


def figures(db: object) -> tuple[int, int, int, int]:
    row = db.execute(
        select(
            CreditPool.ceiling_minor,
            CreditPool.allocated_minor,
            CreditAllocation.amount_minor,
            CreditAllocation.granted_minor,
        ).join(CreditAllocation, CreditAllocation.pool_id == CreditPool.id)
    ).one()
    return tuple(row)


def test_credits_go_from_the_sponsor_to_the_startup(db):
    founder = make.user()
    batch, (startup,) = cohort(1, people=(founder,))
    allocation_id = allocation(50_000, of=batch)

    award(allocation_id, startup, 20_000)

    assert figures(db) == (1_000_000, 50_000, 50_000, 20_000)
    assert list(db.scalars(select(LedgerPosting.kind).order_by(LedgerPosting.id))) == [
        PostingKind.FUND,
        PostingKind.ALLOCATE,
        PostingKind.GRANT,
    ]
    assert faults() == []
    letter = db.scalars(select(Letter)).one()
    assert letter.to_user_id == founder.id
    assert "€200.00 of Microsoft Azure credits" in letter.subject


def test_a_pool_refuses_what_makes_no_sense(db):
    wrong = {"actor": SYSTEM, "sponsor": "M", "starts_on": FIRST, "ends_on": LAST}

    with pytest.raises(RuleViolation, match="above zero"):
        credits.fund_pool(**wrong, name="A", ceiling=Money(0, "EUR"))
    with pytest.raises(RuleViolation, match="ends after it starts"):
        credits.fund_pool(**{**wrong, "ends_on": date(2025, 1, 1)}, name="A", ceiling=Money(5, "EUR"))
    credits.fund_pool(**wrong, name="A", ceiling=Money(5, "EUR"))
    with pytest.raises(RuleViolation, match="Another pool has this name"):
        credits.fund_pool(**wrong, name="A", ceiling=Money(5, "EUR"))

    assert db.scalar(select(func.count(CreditPool.id))) == 1


def test_more_than_the_pool_has_is_refused_and_leaves_nothing(db):
    batch = make.batch()
    pool_id = pool(1_000)

    with pytest.raises(RuleViolation) as refusal:
        credits.allocate(actor=SYSTEM, pool_id=pool_id, batch_id=batch.id, amount_minor=1_001)

    assert refusal.value.reason == "Only 10.00 EUR is left in this pool."
    assert refusal.value.field == "amount"
    assert db.scalars(select(CreditAllocation)).all() == []
    assert db.scalar(select(func.count(LedgerPosting.id))) == 1


def test_a_second_allocation_to_the_same_batch_adds_to_the_first(db):
    batch, pool_id = make.batch(), pool()

    first = credits.allocate(actor=SYSTEM, pool_id=pool_id, batch_id=batch.id, amount_minor=300)
    second = credits.allocate(actor=SYSTEM, pool_id=pool_id, batch_id=batch.id, amount_minor=200)

    assert first == second
    assert figures(db) == (1_000_000, 500, 500, 0)
    assert faults() == []


def test_a_grant_needs_an_accepted_place_and_is_made_once(db):
    batch, (startup,) = cohort(1)
    stranger = make.startup()
    declined = make.startup()
    make.offer(of=make.application(of=batch, by=declined), state=OfferState.DECLINED)
    allocation_id = allocation(of=batch)
    award(allocation_id, startup, 100)

    for other in (stranger, declined):
        with pytest.raises(RuleViolation, match="accepted their place"):
            award(allocation_id, other, 100)
    with pytest.raises(RuleViolation, match="already has its grant"):
        award(allocation_id, startup, 100)

    assert db.scalar(select(func.count(CreditGrant.id))) == 1


@pytest.mark.parametrize(
    ("dates", "sentence"),
    [
        ({"starts_on": date(2025, 12, 31)}, "The pool starts on 2026-01-01."),
        ({"expires_on": date(2028, 1, 1)}, "The pool ends on 2027-12-31."),
        ({"starts_on": date(2026, 5, 2), "expires_on": date(2026, 5, 1)}, "Credits expire after they start."),
    ],
)
def test_a_grant_stays_within_the_pools_days(db, dates, sentence):
    batch, (startup,) = cohort(1)

    with pytest.raises(RuleViolation) as refusal:
        award(allocation(of=batch), startup, 100, **dates)

    assert refusal.value.reason == sentence


def test_only_managers_move_credits(db):
    batch, (startup,) = cohort(1)
    allocation_id = allocation(of=batch)
    pool_id = db.scalars(select(CreditPool.id)).one()
    before = db.scalar(select(func.count(LedgerPosting.id)))

    for role in (Role.FOUNDER, Role.REVIEWER, Role.SPONSOR, Role.EXPERT, Role.ADMINISTRATOR):
        eve = make.actor(make.user(role))
        with pytest.raises(NotAllowed):
            award(allocation_id, startup, 100, actor=eve)
        with pytest.raises(NotAllowed):
            credits.allocate(actor=eve, pool_id=pool_id, batch_id=batch.id, amount_minor=5)
        with pytest.raises(NotAllowed):
            credits.top_up_pool(actor=eve, pool_id=pool_id, amount_minor=5)
        with pytest.raises(NotAllowed):
            ledger.reverse_posting(actor=eve, posting_id=1, reason="mine")

    assert db.scalar(select(func.count(LedgerPosting.id))) == before


def test_the_same_key_is_one_act(db):
    actor, batch, pool_id = ada(), make.batch(), pool()
    twice = {"actor": actor, "pool_id": pool_id, "batch_id": batch.id, "amount_minor": 300, "request_key": "k"}

    assert credits.allocate(**twice) == credits.allocate(**twice)
    assert figures(db) == (1_000_000, 300, 300, 0)


def test_the_cohort_gets_its_grants_all_or_none(db):
    batch, startups = cohort(3)
    allocation_id = allocation(1_000, of=batch)
    award(allocation_id, startups[0], 400)
    common = {"actor": SYSTEM, "allocation_id": allocation_id, "starts_on": FIRST, "expires_on": LAST}

    with pytest.raises(RuleViolation, match="Only 6.00 EUR is left for this batch"):
        credits.grant_to_cohort(**common, amount_minor=301, expected_startups=2)
    with pytest.raises(Conflict, match="2 startups wait now"):
        credits.grant_to_cohort(**common, amount_minor=300, expected_startups=3)
    assert db.scalar(select(func.count(CreditGrant.id))) == 1

    assert credits.grant_to_cohort(**common, amount_minor=300, expected_startups=2) == 2
    with pytest.raises(RuleViolation, match="has its grant already"):
        credits.grant_to_cohort(**common, amount_minor=300, expected_startups=0)
    assert figures(db) == (1_000_000, 1_000, 1_000, 1_000)
    assert faults() == []


def test_unused_credits_go_back_to_the_batch_and_to_the_pool(db):
    batch, (startup,) = cohort(1)
    allocation_id = allocation(1_000, of=batch)
    grant_id = award(allocation_id, startup, 800)

    credit_returns.return_unused(actor=SYSTEM, grant_id=grant_id, amount_minor=300, reason="Left the programme")
    credit_returns.return_allocation(actor=SYSTEM, allocation_id=allocation_id, amount_minor=500, reason="Not needed")

    assert figures(db) == (1_000_000, 500, 500, 500)
    assert faults() == []
    with pytest.raises(RuleViolation, match="Only 5.00 EUR is left of this grant"):
        credit_returns.return_unused(actor=SYSTEM, grant_id=grant_id, amount_minor=501, reason="More")
    with pytest.raises(RuleViolation, match="Say why"):
        credit_returns.return_unused(actor=SYSTEM, grant_id=grant_id, amount_minor=1, reason=" ")
    with pytest.raises(NotFound):
        credit_returns.return_unused(actor=SYSTEM, grant_id=999, amount_minor=1, reason="x")
    assert figures(db) == (1_000_000, 500, 500, 500)


def test_a_reversed_grant_leaves_its_trace_and_may_be_made_again(db):
    batch, (startup,) = cohort(1)
    allocation_id = allocation(1_000, of=batch)
    award(allocation_id, startup, 800)
    posting_id = db.scalars(select(LedgerPosting.id).where(LedgerPosting.kind == PostingKind.GRANT)).one()

    ledger.reverse_posting(actor=SYSTEM, posting_id=posting_id, reason="Wrong amount")

    assert figures(db) == (1_000_000, 1_000, 1_000, 0)
    with pytest.raises(RuleViolation, match="reversed already"):
        ledger.reverse_posting(actor=SYSTEM, posting_id=posting_id, reason="Again")
    award(allocation_id, startup, 500)
    assert figures(db) == (1_000_000, 1_000, 1_000, 500)
    assert faults() == []


def test_what_was_passed_on_cannot_be_reversed(db):
    batch, (startup,) = cohort(1)
    award(allocation(1_000_000, of=batch), startup, 800)
    fund, allocate = db.scalars(select(LedgerPosting.id).order_by(LedgerPosting.id).limit(2)).all()

    for posting_id in (fund, allocate):
        with pytest.raises(RuleViolation):
            ledger.reverse_posting(actor=SYSTEM, posting_id=posting_id, reason="Too late")

    assert figures(db) == (1_000_000, 1_000_000, 1_000_000, 800)
    assert faults() == []


def test_what_is_unused_expires_the_day_after_the_last(db):
    at("2026-12-31T22:30:00+00:00")
    batch, (startup,) = cohort(1)
    grant_id = award(allocation(1_000, of=batch), startup, 800)
    assert ledger.expire_due_grants() == 0

    at("2026-12-31T23:30:00+00:00")  # it is 1 January in Paris

    assert ledger.expire_due_grants() == 1
    assert ledger.expire_due_grants() == 0
    last = db.scalars(select(LedgerPosting).order_by(LedgerPosting.id.desc())).first()
    assert last.kind is PostingKind.EXPIRE
    with pytest.raises(RuleViolation):
        credit_returns.return_unused(actor=SYSTEM, grant_id=grant_id, amount_minor=1, reason="Late")
    with pytest.raises(RuleViolation, match="usage or the calendar"):
        ledger.reverse_posting(actor=SYSTEM, posting_id=last.id, reason="Please")
    assert faults() == []


@pytest.mark.parametrize("table", ["ledger_posting", "ledger_entry"])
def test_the_database_refuses_to_change_the_past(db, table):
    pool()
    column = "memo" if table == "ledger_posting" else "amount_minor"

    for statement in (
        f"UPDATE {table} SET {column} = 0",
        f"DELETE FROM {table}",
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    ):
        with pytest.raises(DatabaseError, match="append-only"):
            db.execute(text(statement))
        db.rollback()

    assert faults() == []


def test_planted_faults_are_found(db):
    batch, (startup,) = cohort(1)
    award(allocation(1_000, of=batch), startup, 800)
    assert faults() == []

    db.execute(text("UPDATE credit_pool SET allocated_minor = allocated_minor + 1"))
    db.execute(text("UPDATE credit_allocation SET granted_minor = granted_minor - 1"))
    db.add(
        LedgerEntry(
            posting_id=1, account="expired", pool_id=1, allocation_id=1, grant_id=1, amount_minor=-3, currency="USD"
        )
    )
    db.flush()
    found = " | ".join(faults())
    db.rollback()

    for sentence in ("posting 1 does not balance", "pool 1: allocated", "allocation 1: granted", "grant 1: a balance"):
        assert sentence in found
    assert "belongs to another pool, allocation, grant or currency" in found


def test_fifty_grants_at_once_take_exactly_what_is_left(app, db):
    batch, startups = cohort(50)
    allocation_id = allocation(10 * 700 + 650, of=batch)
    ids = [startup.id for startup in startups]
    database.session.remove()
    start = threading.Barrier(50)
    granted, refused, failed = [], [], []

    def one(startup_id: int) -> None:
        with app.app_context():
            start.wait()
            try:
                granted.append(
                    credits.grant(
                        actor=SYSTEM,
                        allocation_id=allocation_id,
                        startup_id=startup_id,
                        amount_minor=700,
                        starts_on=FIRST,
                        expires_on=LAST,
                    )
                )
            except RuleViolation as violation:
                refused.append(str(violation.reason))
            except Exception as error:
                failed.append(error)
            finally:
                database.session.remove()

    threads = [threading.Thread(target=one, args=(startup_id,)) for startup_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert (len(granted), len(refused)) == (10, 40)
    assert set(refused) == {"Only 6.50 EUR is left for this batch."}
    assert figures(db) == (1_000_000, 7_650, 7_650, 7_000)
    assert faults() == []
