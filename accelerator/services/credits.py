"""Services · Credits — pool, allocation to a batch, grant to an accepted startup, and what goes back unused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import LedgerAccount, OfferState, PostingKind
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.money import Money
from accelerator.kernel.permissions import Permission
from accelerator.models.applications import Application
from accelerator.models.credits import CreditAllocation, CreditGrant, CreditPool, Sponsor
from accelerator.models.programmes import Batch
from accelerator.models.selection import Offer
from accelerator.models.startups import Membership, Startup
from accelerator.rules import access, ledger
from accelerator.services import audit, letters, request_keys
from accelerator.services.ledger import post, settle_startup
from accelerator.services.transaction import transaction

MOST_MINOR = 10**15


def require_manager(actor: Actor) -> None:
    """Raise NotAllowed unless the actor manages credits."""
    verdict = access.may(actor, Permission.CREDIT_MANAGE)
    if not verdict:
        raise NotAllowed(verdict.reason)


def require_amount(amount_minor: int) -> None:
    """Raise RuleViolation unless the amount is above zero and below what the ledger counts to."""
    if not 0 < amount_minor <= MOST_MINOR:
        raise RuleViolation(Message("The amount must be above zero."), field="amount")


def fund_pool(
    *,
    actor: Actor,
    sponsor: str,
    name: str,
    ceiling: Money,
    starts_on: date,
    ends_on: date,
    provider: str = "Microsoft Azure",
    request_key: str = "",
) -> int:
    """Open a pool with what its sponsor promises; the pool id. A sponsor is known by name, made when new."""
    with transaction():
        require_manager(actor)
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        require_amount(ceiling.minor)
        if ends_on < starts_on:
            raise RuleViolation(Message("A pool ends after it starts."), field="ends_on")
        if db.session.scalar(select(CreditPool.id).where(CreditPool.name == name)) is not None:
            raise RuleViolation(Message("Another pool has this name."), field="name")
        pool = CreditPool(
            sponsor_id=_sponsor_id(sponsor),
            name=name,
            provider=provider,
            currency=ceiling.currency,
            ceiling_minor=0,
            allocated_minor=0,
            starts_on=starts_on,
            ends_on=ends_on,
        )
        db.session.add(pool)
        db.session.flush()
        _fund(actor, pool, ceiling.minor, "")
        request_keys.keep(actor, request_key, pool.id)
        return pool.id


def top_up_pool(*, actor: Actor, pool_id: int, amount_minor: int, memo: str = "", request_key: str = "") -> int:
    """Raise a pool's ceiling by what its sponsor adds; the pool id."""
    with transaction():
        require_manager(actor)
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        require_amount(amount_minor)
        pool = _pool(pool_id)
        _fund(actor, pool, amount_minor, memo)
        request_keys.keep(actor, request_key, pool.id)
        return pool.id


def _sponsor_id(name: str) -> int:
    """The sponsor of this name, made when new."""
    sponsor = db.session.scalar(select(Sponsor).where(Sponsor.name == name))
    if sponsor is None:
        sponsor = Sponsor(name=name)
        db.session.add(sponsor)
        db.session.flush()
    return sponsor.id


def _fund(actor: Actor, pool: CreditPool, amount_minor: int, memo: str) -> None:
    lines = ledger.move(LedgerAccount.SPONSOR, LedgerAccount.POOL, amount_minor, pool.currency, pool_id=pool.id)
    posting_id = post(actor, PostingKind.FUND, lines, memo=memo)
    audit.record(actor, "funded pool", f"credit_pool:{pool.id}", minor=amount_minor, posting=posting_id)


def allocate(
    *, actor: Actor, pool_id: int, batch_id: int, amount_minor: int, memo: str = "", request_key: str = ""
) -> int:
    """Set credits of a pool aside for a batch, or add to what was; the allocation id. Never more than the pool has.

    Raises: NotAllowed, NotFound, RuleViolation.
    """
    with transaction():
        require_manager(actor)
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        require_amount(amount_minor)
        pool = _pool(pool_id)
        if db.session.get(Batch, batch_id) is None:
            raise NotFound(Message("This batch does not exist."))
        allocation = db.session.scalar(
            select(CreditAllocation)
            .where(CreditAllocation.pool_id == pool_id, CreditAllocation.batch_id == batch_id)
            .with_for_update()
        )
        if allocation is None:
            allocation = CreditAllocation(
                pool_id=pool_id, batch_id=batch_id, amount_minor=0, granted_minor=0, made_at=clock.now()
            )
            db.session.add(allocation)
            db.session.flush()
        lines = ledger.move(
            LedgerAccount.POOL,
            LedgerAccount.ALLOCATION,
            amount_minor,
            pool.currency,
            pool_id=pool_id,
            allocation_id=allocation.id,
        )
        post(actor, PostingKind.ALLOCATE, lines, memo=memo)
        audit.record(actor, "allocated credits", f"credit_allocation:{allocation.id}", minor=amount_minor)
        request_keys.keep(actor, request_key, allocation.id)
        return allocation.id


def grant(
    *,
    actor: Actor,
    allocation_id: int,
    startup_id: int,
    amount_minor: int,
    starts_on: date,
    expires_on: date,
    request_key: str = "",
) -> int:
    """Award credits to one startup that accepted its place in the batch; the grant id.

    One grant per allocation and startup; never more than the allocation has, under any race.

    Raises: NotAllowed, NotFound, RuleViolation.
    """
    with transaction():
        require_manager(actor)
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        allocation, pool = locked_allocation(allocation_id)
        _refuse_dates(pool, starts_on, expires_on)
        if startup_id not in _accepted(allocation.batch_id):
            raise RuleViolation(Message("Only startups that accepted their place in this batch get credits."))
        if startup_id in _granted(allocation_id):
            raise RuleViolation(Message("This startup already has its grant from this pool and batch."))
        grant_id = _grant(actor, allocation, pool, startup_id, amount_minor, starts_on, expires_on)
        request_keys.keep(actor, request_key, grant_id)
        return grant_id


@dataclass(frozen=True)
class Recap:
    """What granting the same amount to every startup that waits would do."""

    startups: int
    each: Money
    total: Money
    left_after: Money


def preview_cohort(*, actor: Actor, allocation_id: int, amount_minor: int, starts_on: date, expires_on: date) -> Recap:
    """What `grant_to_cohort` would do now; refused for the same reasons. Changes nothing."""
    with transaction():
        require_manager(actor)
        return _recap(*_cohort(allocation_id, starts_on, expires_on), amount_minor)


def grant_to_cohort(
    *,
    actor: Actor,
    allocation_id: int,
    amount_minor: int,
    starts_on: date,
    expires_on: date,
    expected_startups: int,
    request_key: str = "",
) -> int:
    """Award the same amount to every accepted startup that has no grant yet, all or none; how many were made.

    Args:   expected_startups is the number the recap showed; another number now is refused.
    Raises: NotAllowed, NotFound, RuleViolation, Conflict.
    """
    with transaction():
        require_manager(actor)
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        allocation, pool, waiting = _cohort(allocation_id, starts_on, expires_on)
        if len(waiting) != expected_startups:
            raise Conflict(
                Message("The cohort changed meanwhile: %(count)s startups wait now. Look again.", count=len(waiting))
            )
        _recap(allocation, pool, waiting, amount_minor)
        for startup_id in waiting:
            _grant(actor, allocation, pool, startup_id, amount_minor, starts_on, expires_on)
        request_keys.keep(actor, request_key, len(waiting))
        return len(waiting)


def _pool(pool_id: int) -> CreditPool:
    pool = db.session.get(CreditPool, pool_id)
    if pool is None:
        raise NotFound(Message("This pool does not exist."))
    return pool


def locked_allocation(allocation_id: int) -> tuple[CreditAllocation, CreditPool]:
    """An allocation and its pool; nobody else changes the allocation until the transaction ends. Raises NotFound."""
    allocation = db.session.get(CreditAllocation, allocation_id, with_for_update=True)
    if allocation is None:
        raise NotFound(Message("This allocation does not exist."))
    return allocation, db.session.get_one(CreditPool, allocation.pool_id)


def _refuse_dates(pool: CreditPool, starts_on: date, expires_on: date) -> None:
    if expires_on < starts_on:
        raise RuleViolation(Message("Credits expire after they start."), field="expires_on")
    if starts_on < pool.starts_on:
        raise RuleViolation(Message("The pool starts on %(day)s.", day=pool.starts_on), field="starts_on")
    if expires_on > pool.ends_on:
        raise RuleViolation(Message("The pool ends on %(day)s.", day=pool.ends_on), field="expires_on")


def _accepted(batch_id: int) -> set[int]:
    """The startups that accepted their place in a batch."""
    return set(
        db.session.scalars(
            select(Application.startup_id)
            .join(Offer, Offer.application_id == Application.id)
            .where(Offer.batch_id == batch_id, Offer.state == OfferState.ACCEPTED)
        )
    )


def _cohort(allocation_id: int, starts_on: date, expires_on: date) -> tuple[CreditAllocation, CreditPool, list[int]]:
    """The allocation, its pool, and the accepted startups that have no grant out of it."""
    allocation, pool = locked_allocation(allocation_id)
    _refuse_dates(pool, starts_on, expires_on)
    return allocation, pool, sorted(_accepted(allocation.batch_id) - _granted(allocation_id))


def _recap(allocation: CreditAllocation, pool: CreditPool, waiting: list[int], amount_minor: int) -> Recap:
    require_amount(amount_minor)
    if not waiting:
        raise RuleViolation(Message("Every accepted startup has its grant already."))
    left = Money(allocation.amount_minor - allocation.granted_minor, pool.currency)
    total = Money(amount_minor * len(waiting), pool.currency)
    if left < total:
        raise RuleViolation(Message("Only %(left)s is left for this batch.", left=left), field="amount")
    return Recap(len(waiting), Money(amount_minor, pool.currency), total, left - total)


def _granted(allocation_id: int) -> set[int]:
    return set(
        db.session.scalars(
            select(CreditGrant.startup_id).where(
                CreditGrant.allocation_id == allocation_id, CreditGrant.reversed_at.is_(None)
            )
        )
    )


def _grant(
    actor: Actor,
    allocation: CreditAllocation,
    pool: CreditPool,
    startup_id: int,
    amount_minor: int,
    starts_on: date,
    expires_on: date,
) -> int:
    """The grant, its posting, its letters, and the usage that already falls into its days."""
    require_amount(amount_minor)
    row = CreditGrant(
        allocation_id=allocation.id,
        startup_id=startup_id,
        amount_minor=amount_minor,
        currency=pool.currency,
        starts_on=starts_on,
        expires_on=expires_on,
        granted_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    lines = ledger.move(
        LedgerAccount.ALLOCATION,
        LedgerAccount.GRANT,
        amount_minor,
        pool.currency,
        pool_id=pool.id,
        allocation_id=allocation.id,
        grant_id=row.id,
    )
    post(actor, PostingKind.GRANT, lines)
    audit.record(actor, "granted credits", f"credit_grant:{row.id}", minor=amount_minor, startup=startup_id)
    _tell_people(row, pool)
    settle_startup(actor=actor, startup_id=startup_id)
    return row.id


def _tell_people(row: CreditGrant, pool: CreditPool) -> None:
    """A letter to everybody of the startup."""
    startup = db.session.get_one(Startup, row.startup_id)
    people = db.session.scalars(
        select(Membership.user_id).where(Membership.startup_id == startup.id).order_by(Membership.user_id)
    )
    for user_id in people:
        letters.write(
            user_id,
            "credits_granted",
            about=f"credit_grant:{row.id}",
            values={
                "startup": startup.name,
                "amount": Money(row.amount_minor, row.currency),
                "provider": pool.provider,
                "starts_on": row.starts_on,
                "expires_on": row.expires_on,
            },
        )
