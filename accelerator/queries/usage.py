"""Queries · Usage — what cost exports said: imports, accounts nobody is linked to, a startup's spending by day.

Amounts are exact decimals kept as text, so they are summed here and not by the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, localcontext

from sqlalchemy import func, select

from accelerator.extensions import db
from accelerator.kernel.enums import NotCovered
from accelerator.kernel.message import Message, unpacked
from accelerator.kernel.money import Money
from accelerator.models.accounts import User
from accelerator.models.credits import CloudAccount, CreditGrant, UsageImport, UsageReading
from accelerator.models.startups import Startup
from accelerator.rules import ledger

PAGE_ROWS = 50

UNLINKED = Message("No startup is linked to this account.")


@dataclass(frozen=True)
class ImportRow:
    """One import in the list."""

    id: int
    file_name: str
    source_format: str
    rows_read: int
    rows_kept: int
    rows_refused: int
    imported_at: datetime
    imported_by: str | None


@dataclass(frozen=True)
class AccountSum:
    """What one account spent in one currency; `startup` is whose it is, `reason` why nothing pays it."""

    sub_account: str
    sub_account_name: str
    currency: str
    rows: int
    first_day: date
    last_day: date
    billed: Decimal
    covered: Decimal
    not_covered: Decimal
    startup: str | None = None
    reason: Message | None = None


@dataclass(frozen=True)
class ImportDetail:
    """One import with its refused lines and exact sums by account."""

    row: ImportRow
    sha256: str
    refused: list[tuple[int, Message]]
    accounts: list[AccountSum]


@dataclass(frozen=True)
class DayReading:
    """What a startup's accounts spent on one day, in one currency."""

    day: date
    currency: str
    covered: Decimal
    not_covered: Decimal


@dataclass(frozen=True)
class NotCoveredSum:
    """What credits did not pay in one month, by reason and publisher."""

    reason: NotCovered
    publisher: str
    amount: Money


@dataclass(frozen=True)
class LinkedAccount:
    """A cloud account of a startup, and the last day it reported."""

    id: int
    sub_account: str
    linked_at: datetime
    last_day: date | None


def _import_rows() -> object:
    return (
        select(
            UsageImport.id,
            UsageImport.file_name,
            UsageImport.source_format,
            UsageImport.rows_read,
            UsageImport.rows_kept,
            UsageImport.rows_refused,
            UsageImport.imported_at,
            User.name,
        )
        .outerjoin(User, User.id == UsageImport.imported_by_user_id)
        .order_by(UsageImport.imported_at.desc(), UsageImport.id.desc())
    )


def imports(*, page: int = 1) -> tuple[list[ImportRow], int]:
    """Imports, the latest first, and the number of pages."""
    rows = db.session.execute(_import_rows().limit(PAGE_ROWS).offset((page - 1) * PAGE_ROWS))  # type: ignore[attr-defined]
    count = db.session.scalar(select(func.count(UsageImport.id))) or 0
    return [ImportRow(*row) for row in rows], max(1, -(-count // PAGE_ROWS))


def find_import(import_id: int) -> ImportDetail | None:
    """One import with everything it said; None when there is none."""
    row = db.session.execute(_import_rows().where(UsageImport.id == import_id)).first()  # type: ignore[attr-defined]
    if row is None:
        return None
    sha256, refused = db.session.execute(
        select(UsageImport.sha256, UsageImport.refused).where(UsageImport.id == import_id)
    ).one()
    accounts = _sums(UsageReading.import_id == import_id)
    return ImportDetail(ImportRow(*row), sha256, [refusal(item) for item in refused], accounts)


def refusal(item: Mapping[str, object]) -> tuple[int, Message]:
    """One refused line as it was stored: its number, and the reason."""
    values = item.get("values")
    found = dict(values) if isinstance(values, Mapping) else {}
    filled = {name: unpacked(value) if isinstance(value, Mapping) else value for name, value in found.items()}
    return int(str(item["line"])), Message(str(item["reason"]), **filled)


def unmatched(*, page: int = 1) -> tuple[list[AccountSum], int]:
    """Accounts in the readings that no grant can pay for, and the number of pages."""
    payable = (
        select(CloudAccount.id)
        .join(CreditGrant, CreditGrant.startup_id == CloudAccount.startup_id)
        .where(
            CloudAccount.sub_account == UsageReading.sub_account,
            CreditGrant.currency == UsageReading.currency,
            CreditGrant.reversed_at.is_(None),
        )
        .exists()
    )
    names = select(UsageReading.sub_account).where(~payable).distinct()
    count = db.session.scalar(select(func.count()).select_from(names.subquery())) or 0
    shown = db.session.scalars(
        names.order_by(UsageReading.sub_account).limit(PAGE_ROWS).offset((page - 1) * PAGE_ROWS)
    ).all()
    sums = _sums(UsageReading.sub_account.in_(shown)) if shown else []
    return [account for account in sums if account.reason is not None], max(1, -(-count // PAGE_ROWS))


def _sums(condition: object) -> list[AccountSum]:
    """Exact sums by account and currency of the readings that meet a condition."""
    rows = db.session.execute(
        select(
            UsageReading.sub_account,
            UsageReading.currency,
            UsageReading.sub_account_name,
            UsageReading.day,
            UsageReading.is_covered,
            UsageReading.amount,
            UsageReading.rows,
        ).where(condition)  # type: ignore[arg-type]
    )
    found: dict[tuple[str, str], AccountSum] = {}
    with localcontext() as context:
        context.prec = ledger.DIGITS
        for sub_account, currency, name, day, is_covered, amount, lines in rows:
            old = found.get((sub_account, currency))
            if old is None:
                old = AccountSum(sub_account, name, currency, 0, day, day, Decimal(0), Decimal(0), Decimal(0))
            found[sub_account, currency] = AccountSum(
                sub_account,
                old.sub_account_name or name,
                currency,
                old.rows + lines,
                min(old.first_day, day),
                max(old.last_day, day),
                old.billed + amount,
                old.covered + (amount if is_covered else 0),
                old.not_covered + (0 if is_covered else amount),
            )
    return _with_startups(found)


def _with_startups(found: dict[tuple[str, str], AccountSum]) -> list[AccountSum]:
    names = dict(
        db.session.execute(
            select(CloudAccount.sub_account, Startup.name)
            .join(Startup, Startup.id == CloudAccount.startup_id)
            .where(CloudAccount.sub_account.in_({sub_account for sub_account, _currency in found}))
        ).all()
    )
    reasons = unmatched_reasons(list(found))
    return [
        AccountSum(**{**vars(account), "startup": names.get(key[0]), "reason": reasons.get(key)})
        for key, account in sorted(found.items())
    ]


def unmatched_reasons(accounts: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Message]:
    """Why no grant can pay for these (account, currency) pairs; pairs that a grant can pay for are left out."""
    linked: dict[str, set[str]] = {}
    names = sorted({sub_account for sub_account, _currency in accounts})
    for start in range(0, len(names), 500):
        for sub_account, currency in db.session.execute(
            select(CloudAccount.sub_account, CreditGrant.currency)
            .outerjoin(
                CreditGrant,
                (CreditGrant.startup_id == CloudAccount.startup_id) & CreditGrant.reversed_at.is_(None),
            )
            .where(CloudAccount.sub_account.in_(names[start : start + 500]))
        ):
            linked.setdefault(sub_account, set()).add(currency or "")
    return {
        (sub_account, currency): (
            Message("Its startup has no credits in %(currency)s.", currency=currency)
            if sub_account in linked
            else UNLINKED
        )
        for sub_account, currency in accounts
        if currency not in linked.get(sub_account, set())
    }


def readings_by_day(startup_id: int) -> list[DayReading]:
    """What a startup's linked accounts spent, day by day, the latest first."""
    rows = db.session.execute(
        select(UsageReading.day, UsageReading.currency, UsageReading.is_covered, UsageReading.amount)
        .join(CloudAccount, CloudAccount.sub_account == UsageReading.sub_account)
        .where(CloudAccount.startup_id == startup_id)
    )
    found: dict[tuple[date, str], tuple[Decimal, Decimal]] = {}
    with localcontext() as context:
        context.prec = ledger.DIGITS
        for day, currency, is_covered, amount in rows:
            yes, no = found.get((day, currency), (Decimal(0), Decimal(0)))
            found[day, currency] = (yes + amount, no) if is_covered else (yes, no + amount)
    return [DayReading(day, currency, *found[day, currency]) for day, currency in sorted(found, reverse=True)]


def not_covered_in(startup_id: int, first: date, last: date) -> list[NotCoveredSum]:
    """What credits did not pay between two days, by reason and publisher, the largest first."""
    rows = db.session.execute(
        select(UsageReading.reason, UsageReading.publisher, UsageReading.currency, UsageReading.amount)
        .join(CloudAccount, CloudAccount.sub_account == UsageReading.sub_account)
        .where(
            CloudAccount.startup_id == startup_id,
            UsageReading.is_covered.is_(False),
            UsageReading.day.between(first, last),
        )
    )
    found: dict[tuple[NotCovered, str, str], Decimal] = {}
    with localcontext() as context:
        context.prec = ledger.DIGITS
        for reason, publisher, currency, amount in rows:
            key = (reason, publisher, currency)
            found[key] = found.get(key, Decimal(0)) + amount
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return [
        NotCoveredSum(reason, publisher, Money.of(amount, currency))
        for (reason, publisher, currency), amount in ordered
    ]


def linked_accounts(startup_id: int) -> list[LinkedAccount]:
    """A startup's cloud accounts by name."""
    rows = db.session.execute(
        select(CloudAccount.id, CloudAccount.sub_account, CloudAccount.linked_at, func.max(UsageReading.day))
        .outerjoin(UsageReading, UsageReading.sub_account == CloudAccount.sub_account)
        .where(CloudAccount.startup_id == startup_id)
        .group_by(CloudAccount.id, CloudAccount.sub_account, CloudAccount.linked_at)
        .order_by(CloudAccount.sub_account)
    )
    return [LinkedAccount(*row) for row in rows]
