"""Lawful postings, balances that are conserved, usage drawn from lots to the last digit."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelerator.kernel.enums import LedgerAccount as A
from accelerator.kernel.enums import PostingKind as K
from accelerator.rules import ledger
from accelerator.rules.ledger import Holder, Lot, Settlement

JANUARY = date(2026, 1, 1)

MOVES = [
    (K.FUND, A.SPONSOR, A.POOL),
    (K.ALLOCATE, A.POOL, A.ALLOCATION),
    (K.GRANT, A.ALLOCATION, A.GRANT),
    (K.CONSUME, A.GRANT, A.CONSUMED),
    (K.CONSUME, A.CONSUMED, A.GRANT),
    (K.EXPIRE, A.GRANT, A.EXPIRED),
    (K.EXPIRE, A.EXPIRED, A.GRANT),
    (K.RETURN, A.GRANT, A.ALLOCATION),
    (K.RETURN, A.ALLOCATION, A.POOL),
]


def move(source: A, target: A, minor: int, **ids: int) -> tuple[ledger.Line, ledger.Line]:
    return ledger.move(source, target, minor, "EUR", **{"pool_id": 1, "allocation_id": 1, "grant_id": 1, **ids})


@given(st.lists(st.tuples(st.sampled_from(MOVES), st.integers(1, 500), st.booleans()), max_size=40))
def test_credits_are_conserved_and_never_overdrawn_whatever_is_tried(tries):
    balances: dict[Holder, int] = {}
    figures = dict.fromkeys(("ceiling", "allocated", "amount", "granted"), 0)
    posted: list[tuple[K, tuple[ledger.Line, ...]]] = []

    for (kind, source, target), minor, undo in tries:
        if undo and posted:
            kind, undone = posted.pop()
            lines, reverses, kind = ledger.reversal_of(undone), undone, K.REVERSE
        else:
            lines, reverses = move(source, target, minor), ()
        if ledger.may_post(kind, lines, balances, reverses=reverses):
            balances = ledger.after(lines, balances)
            change = ledger.moved(lines)
            figures["ceiling"] += change.ceiling_minor
            figures["allocated"] += change.allocated_minor
            figures["amount"] += change.amount_minor
            figures["granted"] += change.granted_minor
            if kind is not K.REVERSE:
                posted.append((kind, lines))

    def held(account: A) -> int:
        return balances.get(Holder(account, 1), 0)

    assert sum(balances.values()) == 0
    assert all(balance >= 0 for holder, balance in balances.items() if holder.account is not A.SPONSOR)
    assert figures["ceiling"] == -held(A.SPONSOR)
    assert figures["ceiling"] - figures["allocated"] == held(A.POOL)
    assert figures["amount"] - figures["granted"] == held(A.ALLOCATION)
    assert figures["granted"] == held(A.GRANT) + held(A.CONSUMED) + held(A.EXPIRED)
    assert 0 <= figures["granted"] <= figures["amount"] == figures["allocated"] <= figures["ceiling"]


@pytest.mark.parametrize(
    ("kind", "source", "target"),
    [
        (kind, source, target)
        for kind in K
        if kind is not K.REVERSE
        for source in A
        for target in A
        if source is not target and (kind, source, target) not in MOVES
    ],
)
def test_every_other_move_is_refused(kind: K, source: A, target: A):
    rich = {Holder(account, 1): 10_000 for account in A}

    assert not ledger.may_post(kind, move(source, target, 5), rich)


def test_a_posting_balances_in_one_pool_and_one_currency():
    taken, given = move(A.SPONSOR, A.POOL, 100)
    other_pool = move(A.SPONSOR, A.POOL, 100, pool_id=2)[1]
    dollars = ledger.move(A.SPONSOR, A.POOL, 100, "USD", pool_id=1)[1]

    assert not ledger.may_post(K.FUND, (taken,), {})
    assert not ledger.may_post(K.FUND, (taken, move(A.SPONSOR, A.POOL, 99)[1]), {})
    assert not ledger.may_post(K.FUND, (taken, other_pool), {})
    assert not ledger.may_post(K.FUND, (taken, dollars), {})
    assert not ledger.may_post(K.FUND, move(A.SPONSOR, A.POOL, 0), {})
    assert ledger.may_post(K.FUND, (taken, given), {})


def test_a_reversal_undoes_exactly_what_it_reverses():
    lines = move(A.SPONSOR, A.POOL, 100)
    balances = ledger.after(lines, {})

    assert ledger.may_post(K.REVERSE, ledger.reversal_of(lines), balances, reverses=lines)
    assert not ledger.may_post(K.REVERSE, ledger.reversal_of(move(A.SPONSOR, A.POOL, 99)), balances, reverses=lines)
    assert not ledger.may_post(K.REVERSE, ledger.reversal_of(lines), balances)


def test_only_what_people_posted_is_reversed_and_once():
    assert {kind for kind in K if ledger.may_reverse(kind, is_reversed=False)} == {
        K.FUND,
        K.ALLOCATE,
        K.GRANT,
        K.RETURN,
    }
    assert not ledger.may_reverse(K.GRANT, is_reversed=True)


def lot(id: int, first: int, last: int, minor: int) -> Lot:
    return Lot(id, JANUARY + timedelta(days=first), JANUARY + timedelta(days=last), minor)


def test_usage_takes_first_what_expires_first_and_only_on_living_days():
    usage = {JANUARY + timedelta(days=day): Decimal("6.005") for day in (0, 1, 5, 20)}

    drawn = ledger.draw(usage, [lot(1, 0, 10, 10_000), lot(2, 0, 3, 1000)])

    assert drawn.used == {2: Decimal("10"), 1: Decimal("8.015")}
    assert drawn.billed == Decimal("6.005")


def test_a_correction_gives_back_what_was_billed_before_what_was_drawn():
    usage = {
        JANUARY: Decimal("15"),
        JANUARY + timedelta(days=1): Decimal("-7"),
        JANUARY + timedelta(days=2): Decimal("1"),
    }

    drawn = ledger.draw(usage, [lot(1, 0, 10, 1000)])

    assert drawn.used == {1: Decimal("9")}
    assert drawn.billed == 0


@given(
    st.dictionaries(
        st.integers(0, 40).map(lambda day: JANUARY + timedelta(days=day)),
        st.decimals(-500, 500, places=9, allow_nan=False),
        max_size=30,
    ),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 20), st.integers(1, 40_000)), max_size=4),
)
def test_drawing_loses_no_digit_and_no_lot_gives_more_than_it_has(usage, shapes):
    lots = [lot(number, first, first + length, minor) for number, (first, length, minor) in enumerate(shapes)]

    drawn = ledger.draw(usage, lots)

    assert sum(drawn.used.values(), Decimal(0)) + drawn.billed == sum(usage.values(), Decimal(0))
    for each in lots:
        assert 0 <= drawn.used[each.id] <= Decimal(each.available_minor) / 100


@pytest.mark.parametrize(
    ("used", "consumed"),
    [("0.004", 0), ("0.005", 0), ("0.015", 2), ("0.0250000001", 3), ("99.999", 10_000), ("120", 10_000), ("-3", 0)],
)
def test_settling_rounds_once_half_to_even_and_caps_at_the_grant(used: str, consumed: int):
    settled = ledger.settle(lot(1, 0, 10, 10_000), Decimal(used), today=JANUARY)

    assert settled == Settlement(consumed, 0)


def test_settling_expires_the_rest_from_the_day_after_the_last():
    each = lot(1, 0, 10, 10_000)

    assert ledger.settle(each, Decimal("40"), today=each.expires_on) == Settlement(4000, 0)
    assert ledger.settle(each, Decimal("40"), today=each.expires_on + timedelta(days=1)) == Settlement(4000, 6000)
