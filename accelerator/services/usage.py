"""Services · Usage — the cloud's own cost export in, exactly; what it says of each grant goes to the ledger.

The file is read once, as a stream, before the database is touched: sums by account, day and reason stay in memory,
lines do not. What is stored replaces what the same billing account said of the same billing period before.
"""

from __future__ import annotations

import csv
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, localcontext
from typing import IO, TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select, text, tuple_

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import NotCovered
from accelerator.kernel.errors import NotAllowed, NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.models.credits import CloudAccount, UsageImport, UsageReading
from accelerator.models.startups import Startup
from accelerator.rules import access, ledger, usage
from accelerator.services import audit
from accelerator.services.ledger import settle_startup
from accelerator.services.transaction import changed_rows, transaction

if TYPE_CHECKING:
    from _csv import Reader

KEPT_REFUSALS: Final = 1000
LONGEST_LINE: Final = 1024 * 1024
MOST_BYTES: Final = 2 * 1024**3
"""Of text, after unpacking: two million wide lines; more is refused, so that a packed bomb costs a minute at most."""

_CHUNK: Final = 256 * 1024
_GZIP: Final = b"\x1f\x8b"
_ROWS_AT_ONCE: Final = 2000


@dataclass(frozen=True, slots=True)
class Key:
    """What one reading is about; lines with equal keys are summed."""

    billing_account: str
    period_on: date
    sub_account: str
    sub_account_name: str
    day: date
    currency: str
    publisher: str
    reason: NotCovered | None


@dataclass
class Read:
    """A cost export as read: exact sums, and every refused line with its reason."""

    source_format: str = ""
    sha256: str = ""
    rows_read: int = 0
    rows_kept: int = 0
    rows_refused: int = 0
    refused: list[tuple[int, Message]] = field(default_factory=list)
    sums: dict[Key, Decimal] = field(default_factory=dict)
    rows: dict[Key, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Total:
    """What one account spent in one currency: billed is covered plus not covered, exactly."""

    sub_account: str
    sub_account_name: str
    currency: str
    rows: int
    billed: Decimal
    covered: Decimal
    not_covered: Decimal


@dataclass(frozen=True)
class Imported:
    """What an import did. `is_repeat`: the same bytes stand already, nothing was changed."""

    import_id: int
    is_repeat: bool
    readings_replaced: int
    postings: int


class _Unpacked:
    """The file's text lines, unpacked when it is gzip, hashed as they pass."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.digest = hashlib.sha256()
        self.bytes = 0

    def _blocks(self) -> Iterator[bytes]:
        head = self.stream.read(_CHUNK)
        if not head.startswith(_GZIP):
            while head:
                yield head
                head = self.stream.read(_CHUNK)
            return
        unpacker = zlib.decompressobj(wbits=31)
        waiting = head
        while waiting:
            yield unpacker.decompress(waiting, _CHUNK)
            waiting = unpacker.unconsumed_tail
            if unpacker.eof:
                waiting = unpacker.unused_data or self.stream.read(_CHUNK)
                if waiting.strip(b"\0"):
                    unpacker = zlib.decompressobj(wbits=31)
                else:
                    return
            waiting = waiting or self.stream.read(_CHUNK)
        yield unpacker.flush()
        if not unpacker.eof:
            raise RuleViolation(Message("This compressed file is cut short."), field="file")

    def lines(self) -> Iterator[str]:
        """One text line at a time, with its line end."""
        rest = b""
        for block in self._blocks():
            self.digest.update(block)
            self.bytes += len(block)
            if self.bytes > MOST_BYTES:
                raise RuleViolation(Message("This file is too large. Export one month at a time."), field="file")
            parts = (rest + block).split(b"\n")
            rest = parts.pop()
            if len(rest) > LONGEST_LINE:
                raise RuleViolation(Message("This is not a table: a line never ends."), field="file")
            for part in parts:
                yield part.decode("utf-8") + "\n"
        if rest:
            yield rest.decode("utf-8")


def read_export(stream: IO[bytes], *, currency: str = "") -> Read:
    """The exact sums of a cost export and the lines refused, without touching the database.

    Args:   stream gives CSV bytes, UTF-8, plain or gzip; currency is for exports that name none.
    Raises: RuleViolation with a sentence when the file cannot be read as a cost export.
    """
    unpacked = _Unpacked(stream)
    try:
        read = _read_lines(unpacked.lines(), currency)
    except UnicodeDecodeError as error:
        raise RuleViolation(Message("This file is not text in UTF-8. Export it again as CSV."), field="file") from error
    except zlib.error as error:
        raise RuleViolation(Message("This compressed file is damaged."), field="file") from error
    read.sha256 = unpacked.digest.hexdigest()
    return read


def _read_lines(lines: Iterator[str], currency: str) -> Read:
    first = next(lines, "").lstrip("\ufeff")
    if not first.strip():
        raise RuleViolation(Message("This file is empty."), field="file")
    delimiter = max(",;\t", key=first.count)
    layout = usage.recognise(next(csv.reader([first], delimiter=delimiter)), currency=currency)
    read = Read(source_format=layout.source_format)
    table = csv.reader(lines, delimiter=delimiter, strict=True)
    sums, rows = read.sums, read.rows
    with localcontext() as context:
        context.prec = ledger.DIGITS
        for line, fields in _numbered(table):
            read.rows_read += 1
            parsed = layout.parse(fields)
            if isinstance(parsed, Message):
                read.rows_refused += 1
                if len(read.refused) < KEPT_REFUSALS:
                    read.refused.append((line, parsed))
                continue
            key = Key(
                parsed.billing_account,
                parsed.period_on,
                parsed.sub_account,
                parsed.sub_account_name,
                parsed.day,
                parsed.currency,
                parsed.publisher,
                parsed.reason,
            )
            sums[key] = sums.get(key, Decimal(0)) + parsed.amount
            rows[key] = rows.get(key, 0) + 1
    read.rows_kept = read.rows_read - read.rows_refused
    return read


def _numbered(table: Reader) -> Iterator[tuple[int, list[str]]]:
    """Every row that is not empty, with the number of the line it starts on; the header is line 1.

    Raises: RuleViolation where a quotation mark is never closed, for example: what follows could not be trusted.
    """
    line = 2
    try:
        for fields in table:
            if fields:
                yield line, fields
            line = table.line_num + 2
    except csv.Error as error:
        raise RuleViolation(
            Message("Line %(line)s cannot be read: %(error)s.", line=line, error=str(error)), field="file"
        ) from error


def totals(read: Read) -> list[Total]:
    """The exact sums by account and currency, the accounts in alphabetical order."""
    found: dict[tuple[str, str], list[Decimal]] = {}
    names: dict[str, str] = {}
    rows: dict[tuple[str, str], int] = {}
    with localcontext() as context:
        context.prec = ledger.DIGITS
        for key, amount in read.sums.items():
            pair = found.setdefault((key.sub_account, key.currency), [Decimal(0), Decimal(0)])
            pair[key.reason is not None] += amount
            rows[key.sub_account, key.currency] = rows.get((key.sub_account, key.currency), 0) + read.rows[key]
            names[key.sub_account] = key.sub_account_name or names.get(key.sub_account, "")
        return [
            Total(account, names[account], currency, rows[account, currency], yes + no, yes, no)
            for (account, currency), (yes, no) in sorted(found.items())
        ]


def import_usage(*, actor: Actor, stream: IO[bytes], file_name: str, currency: str = "") -> tuple[Imported, Read]:
    """Store a cost export whole or not at all, and bring the ledger up to date with it.

    The same bytes change nothing. Other bytes replace everything that the billing accounts they speak of had said
    of the billing periods they speak of; the ledger gets the difference.

    Raises: NotAllowed, RuleViolation.
    """
    verdict = access.may(actor, Permission.CREDIT_MANAGE)
    if not verdict:
        raise NotAllowed(verdict.reason)
    read = read_export(stream, currency=currency)
    with transaction():
        if db.engine.dialect.name == "postgresql":  # one import after the other; SQLite's write lock sees to it
            db.session.execute(text("LOCK TABLE usage_import IN SHARE ROW EXCLUSIVE MODE"))
        row = db.session.scalar(select(UsageImport).where(UsageImport.sha256 == read.sha256).with_for_update())
        if row is not None and _still_stands(row):
            return Imported(row.id, True, 0, 0), read
        if row is None:
            row = UsageImport(sha256=read.sha256)
            db.session.add(row)
        row.file_name = file_name[-255:] or "usage.csv"
        row.source_format = read.source_format
        row.rows_read, row.rows_kept, row.rows_refused = read.rows_read, read.rows_kept, read.rows_refused
        row.refused = [
            {
                "line": line,
                "reason": reason.msgid,
                "values": {name: str(value) for name, value in reason.values.items()},
            }
            for line, reason in read.refused
        ]
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
        return Imported(row.id, False, replaced, postings), read


def _still_stands(row: UsageImport) -> bool:
    """True unless a later import has replaced everything this one had stored."""
    if row.rows_kept == 0:
        return True
    return db.session.scalar(select(UsageReading.id).where(UsageReading.import_id == row.id).limit(1)) is not None


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


def link_cloud_account(*, actor: Actor, sub_account: str, startup_id: int) -> int:
    """Say whose account it is; usage already read goes to the ledger at once. The cloud account id.

    Raises: NotAllowed, NotFound, RuleViolation when the account is another startup's.
    """
    with transaction():
        verdict = access.may(actor, Permission.CREDIT_MANAGE)
        if not verdict:
            raise NotAllowed(verdict.reason)
        if db.session.get(Startup, startup_id) is None:
            raise NotFound(Message("This startup does not exist."))
        name = sub_account.strip()
        if not name or len(name) > usage.LONGEST_NAME or not name.isprintable():
            raise RuleViolation(Message("Type the account as the cost export names it."), field="sub_account")
        account = db.session.scalar(select(CloudAccount).where(CloudAccount.sub_account == name))
        if account is not None and account.startup_id != startup_id:
            raise RuleViolation(Message("This account is linked to another startup."), field="sub_account")
        if account is None:
            account = CloudAccount(startup_id=startup_id, sub_account=name, linked_at=clock.now())
            db.session.add(account)
            db.session.flush()
            audit.record(actor, "linked cloud account", f"cloud_account:{account.id}", startup=startup_id)
            settle_startup(actor=actor, startup_id=startup_id, memo=name)
        return account.id


def unlink_cloud_account(*, actor: Actor, cloud_account_id: int) -> int:
    """Undo a wrong link; what it had used goes back by a correcting posting. The startup id."""
    with transaction():
        verdict = access.may(actor, Permission.CREDIT_MANAGE)
        if not verdict:
            raise NotAllowed(verdict.reason)
        account = db.session.get(CloudAccount, cloud_account_id)
        if account is None:
            raise NotFound(Message("This account is not linked."))
        startup_id, name = account.startup_id, account.sub_account
        db.session.delete(account)
        db.session.flush()
        audit.record(actor, "unlinked cloud account", f"startup:{startup_id}", sub_account=name)
        settle_startup(actor=actor, startup_id=startup_id, memo=name)
        return startup_id
