"""Queries · Credits — pools, allocations and grants with their figures, and the ledger line by line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, case, func, select

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import LedgerAccount, OfferState
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.kernel.money import Money
from accelerator.models.applications import Application
from accelerator.models.credits import (
    CreditAllocation,
    CreditGrant,
    CreditPool,
    LedgerEntry,
    Sponsor,
)
from accelerator.models.programmes import Batch
from accelerator.models.selection import Offer
from accelerator.models.startups import Startup


@dataclass(frozen=True)
class PoolRow:
    """One pool with its figures; `free` is not yet set aside for a batch, `left` neither used nor expired."""

    id: int
    name: str
    sponsor: str
    provider: str
    starts_on: date
    ends_on: date
    ceiling: Money
    allocated: Money
    granted: Money
    used: Money
    expired: Money
    free: Money
    left: Money


@dataclass(frozen=True)
class AllocationRow:
    """Credits set aside for one batch."""

    id: int
    pool_id: int
    pool_name: str
    batch_id: int
    batch_code: str
    batch_name: Bilingual
    amount: Money
    granted: Money
    free: Money
    grants: int
    pool_starts_on: date
    pool_ends_on: date


@dataclass(frozen=True)
class GrantRow:
    """One grant with what the ledger says of it."""

    id: int
    allocation_id: int
    startup_id: int
    startup_name: str
    batch_name: Bilingual
    pool_id: int
    pool_name: str
    provider: str
    starts_on: date
    expires_on: date
    granted_at: datetime
    reversed_at: datetime | None
    granted: Money
    used: Money
    expired: Money
    left: Money


@dataclass(frozen=True)
class Grantee:
    """A startup that accepted its place in the batch, with its grant if it has one."""

    startup_id: int
    name: str
    accepted_at: datetime | None
    grant: GrantRow | None


def _minor(account: LedgerAccount) -> object:
    return func.coalesce(func.sum(case((LedgerEntry.account == account, LedgerEntry.amount_minor), else_=0)), 0)


def _pool_rows(condition: object = None) -> list[PoolRow]:
    statement: Select[tuple[object, ...]] = (
        select(
            CreditPool,
            Sponsor.name,
            *(_minor(account) for account in (LedgerAccount.GRANT, LedgerAccount.CONSUMED, LedgerAccount.EXPIRED)),
        )  # type: ignore[call-overload]
        .join(Sponsor, Sponsor.id == CreditPool.sponsor_id)
        .outerjoin(LedgerEntry, LedgerEntry.pool_id == CreditPool.id)
        .group_by(CreditPool.id, Sponsor.name)
        .order_by(CreditPool.ends_on.desc(), CreditPool.name)
    )
    if condition is not None:
        statement = statement.where(condition)  # type: ignore[arg-type]
    found = []
    for pool, sponsor, held, used, expired in db.session.execute(statement):
        held, used, expired = int(held), int(used), int(expired)
        found.append(
            PoolRow(
                id=pool.id,
                name=pool.name,
                sponsor=sponsor,
                provider=pool.provider,
                starts_on=pool.starts_on,
                ends_on=pool.ends_on,
                ceiling=Money(pool.ceiling_minor, pool.currency),
                allocated=Money(pool.allocated_minor, pool.currency),
                granted=Money(held + used + expired, pool.currency),
                used=Money(used, pool.currency),
                expired=Money(expired, pool.currency),
                free=Money(pool.ceiling_minor - pool.allocated_minor, pool.currency),
                left=Money(pool.ceiling_minor - used - expired, pool.currency),
            )
        )
    return found


def pools() -> list[PoolRow]:
    """Every pool, the one that lasts longest first. One statement."""
    return _pool_rows()


def pool(pool_id: int) -> PoolRow:
    """One pool. Raises NotFound."""
    found = _pool_rows(CreditPool.id == pool_id)
    if not found:
        raise NotFound(Message("This pool does not exist."))
    return found[0]


def sponsors() -> list[str]:
    """Names of the sponsors, in alphabetical order."""
    return list(db.session.scalars(select(Sponsor.name).order_by(Sponsor.name)))


def batches() -> list[tuple[int, Bilingual]]:
    """Batches that credits can be set aside for, the latest first."""
    rows = db.session.execute(select(Batch.id, Batch.name_fr, Batch.name_en).order_by(Batch.starts_on.desc(), Batch.id))
    return [(batch_id, Bilingual(fr, en)) for batch_id, fr, en in rows]


def _allocation_rows(condition: object) -> list[AllocationRow]:
    rows = db.session.execute(
        select(CreditAllocation, CreditPool, Batch, func.count(CreditGrant.id))
        .join(CreditPool, CreditPool.id == CreditAllocation.pool_id)
        .join(Batch, Batch.id == CreditAllocation.batch_id)
        .outerjoin(CreditGrant, (CreditGrant.allocation_id == CreditAllocation.id) & CreditGrant.reversed_at.is_(None))
        .where(condition)  # type: ignore[arg-type]
        .group_by(CreditAllocation.id, CreditPool.id, Batch.id)
        .order_by(Batch.starts_on.desc(), Batch.id)
    )
    return [
        AllocationRow(
            id=allocation.id,
            pool_id=pool.id,
            pool_name=pool.name,
            batch_id=batch.id,
            batch_code=batch.code,
            batch_name=Bilingual(batch.name_fr, batch.name_en),
            amount=Money(allocation.amount_minor, pool.currency),
            granted=Money(allocation.granted_minor, pool.currency),
            free=Money(allocation.amount_minor - allocation.granted_minor, pool.currency),
            grants=grants,
            pool_starts_on=pool.starts_on,
            pool_ends_on=pool.ends_on,
        )
        for allocation, pool, batch, grants in rows
    ]


def allocations(pool_id: int) -> list[AllocationRow]:
    """What a pool has set aside, the latest batch first."""
    return _allocation_rows(CreditAllocation.pool_id == pool_id)


def allocation(allocation_id: int) -> AllocationRow:
    """One allocation. Raises NotFound."""
    found = _allocation_rows(CreditAllocation.id == allocation_id)
    if not found:
        raise NotFound(Message("This allocation does not exist."))
    return found[0]


def _grant_rows(condition: object) -> list[GrantRow]:
    """Grants with their figures, the one that expires first first. Two statements."""
    rows = db.session.execute(
        select(
            CreditGrant, Startup.name, Batch.name_fr, Batch.name_en, CreditPool.id, CreditPool.name, CreditPool.provider
        )
        .join(Startup, Startup.id == CreditGrant.startup_id)
        .join(CreditAllocation, CreditAllocation.id == CreditGrant.allocation_id)
        .join(CreditPool, CreditPool.id == CreditAllocation.pool_id)
        .join(Batch, Batch.id == CreditAllocation.batch_id)
        .where(condition)  # type: ignore[arg-type]
        .order_by(CreditGrant.expires_on, CreditGrant.id)
    ).all()
    held = _held(grant.id for grant, *_ in rows)
    return [
        GrantRow(
            id=grant.id,
            allocation_id=grant.allocation_id,
            startup_id=grant.startup_id,
            startup_name=name,
            batch_name=Bilingual(fr, en),
            pool_id=pool_id,
            pool_name=pool_name,
            provider=provider,
            starts_on=grant.starts_on,
            expires_on=grant.expires_on,
            granted_at=grant.granted_at,
            reversed_at=grant.reversed_at,
            granted=Money(sum(held[grant.id].values()), grant.currency),
            used=Money(held[grant.id][LedgerAccount.CONSUMED], grant.currency),
            expired=Money(held[grant.id][LedgerAccount.EXPIRED], grant.currency),
            left=Money(held[grant.id][LedgerAccount.GRANT], grant.currency),
        )
        for grant, name, fr, en, pool_id, pool_name, provider in rows
    ]


def _held(grant_ids: Iterable[int]) -> dict[int, dict[LedgerAccount, int]]:
    accounts = (LedgerAccount.GRANT, LedgerAccount.CONSUMED, LedgerAccount.EXPIRED)
    held: dict[int, dict[LedgerAccount, int]] = defaultdict(lambda: dict.fromkeys(accounts, 0))
    for grant_id, account, total in db.session.execute(
        select(LedgerEntry.grant_id, LedgerEntry.account, func.sum(LedgerEntry.amount_minor))
        .where(LedgerEntry.grant_id.in_(list(grant_ids)), LedgerEntry.account.in_(accounts))
        .group_by(LedgerEntry.grant_id, LedgerEntry.account)
    ):
        if grant_id is not None:
            held[grant_id][account] = int(total)
    return held


def grant(grant_id: int) -> GrantRow:
    """One grant, also one made by mistake. Raises NotFound."""
    found = _grant_rows(CreditGrant.id == grant_id)
    if not found:
        raise NotFound(Message("This grant does not exist."))
    return found[0]


def grants_of(startup_id: int) -> list[GrantRow]:
    """A startup's grants, without those made by mistake, the one that expires first first."""
    return _grant_rows((CreditGrant.startup_id == startup_id) & CreditGrant.reversed_at.is_(None))


def grantees(allocation_id: int) -> list[Grantee]:
    """The batch's startups that accepted their place, by name, each with its grant out of this allocation."""
    rows = db.session.execute(
        select(Startup.id, Startup.name, Offer.answered_at)
        .join(Application, Application.startup_id == Startup.id)
        .join(Offer, Offer.application_id == Application.id)
        .join(CreditAllocation, CreditAllocation.batch_id == Offer.batch_id)
        .where(CreditAllocation.id == allocation_id, Offer.state == OfferState.ACCEPTED)
        .order_by(Startup.name, Startup.id)
    ).all()
    granted = {
        row.startup_id: row
        for row in _grant_rows((CreditGrant.allocation_id == allocation_id) & CreditGrant.reversed_at.is_(None))
    }
    return [Grantee(startup_id, name, answered_at, granted.get(startup_id)) for startup_id, name, answered_at in rows]


def grant_holders() -> list[tuple[int, str]]:
    """Startups that have, or may get, credits: with a grant or an accepted place; by name."""
    accepted = (
        select(Application.startup_id)
        .join(Offer, Offer.application_id == Application.id)
        .where(Offer.state == OfferState.ACCEPTED)
    )
    rows = db.session.execute(
        select(Startup.id, Startup.name)
        .where(Startup.id.in_(accepted) | Startup.id.in_(select(CreditGrant.startup_id)))
        .order_by(Startup.name, Startup.id)
    )
    return [(startup_id, name) for startup_id, name in rows]


def startups_named(startup_ids: Iterable[int]) -> list[tuple[int, str]]:
    """These startups by name."""
    rows = db.session.execute(
        select(Startup.id, Startup.name).where(Startup.id.in_(list(startup_ids))).order_by(Startup.name, Startup.id)
    )
    return [(startup_id, name) for startup_id, name in rows]
