"""Queries · Ledger — the credit ledger line by line, and its invariants checked against every row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import aliased

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import LedgerAccount as A
from accelerator.kernel.enums import PostingKind
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.kernel.money import Money
from accelerator.models.accounts import User
from accelerator.models.credits import CreditAllocation, CreditGrant, CreditPool, LedgerEntry, LedgerPosting
from accelerator.models.programmes import Batch
from accelerator.models.startups import Startup
from accelerator.rules import ledger

PAGE_ROWS = 50


@dataclass(frozen=True)
class PostingRow:
    """One posting, newest first; `free_after` is what the pool had left to set aside once it was posted."""

    id: int
    pool_id: int
    kind: PostingKind
    made_at: datetime
    made_by: str | None
    memo: str
    amount: Money
    batch_name: Bilingual | None
    startup_name: str | None
    grant_id: int | None
    free_after: Money
    reverses_id: int | None
    reversed_by: int | None
    can_reverse: bool


def postings(*, pool_id: int, page: int = 1) -> tuple[list[PostingRow], int]:
    """A pool's postings, the newest first, and the number of pages."""
    return _postings(LedgerEntry.pool_id == pool_id, pool_id, page)


def postings_of_grant(grant_id: int, pool_id: int, *, page: int = 1) -> tuple[list[PostingRow], int]:
    """What happened to one grant, the newest first, and the number of pages."""
    return _postings(LedgerEntry.grant_id == grant_id, pool_id, page)


def posting(posting_id: int) -> PostingRow:
    """One posting. Raises NotFound."""
    pool_id = db.session.scalar(select(LedgerEntry.pool_id).where(LedgerEntry.posting_id == posting_id).limit(1))
    found = _postings(LedgerEntry.posting_id == posting_id, pool_id, 1)[0] if pool_id is not None else []
    if not found:
        raise NotFound(Message("This posting does not exist."))
    return found[0]


def _postings(condition: object, pool_id: int, page: int) -> tuple[list[PostingRow], int]:
    """Postings with the pool's running balance, which a window over the whole pool gives."""
    free = func.sum(case((LedgerEntry.account == A.POOL, LedgerEntry.amount_minor), else_=0))
    running = (
        select(
            LedgerEntry.posting_id,
            func.sum(free).over(order_by=LedgerEntry.posting_id).label("free_after"),
        )
        .where(LedgerEntry.pool_id == pool_id)
        .group_by(LedgerEntry.posting_id)
        .subquery()
    )
    wanted = select(LedgerEntry.posting_id).where(condition).distinct()  # type: ignore[arg-type]
    count = db.session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    reversal = aliased(LedgerPosting)
    rows = db.session.execute(
        select(LedgerPosting, LedgerEntry, User.name, Batch, Startup.name, running.c.free_after, reversal.id)
        .join(LedgerEntry, (LedgerEntry.posting_id == LedgerPosting.id) & (LedgerEntry.amount_minor > 0))
        .join(running, running.c.posting_id == LedgerPosting.id)
        .outerjoin(User, User.id == LedgerPosting.made_by_user_id)
        .outerjoin(CreditAllocation, CreditAllocation.id == LedgerEntry.allocation_id)
        .outerjoin(Batch, Batch.id == CreditAllocation.batch_id)
        .outerjoin(CreditGrant, CreditGrant.id == LedgerEntry.grant_id)
        .outerjoin(Startup, Startup.id == CreditGrant.startup_id)
        .outerjoin(reversal, reversal.reverses_id == LedgerPosting.id)
        .where(LedgerPosting.id.in_(wanted))
        .order_by(LedgerPosting.id.desc())
        .limit(PAGE_ROWS)
        .offset((page - 1) * PAGE_ROWS)
    )
    found = [
        PostingRow(
            id=posting.id,
            pool_id=entry.pool_id,
            kind=posting.kind,
            made_at=posting.made_at,
            made_by=made_by,
            memo=posting.memo,
            amount=_signed(posting.kind, entry),
            batch_name=Bilingual(batch.name_fr, batch.name_en) if batch is not None else None,
            startup_name=startup,
            grant_id=entry.grant_id,
            free_after=Money(int(free_after), entry.currency),
            reverses_id=posting.reverses_id,
            reversed_by=reversed_by,
            can_reverse=bool(ledger.may_reverse(posting.kind, is_reversed=reversed_by is not None)),
        )
        for posting, entry, made_by, batch, startup, free_after, reversed_by in rows
    ]
    return found, max(1, -(-count // PAGE_ROWS))


def _signed(kind: PostingKind, entry: LedgerEntry) -> Money:
    """The amount moved; usage or expiry that came back to its grant is below zero."""
    came_back = kind in (PostingKind.CONSUME, PostingKind.EXPIRE) and entry.account is A.GRANT
    return Money(-entry.amount_minor if came_back else entry.amount_minor, entry.currency)


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
