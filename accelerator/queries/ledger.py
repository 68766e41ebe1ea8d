"""Queries · Ledger — the invariants of the credit ledger, checked against every row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from accelerator.extensions import db
from accelerator.kernel.enums import LedgerAccount as A
from accelerator.kernel.enums import PostingKind
from accelerator.models.credits import CreditAllocation, CreditGrant, CreditPool, LedgerEntry, LedgerPosting


def faults() -> list[str]:
    """Every way in which the ledger and the figures kept beside it disagree; empty when they agree."""
    return [*_unbalanced(), *_wrong_pools(), *_wrong_allocations(), *_wrong_grants(), *_wrong_reversals()]


def _unbalanced() -> Iterator[str]:
    """Postings that do not sum to zero, mix currencies or pools, have no two lines, or name foreign rows."""
    rows = db.session.execute(
        select(
            LedgerPosting.id,
            func.count(LedgerEntry.id),
            func.coalesce(func.sum(LedgerEntry.amount_minor), 0),
            func.count(LedgerEntry.currency.distinct()),
            func.count(LedgerEntry.pool_id.distinct()),
        )
        .outerjoin(LedgerEntry, LedgerEntry.posting_id == LedgerPosting.id)
        .group_by(LedgerPosting.id)
        .order_by(LedgerPosting.id)
    )
    for posting_id, lines, total, currencies, pools in rows:
        if lines < 2 or total != 0 or currencies != 1 or pools != 1:
            yield f"posting {posting_id} does not balance: {lines} lines, sum {total}, {currencies} currencies"
    foreign = db.session.scalars(
        select(LedgerEntry.id)
        .join(CreditPool, CreditPool.id == LedgerEntry.pool_id)
        .outerjoin(CreditAllocation, CreditAllocation.id == LedgerEntry.allocation_id)
        .outerjoin(CreditGrant, CreditGrant.id == LedgerEntry.grant_id)
        .where(
            (LedgerEntry.currency != CreditPool.currency)
            | (CreditAllocation.pool_id != LedgerEntry.pool_id)
            | (CreditGrant.allocation_id != LedgerEntry.allocation_id)
            | (CreditGrant.currency != LedgerEntry.currency)
        )
        .order_by(LedgerEntry.id)
    )
    for entry_id in foreign:
        yield f"entry {entry_id} belongs to another pool, allocation, grant or currency"


def _sums(holder: object) -> dict[int, dict[A, int]]:
    """Balance by holder and account."""
    found: dict[int, dict[A, int]] = defaultdict(lambda: dict.fromkeys(A, 0))
    for key, account, total in db.session.execute(
        select(holder, LedgerEntry.account, func.sum(LedgerEntry.amount_minor)).group_by(holder, LedgerEntry.account)  # type: ignore[call-overload]
    ):
        if key is not None:
            found[key][account] = int(total)
    return found


def _wrong_pools() -> Iterator[str]:
    sums = _sums(LedgerEntry.pool_id)
    set_aside = dict(
        db.session.execute(
            select(CreditAllocation.pool_id, func.sum(CreditAllocation.amount_minor)).group_by(CreditAllocation.pool_id)
        ).all()
    )
    for pool in db.session.scalars(select(CreditPool).order_by(CreditPool.id)):
        balance = sums[pool.id]
        if pool.ceiling_minor != -balance[A.SPONSOR]:
            yield f"pool {pool.id}: ceiling {pool.ceiling_minor}, the ledger says {-balance[A.SPONSOR]}"
        if pool.ceiling_minor - pool.allocated_minor != balance[A.POOL] or balance[A.POOL] < 0:
            yield f"pool {pool.id}: allocated {pool.allocated_minor}, the ledger leaves {balance[A.POOL]}"
        if pool.allocated_minor != int(set_aside.get(pool.id, 0)):
            yield f"pool {pool.id}: allocated {pool.allocated_minor}, its allocations hold {set_aside.get(pool.id, 0)}"


def _wrong_allocations() -> Iterator[str]:
    sums = _sums(LedgerEntry.allocation_id)
    for allocation in db.session.scalars(select(CreditAllocation).order_by(CreditAllocation.id)):
        balance = sums[allocation.id]
        granted = balance[A.GRANT] + balance[A.CONSUMED] + balance[A.EXPIRED]
        if allocation.granted_minor != granted:
            yield f"allocation {allocation.id}: granted {allocation.granted_minor}, the ledger says {granted}"
        if allocation.amount_minor - allocation.granted_minor != balance[A.ALLOCATION] or balance[A.ALLOCATION] < 0:
            yield f"allocation {allocation.id}: amount {allocation.amount_minor}, the ledger leaves {balance[A.ALLOCATION]}"


def _wrong_grants() -> Iterator[str]:
    sums = _sums(LedgerEntry.grant_id)
    for grant in db.session.scalars(select(CreditGrant).order_by(CreditGrant.id)):
        balance = sums[grant.id]
        held = [balance[A.GRANT], balance[A.CONSUMED], balance[A.EXPIRED]]
        if min(held) < 0:
            yield f"grant {grant.id}: a balance is negative"
        if sum(held) > grant.amount_minor:
            yield f"grant {grant.id}: holds {sum(held)}, granted {grant.amount_minor}"
        if grant.reversed_at is not None and sum(held) != 0:
            yield f"grant {grant.id}: reversed, and still holds {sum(held)}"


def _wrong_reversals() -> Iterator[str]:
    """Reversals that are not the mirror image of what they reverse."""
    undone = aliased(LedgerEntry)
    reversals = db.session.scalars(
        select(LedgerPosting.id).where(
            (LedgerPosting.kind == PostingKind.REVERSE) & LedgerPosting.reverses_id.is_(None)
        )
    )
    for posting_id in reversals:
        yield f"posting {posting_id} is a reversal of nothing"
    rows = db.session.scalars(
        select(LedgerPosting.id)
        .join(LedgerEntry, LedgerEntry.posting_id == LedgerPosting.id)
        .outerjoin(
            undone,
            (undone.posting_id == LedgerPosting.reverses_id)
            & (undone.account == LedgerEntry.account)
            & (undone.amount_minor == -LedgerEntry.amount_minor)
            & (undone.pool_id == LedgerEntry.pool_id),
        )
        .where(LedgerPosting.reverses_id.is_not(None), undone.id.is_(None))
        .distinct()
        .order_by(LedgerPosting.id)
    )
    for posting_id in rows:
        yield f"posting {posting_id} does not mirror what it reverses"
