"""Rules · Ledger — double entry for credits: which postings are lawful, what balances they leave, how usage settles.

Every posting moves credits between two accounts of one pool: what leaves one arrives at the other, in whole
minor units of one currency. The sponsor's account is the source and goes below zero by what was promised; every
other balance stays at zero or above.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Final

from accelerator.kernel.enums import LedgerAccount as A
from accelerator.kernel.enums import PostingKind as K
from accelerator.kernel.message import Message
from accelerator.kernel.verdict import YES, Verdict

DIGITS: Final = 120
"""Digits kept while adding usage: far more than any sum of a cost export has, so that nothing is rounded."""


@dataclass(frozen=True)
class Line:
    """One line of a posting: credits that arrive at an account (positive) or leave it (negative)."""

    account: A
    pool_id: int
    amount_minor: int
    currency: str
    allocation_id: int | None = None
    grant_id: int | None = None


@dataclass(frozen=True)
class Holder:
    """Whose account it is: the pool's, the allocation's or the grant's."""

    account: A
    id: int | None


Balances = Mapping[Holder, int]

_MOVES: Final[Mapping[K, frozenset[tuple[A, A]]]] = {
    K.FUND: frozenset({(A.SPONSOR, A.POOL)}),
    K.ALLOCATE: frozenset({(A.POOL, A.ALLOCATION)}),
    K.GRANT: frozenset({(A.ALLOCATION, A.GRANT)}),
    K.CONSUME: frozenset({(A.GRANT, A.CONSUMED), (A.CONSUMED, A.GRANT)}),
    K.EXPIRE: frozenset({(A.GRANT, A.EXPIRED), (A.EXPIRED, A.GRANT)}),
    K.RETURN: frozenset({(A.GRANT, A.ALLOCATION), (A.ALLOCATION, A.POOL)}),
}
"""From which account to which each kind moves credits. A corrected month moves usage back."""

REVERSIBLE: Final = frozenset({K.FUND, K.ALLOCATE, K.GRANT, K.RETURN})
"""What people post they may take back. Usage and expiry follow from the provider's readings and the calendar."""


def holder_of(line: Line) -> Holder:
    """The account a line moves."""
    if line.account in (A.SPONSOR, A.POOL):
        return Holder(line.account, line.pool_id)
    if line.account is A.ALLOCATION:
        return Holder(line.account, line.allocation_id)
    return Holder(line.account, line.grant_id)


def move(
    source: A,
    target: A,
    amount_minor: int,
    currency: str,
    *,
    pool_id: int,
    allocation_id: int | None = None,
    grant_id: int | None = None,
) -> tuple[Line, Line]:
    """The two lines that take an amount from one account to the other; they sum to zero."""
    given = Line(source, pool_id, -amount_minor, currency, allocation_id, grant_id)
    return given, replace(given, account=target, amount_minor=amount_minor)


def after(lines: Iterable[Line], balances: Balances) -> dict[Holder, int]:
    """The balances once the lines are posted."""
    left = dict(balances)
    for line in lines:
        holder = holder_of(line)
        left[holder] = left.get(holder, 0) + line.amount_minor
    return left


def may_post(kind: K, lines: Sequence[Line], balances: Balances, *, reverses: Sequence[Line] = ()) -> Verdict:
    """Two lines of one pool and currency that sum to zero, move the way the kind says, and overdraw nothing.

    A reversal is lawful when it undoes, line by line, exactly what it reverses.
    """
    if len(lines) != 2 or sum(line.amount_minor for line in lines) != 0:
        return Verdict(False, Message("A posting takes from one account exactly what it gives to another."))
    if len({line.currency for line in lines}) != 1 or len({line.pool_id for line in lines}) != 1:
        return Verdict(False, Message("A posting stays within one pool and one currency."))
    source, target = sorted(lines, key=lambda line: line.amount_minor)
    if target.amount_minor <= 0:
        return Verdict(False, Message("A posting moves more than nothing."))
    if kind is K.REVERSE:
        lawful = set(reversal_of(reverses)) == set(lines)
    else:
        lawful = (source.account, target.account) in _MOVES[kind]
    if not lawful:
        return Verdict(False, Message("Credits do not move between these accounts."))
    for holder, balance in after(lines, balances).items():
        if balance < 0 and holder.account is not A.SPONSOR:
            return Verdict(False, Message("There are not enough credits left."))
    return YES


def reversal_of(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines that undo these."""
    return tuple(replace(line, amount_minor=-line.amount_minor) for line in lines)


def may_reverse(kind: K, *, is_reversed: bool) -> Verdict:
    """Only what people posted themselves, and only once."""
    if kind not in REVERSIBLE:
        return Verdict(False, Message("This posting follows from usage or the calendar. Import a corrected export."))
    if is_reversed:
        return Verdict(False, Message("This posting has been reversed already."))
    return YES


@dataclass(frozen=True)
class Lot:
    """Credits of one grant as usage may draw on them: from its first to its last day, both included."""

    id: int
    starts_on: date
    expires_on: date
    available_minor: int


@dataclass(frozen=True)
class Drawn:
    """What usage takes out of each lot and on each day, exactly, and what no lot paid: that part is billed."""

    used: Mapping[int, Decimal]
    by_day: Mapping[date, Decimal]
    billed: Decimal


def draw(usage: Mapping[date, Decimal], lots: Sequence[Lot]) -> Drawn:
    """Usage day by day against the lots alive that day, the one that expires first before the others.

    A day below zero (the provider's correction) gives back to the lots in reverse order what was drawn, and lowers
    the days that follow by the rest.

    Invariant: used + billed equals the usage to the last digit; no lot gives more than it has.
    """
    order = sorted(lots, key=lambda lot: (lot.expires_on, lot.id))
    used = {lot.id: Decimal(0) for lot in order}
    by_day: dict[date, Decimal] = {}
    billed = owed = Decimal(0)
    with localcontext() as context:
        context.prec = DIGITS
        for day in sorted(usage):
            before = sum(used.values(), Decimal(0))
            amount = usage[day] + owed
            if amount < 0:
                back = min(-amount, billed)
                billed -= back
                owed = _give_back(amount + back, order, used)
            else:
                owed = Decimal(0)
                billed += _take(amount, [lot for lot in order if lot.starts_on <= day <= lot.expires_on], used)
            by_day[day] = sum(used.values(), Decimal(0)) - before
        return Drawn(used, by_day, billed + owed)


def _take(amount: Decimal, lots: Sequence[Lot], used: dict[int, Decimal]) -> Decimal:
    """Draw an amount from the lots in order; what they do not have."""
    for lot in lots:
        taken = min(amount, Decimal(lot.available_minor).scaleb(-2) - used[lot.id])
        used[lot.id] += taken
        amount -= taken
    return amount


def _give_back(amount: Decimal, lots: Sequence[Lot], used: dict[int, Decimal]) -> Decimal:
    """Return an amount below zero to the lots, the last drawn first; what is still owed, below zero."""
    for lot in reversed(lots):
        back = min(-amount, used[lot.id])
        used[lot.id] -= back
        amount += back
    return amount


@dataclass(frozen=True)
class Settlement:
    """What the ledger should say of one grant: used and expired, in minor units."""

    consumed_minor: int
    expired_minor: int


def settle(lot: Lot, used: Decimal, *, today: date) -> Settlement:
    """Usage in cents, and after the last day the rest as expired.

    Units: the exact sum of the grant's usage is rounded once, half to even, to minor units.
    """
    with localcontext() as context:
        context.prec = DIGITS
        consumed = int((used * 100).quantize(Decimal(1), ROUND_HALF_EVEN))
    consumed = max(0, min(consumed, lot.available_minor))
    return Settlement(consumed, lot.available_minor - consumed if today > lot.expires_on else 0)


@dataclass(frozen=True)
class Moved:
    """What lines change in the figures kept on the pool and the allocation, so that they equal the ledger's sums."""

    ceiling_minor: int = 0
    allocated_minor: int = 0
    amount_minor: int = 0
    granted_minor: int = 0


def moved(lines: Iterable[Line]) -> Moved:
    """The ceiling is what the sponsor gave, allocated what left the pool, granted what left the allocation."""
    change = dict.fromkeys(A, 0)
    for line in lines:
        change[line.account] += line.amount_minor
    granted = change[A.GRANT] + change[A.CONSUMED] + change[A.EXPIRED]
    return Moved(
        ceiling_minor=-change[A.SPONSOR],
        allocated_minor=-change[A.SPONSOR] - change[A.POOL],
        amount_minor=change[A.ALLOCATION] + granted,
        granted_minor=granted,
    )
