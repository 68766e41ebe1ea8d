"""Services · Usage · Reading — a cost export as a stream of lines: exact sums by account, day and reason.

The file is read once, before the database is touched: sums stay in memory, lines do not.
"""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, localcontext
from typing import IO, TYPE_CHECKING, Final

from accelerator.kernel.enums import NotCovered
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message
from accelerator.rules import ledger, usage
from accelerator.services.usage.unpacking import Unpacked, Watch

if TYPE_CHECKING:
    from _csv import Reader

KEPT_REFUSALS: Final = 1000


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


class LinesRefused(RuleViolation):
    """A file that was to be stored whole has lines that cannot be: nothing is stored. `read` says which."""

    def __init__(self, read: Read) -> None:
        super().__init__(
            Message("Lines refused: %(count)s. Nothing is stored, as you asked.", count=read.rows_refused), field="file"
        )
        self.read = read


def read_export(stream: IO[bytes], *, currency: str = "", watch: Watch | None = None) -> Read:
    """The exact sums of a cost export and the lines refused, without touching the database.

    Args:   stream gives CSV bytes, UTF-8, plain, gzip or zip, and can be sought in; currency is for exports that
            name none; watch is told how far we are and raises to stop.
    Raises: RuleViolation with a sentence when the file cannot be read as a cost export.
    """
    unpacked, read = Unpacked(stream, watch), Read()
    for part, lines in unpacked.parts():
        try:
            _read_part(lines, currency, read, part)
        except UnicodeDecodeError as error:
            reason = Message("This file is not text in UTF-8. Export it again as CSV.")
            raise RuleViolation(_in_part(part, reason), field="file") from error
        except zlib.error as error:
            raise RuleViolation(_in_part(part, Message("This compressed file is damaged.")), field="file") from error
        except RuleViolation as violation:
            raise RuleViolation(_in_part(part, violation.reason), field=violation.field) from violation
    read.rows_kept = read.rows_read - read.rows_refused
    read.sha256 = unpacked.digest.hexdigest()
    return read


def _in_part(part: str, reason: str) -> Message:
    """The sentence, with the name of the part of the archive it speaks of."""
    if not part:
        return reason if isinstance(reason, Message) else Message(reason)
    return Message("%(part)s: %(reason)s", part=part, reason=reason)


def _read_part(lines: Iterator[str], currency: str, read: Read, part: str) -> None:
    """Add what one part says to what is read already."""
    first = next(lines, "").lstrip("\ufeff")
    if not first.strip():
        raise RuleViolation(Message("This file is empty."), field="file")
    delimiter = max(",;\t", key=first.count)
    layout = usage.recognise(next(csv.reader([first], delimiter=delimiter)), currency=currency, delimiter=delimiter)
    read.source_format = read.source_format or layout.source_format
    if read.source_format != layout.source_format:
        raise RuleViolation(
            Message("This part is another kind of export than the first: %(kind)s.", kind=layout.source_format),
            field="file",
        )
    table = csv.reader(lines, delimiter=delimiter, strict=True)
    with localcontext() as context:
        context.prec = ledger.DIGITS
        _sum_up(table, layout, read, part)


def _sum_up(table: Reader, layout: usage.Layout, read: Read, part: str) -> None:
    sums, rows = read.sums, read.rows
    marks: dict[str, int] = {}
    for line, fields in _numbered(table):
        read.rows_read += 1
        parsed = layout.parse(fields)
        if isinstance(parsed, Message):
            read.rows_refused += 1
            if len(read.refused) < KEPT_REFUSALS:
                read.refused.append((line, _in_part(part, parsed)))
            continue
        if parsed.mark:
            marks.setdefault(parsed.mark, line)
            if len(marks) > 1:
                raise _two_marks(marks)
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


def _two_marks(marks: dict[str, int]) -> RuleViolation:
    return RuleViolation(
        Message(
            "Decimals are written with a comma in line %(comma)s and with a point in line %(point)s: amounts could be "
            "wrong a thousand times. Export the file again.",
            comma=marks[","],
            point=marks["."],
        ),
        field="file",
    )


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
