"""Services · Usage · Imports — the cloud's own cost export in, exactly; what it says of each grant goes to the ledger.

What is stored replaces what the same billing account said of the same billing period before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, Final

from sqlalchemy import delete, insert, select, text, tuple_

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.errors import NotAllowed
from accelerator.kernel.message import Message, packed
from accelerator.kernel.permissions import Permission
from accelerator.models.credits import CloudAccount, UsageImport, UsageReading
from accelerator.rules import access
from accelerator.services import audit
from accelerator.services.ledger import settle_startup
from accelerator.services.transaction import changed_rows, transaction
from accelerator.services.usage.reading import LinesRefused, Read, read_export

_ROWS_AT_ONCE: Final = 2000


@dataclass(frozen=True)
class Imported:
    """What an import did. `is_repeat`: the same bytes stand already, nothing was changed."""

    import_id: int
    is_repeat: bool
    readings_replaced: int
    postings: int


def import_usage(
    *, actor: Actor, stream: IO[bytes], file_name: str, currency: str = "", refuse_whole: bool = False
) -> tuple[Imported, Read]:
    """Read a cost export and store it whole or not at all; with refuse_whole one refused line is enough for not.

    Raises: NotAllowed, RuleViolation; of these LinesRefused, which says the lines.
    """
    may_import(actor)
    read = read_export(stream, currency=currency)
    if refuse_whole and read.rows_refused:
        raise LinesRefused(read)
    return store(actor=actor, read=read, file_name=file_name), read


def may_import(actor: Actor) -> None:
    """Nothing happens to who may import. Raises: NotAllowed."""
    verdict = access.may(actor, Permission.CREDIT_MANAGE)
    if not verdict:
        raise NotAllowed(verdict.reason)


def store(*, actor: Actor, read: Read, file_name: str) -> Imported:
    """Store what a cost export says, and bring the ledger up to date with it.

    The same bytes change nothing. Other bytes replace everything that the billing accounts they speak of had said
    of the billing periods they speak of; the ledger gets the difference.

    Raises: NotAllowed.
    """
    may_import(actor)
    with transaction():
        if db.engine.dialect.name == "postgresql":  # one import after the other; SQLite's write lock sees to it
            db.session.execute(text("LOCK TABLE usage_import IN SHARE ROW EXCLUSIVE MODE"))
        row = db.session.scalar(select(UsageImport).where(UsageImport.sha256 == read.sha256).with_for_update())
        if row is not None and _still_stands(row, read):
            return Imported(row.id, True, 0, 0)
        if row is None:
            row = UsageImport(sha256=read.sha256)
            db.session.add(row)
        row.file_name = file_name[-255:] or "usage.csv"
        row.source_format = read.source_format
        row.rows_read, row.rows_kept, row.rows_refused = read.rows_read, read.rows_kept, read.rows_refused
        row.refused = refused_lines(read)
        row.imported_at, row.imported_by_user_id = clock.now(), actor.user_id
        db.session.flush()
        touched, replaced = _replace(row.id, read)
        audit.record(
            actor,
            "imported usage",
            f"usage_import:{row.id}",
            sha256=read.sha256,
            rows_kept=read.rows_kept,
            rows_refused=read.rows_refused,
            replaced=replaced,
        )
        postings = sum(
            settle_startup(actor=actor, startup_id=startup_id, memo=row.file_name)
            for startup_id in _startups_of(touched)
        )
        return Imported(row.id, False, replaced, postings)


def refused_lines(read: Read) -> list[dict[str, object]]:
    """The refused lines as a document to store."""
    return [{"line": line, "reason": reason.msgid, "values": _values(reason)} for line, reason in read.refused]


def _values(reason: Message) -> dict[str, object]:
    return {name: packed(value) if isinstance(value, Message) else str(value) for name, value in reason.values.items()}


def _still_stands(row: UsageImport, read: Read) -> bool:
    """True unless a later import has replaced everything this one had stored, or it was read in another currency."""
    if row.rows_kept == 0 and not read.sums:
        return True
    standing = select(UsageReading.id).where(
        UsageReading.import_id == row.id, UsageReading.currency.in_({key.currency for key in read.sums})
    )
    return db.session.scalar(standing.limit(1)) is not None


def _replace(import_id: int, read: Read) -> tuple[set[str], int]:
    """Take the periods' earlier readings out and the new ones in; the accounts touched, the readings removed."""
    periods = sorted({(key.billing_account, key.period_on) for key in read.sums})
    touched, replaced = {key.sub_account for key in read.sums}, 0
    for start in range(0, len(periods), 100):
        some = tuple_(UsageReading.billing_account, UsageReading.billing_period_on).in_(periods[start : start + 100])
        touched.update(db.session.scalars(select(UsageReading.sub_account).where(some).distinct()))
        replaced += changed_rows(delete(UsageReading).where(some))
    rows = [
        {
            "import_id": import_id,
            "billing_account": key.billing_account,
            "billing_period_on": key.period_on,
            "sub_account": key.sub_account,
            "sub_account_name": key.sub_account_name,
            "day": key.day,
            "currency": key.currency,
            "is_covered": key.reason is None,
            "reason": key.reason,
            "publisher": key.publisher,
            "amount": amount,
            "rows": read.rows[key],
        }
        for key, amount in read.sums.items()
    ]
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        db.session.execute(insert(UsageReading), rows[start : start + _ROWS_AT_ONCE])
    return touched, replaced


def _startups_of(sub_accounts: set[str]) -> list[int]:
    """The startups these accounts are linked to."""
    linked = db.session.execute(select(CloudAccount.sub_account, CloudAccount.startup_id))
    return sorted({startup_id for sub_account, startup_id in linked if sub_account in sub_accounts})
