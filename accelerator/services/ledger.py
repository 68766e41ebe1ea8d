"""Services · Ledger — the only place that writes postings; the figures on pools and allocations move with them.

A posting is never changed. A mistake is reversed; usage that the provider corrects is posted as the difference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal, localcontext
from typing import Final

from sqlalchemy import func, select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import SYSTEM, Actor
from accelerator.kernel.enums import LedgerAccount, PostingKind
from accelerator.kernel.errors import NotAllowed, NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.money import Money
from accelerator.kernel.permissions import Permission
from accelerator.models.credits import (
    CloudAccount,
    CreditAllocation,
    CreditGrant,
    CreditPool,
    LedgerEntry,
    LedgerPosting,
    UsageReading,
)
from accelerator.rules import access, ledger
from accelerator.services import audit, request_keys
from accelerator.services.transaction import changed_rows, transaction

ZONE: Final = "Europe/Paris"
"""Grants begin and expire by the calendar of this zone."""

_OF_GRANT: Final = (LedgerAccount.GRANT, LedgerAccount.CONSUMED, LedgerAccount.EXPIRED)


def post(
    actor: Actor,
    kind: PostingKind,
    lines: Sequence[ledger.Line],
    *,
    memo: str = "",
    reverses: LedgerPosting | None = None,
) -> int:
    """Store one posting in the caller's transaction, and move the pool's and the allocation's figures with it.

    Returns: the posting id.
    Raises:  RuleViolation when there is not enough left or the move is not lawful.
    """
    _take(lines)
    for grant_id in {line.grant_id for line in lines if line.grant_id is not None}:
        db.session.execute(select(CreditGrant.id).where(CreditGrant.id == grant_id).with_for_update())
    undone = entries_of(reverses.id) if reverses is not None else ()
    verdict = ledger.may_post(kind, lines, _balances(lines), reverses=undone)
    if not verdict:
        raise RuleViolation(verdict.reason)
    posting = LedgerPosting(
        kind=kind,
        made_at=clock.now(),
        made_by_user_id=actor.user_id,
        memo=memo[:300],
        reverses_id=reverses.id if reverses is not None else None,
    )
    db.session.add(posting)
    db.session.flush()
    db.session.add_all(
        LedgerEntry(
            posting_id=posting.id,
            account=line.account,
            pool_id=line.pool_id,
            allocation_id=line.allocation_id,
            grant_id=line.grant_id,
            amount_minor=line.amount_minor,
            currency=line.currency,
        )
        for line in lines
    )
    db.session.flush()
    return posting.id


def _take(lines: Sequence[ledger.Line]) -> None:
    """Move the kept figures by one conditional UPDATE each: who changes no row got nothing."""
    change, line = ledger.moved(lines), lines[0]
    if change.ceiling_minor or change.allocated_minor:
        ceiling = CreditPool.ceiling_minor + change.ceiling_minor
        allocated = CreditPool.allocated_minor + change.allocated_minor
        taken = changed_rows(
            update(CreditPool)
            .where(CreditPool.id == line.pool_id, allocated >= 0, allocated <= ceiling)
            .values(ceiling_minor=ceiling, allocated_minor=allocated)
            .execution_options(synchronize_session="fetch")
        )
        if not taken:
            left = db.session.scalars(
                select(CreditPool.ceiling_minor - CreditPool.allocated_minor).where(CreditPool.id == line.pool_id)
            ).one()
            raise RuleViolation(
                Message("Only %(left)s is left in this pool.", left=Money(left, line.currency)), field="amount"
            )
    if change.amount_minor or change.granted_minor:
        amount = CreditAllocation.amount_minor + change.amount_minor
        granted = CreditAllocation.granted_minor + change.granted_minor
        taken = changed_rows(
            update(CreditAllocation)
            .where(CreditAllocation.id == line.allocation_id, granted >= 0, granted <= amount)
            .values(amount_minor=amount, granted_minor=granted)
            .execution_options(synchronize_session="fetch")
        )
        if not taken:
            left = db.session.scalars(
                select(CreditAllocation.amount_minor - CreditAllocation.granted_minor).where(
                    CreditAllocation.id == line.allocation_id
                )
            ).one()
            raise RuleViolation(
                Message("Only %(left)s is left for this batch.", left=Money(left, line.currency)), field="amount"
            )


def _balances(lines: Iterable[ledger.Line]) -> dict[ledger.Holder, int]:
    """What the accounts of these lines hold now."""
    columns = {
        LedgerAccount.SPONSOR: LedgerEntry.pool_id,
        LedgerAccount.POOL: LedgerEntry.pool_id,
        LedgerAccount.ALLOCATION: LedgerEntry.allocation_id,
    }
    found = {}
    for holder in {ledger.holder_of(line) for line in lines}:
        column = columns.get(holder.account, LedgerEntry.grant_id)
        found[holder] = int(
            db.session.scalars(
                select(func.coalesce(func.sum(LedgerEntry.amount_minor), 0)).where(
                    LedgerEntry.account == holder.account, column == holder.id
                )
            ).one()
        )
    return found


def grant_left(grant_id: int) -> int:
    """What a grant still holds, in minor units."""
    return int(
        db.session.scalars(
            select(func.coalesce(func.sum(LedgerEntry.amount_minor), 0)).where(
                LedgerEntry.account == LedgerAccount.GRANT, LedgerEntry.grant_id == grant_id
            )
        ).one()
    )


def entries_of(posting_id: int) -> tuple[ledger.Line, ...]:
    """The lines of one posting, as the rules want them."""
    rows = db.session.scalars(select(LedgerEntry).where(LedgerEntry.posting_id == posting_id).order_by(LedgerEntry.id))
    return tuple(
        ledger.Line(row.account, row.pool_id, row.amount_minor, row.currency, row.allocation_id, row.grant_id)
        for row in rows
    )


def reverse_posting(*, actor: Actor, posting_id: int, reason: str, request_key: str = "") -> int:
    """Undo one posting by its mirror image, with the reason; a grant so undone may be made again.

    Returns: the id of the reversal.
    Raises:  NotAllowed, NotFound, RuleViolation.
    """
    with transaction():
        allowed = access.may(actor, Permission.CREDIT_MANAGE)
        if not allowed:
            raise NotAllowed(allowed.reason)
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        posting = db.session.get(LedgerPosting, posting_id, with_for_update=True)
        if posting is None:
            raise NotFound(Message("This posting does not exist."))
        if not reason.strip():
            raise RuleViolation(Message("Say why."), field="reason")
        reversal = db.session.scalar(select(LedgerPosting.id).where(LedgerPosting.reverses_id == posting_id))
        verdict = ledger.may_reverse(posting.kind, is_reversed=reversal is not None)
        if not verdict:
            raise RuleViolation(verdict.reason)
        lines = entries_of(posting_id)
        reversal_id = post(actor, PostingKind.REVERSE, ledger.reversal_of(lines), memo=reason.strip(), reverses=posting)
        if posting.kind is PostingKind.GRANT:
            db.session.get_one(CreditGrant, lines[0].grant_id).reversed_at = clock.now()
        audit.record(actor, "reversed posting", f"ledger_posting:{posting_id}", reversal=reversal_id, reason=reason)
        request_keys.keep(actor, request_key, reversal_id)
        return reversal_id


def settle_startup(*, actor: Actor, startup_id: int, memo: str = "") -> int:
    """Post what usage and the calendar changed for a startup's grants since the last time; the number of postings.

    Each grant's covered usage is summed exactly over its days, rounded once to minor units, capped at what the
    grant holds. Only the difference to what was posted before is posted. Done twice, the second posts nothing.
    """
    with transaction():
        grants = db.session.execute(
            select(CreditGrant, CreditAllocation.pool_id)
            .join(CreditAllocation, CreditAllocation.id == CreditGrant.allocation_id)
            .where(CreditGrant.startup_id == startup_id, CreditGrant.reversed_at.is_(None))
            .order_by(CreditGrant.expires_on, CreditGrant.id)
            .with_for_update(of=CreditGrant)
        ).all()
        if not grants:
            return 0
        held = _held({grant.id for grant, _pool in grants})
        today, posted = clock.today_in(ZONE), 0
        usage = _covered_usage(startup_id)
        for currency in sorted({grant.currency for grant, _pool in grants}):
            lots = [
                ledger.Lot(grant.id, grant.starts_on, grant.expires_on, sum(held[grant.id].values()))
                for grant, _pool in grants
                if grant.currency == currency
            ]
            drawn = ledger.draw(usage.get(currency, {}), lots)
            by_id = {grant.id: (grant, pool_id) for grant, pool_id in grants}
            for lot in lots:
                target = ledger.settle(lot, drawn.used[lot.id], today=today)
                posted += _post_difference(actor, *by_id[lot.id], held[lot.id], target, memo)
        return posted


def _held(grant_ids: set[int]) -> dict[int, dict[LedgerAccount, int]]:
    """Granted, consumed and expired by grant, as the ledger has them."""
    held = {grant_id: dict.fromkeys(_OF_GRANT, 0) for grant_id in grant_ids}
    rows = db.session.execute(
        select(LedgerEntry.grant_id, LedgerEntry.account, func.sum(LedgerEntry.amount_minor))
        .where(LedgerEntry.grant_id.in_(grant_ids), LedgerEntry.account.in_(_OF_GRANT))
        .group_by(LedgerEntry.grant_id, LedgerEntry.account)
    )
    for grant_id, account, total in rows:
        if grant_id is not None:
            held[grant_id][account] = int(total)
    return held


def _covered_usage(startup_id: int) -> dict[str, dict[date, Decimal]]:
    """What a startup's linked accounts spent on what credits cover, by currency and day, exactly."""
    usage: dict[str, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    rows = db.session.execute(
        select(UsageReading.currency, UsageReading.day, UsageReading.amount)
        .join(CloudAccount, CloudAccount.sub_account == UsageReading.sub_account)
        .where(CloudAccount.startup_id == startup_id, UsageReading.is_covered)
    )
    with localcontext() as context:
        context.prec = ledger.DIGITS
        for currency, day, amount in rows:
            usage[currency][day] += amount
    return usage


def _post_difference(
    actor: Actor,
    grant: CreditGrant,
    pool_id: int,
    held: Mapping[LedgerAccount, int],
    target: ledger.Settlement,
    memo: str,
) -> int:
    """Post what is missing between the ledger and the target; what comes back first."""
    differences = [
        (PostingKind.CONSUME, LedgerAccount.CONSUMED, target.consumed_minor - held[LedgerAccount.CONSUMED]),
        (PostingKind.EXPIRE, LedgerAccount.EXPIRED, target.expired_minor - held[LedgerAccount.EXPIRED]),
    ]
    posted = 0
    for kind, account, difference in sorted(differences, key=lambda item: item[2]):
        if difference == 0:
            continue
        lines = ledger.move(
            LedgerAccount.GRANT if difference > 0 else account,
            account if difference > 0 else LedgerAccount.GRANT,
            abs(difference),
            grant.currency,
            pool_id=pool_id,
            allocation_id=grant.allocation_id,
            grant_id=grant.id,
        )
        posting_id = post(actor, kind, lines, memo=memo)
        audit.record(actor, f"posted {kind}", f"credit_grant:{grant.id}", posting=posting_id, minor=difference)
        posted += 1
    return posted


def expire_due_grants() -> int:
    """Post the unused rest of every grant past its last day as expired; the number of postings."""
    today = clock.today_in(ZONE)
    due = db.session.scalars(
        select(CreditGrant.startup_id)
        .join(LedgerEntry, LedgerEntry.grant_id == CreditGrant.id)
        .where(
            CreditGrant.expires_on < today,
            CreditGrant.reversed_at.is_(None),
            LedgerEntry.account == LedgerAccount.GRANT,
        )
        .group_by(CreditGrant.id, CreditGrant.startup_id)
        .having(func.sum(LedgerEntry.amount_minor) > 0)
    ).all()
    return sum(settle_startup(actor=SYSTEM, startup_id=startup_id) for startup_id in sorted(set(due)))
