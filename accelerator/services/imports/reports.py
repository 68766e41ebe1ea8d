"""Services · Imports · Reports — what an import did, line by line; and how a dry run leaves nothing behind."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from accelerator.kernel.actor import Actor
from accelerator.kernel.errors import DomainError, NotAllowed, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.rules import access
from accelerator.rules.tables import Row, Table, read_table
from accelerator.services import audit
from accelerator.services.transaction import transaction


@dataclass(frozen=True)
class LineNote:
    """A sentence about one line of the file; the header is line 1."""

    line: int
    text: str


@dataclass
class Report:
    """What became of the rows: every row is imported, merged, unchanged or refused."""

    is_dry_run: bool
    encoding: str = ""
    rows: int = 0
    imported: int = 0
    merged: int = 0  # known, and something was added
    unchanged: int = 0  # known, and nothing was missing
    refused: list[LineNote] = field(default_factory=list)
    notes: list[LineNote] = field(default_factory=list)  # what was repaired or left out
    columns_left_out: list[str] = field(default_factory=list)
    is_stored: bool = False

    def refuse(self, line: int, reason: str) -> None:
        """This line cannot be used."""
        self.refused.append(LineNote(line, reason))

    def note(self, line: int, texts: list[Message]) -> None:
        """What was repaired on this line."""
        self.notes += [LineNote(line, text) for text in texts]


class _Undo(Exception):
    """Ends a run that stores nothing."""


@contextmanager
def importing(
    actor: Actor, permission: Permission, content: bytes, *, subject: str, dry_run: bool, strict: bool
) -> Iterator[tuple[Table, Report]]:
    """One transaction around an import; a dry run, or a strict one with a refused row, stores nothing.

    Raises: NotAllowed, RuleViolation when the file cannot be read.
    """
    if not (verdict := access.may(actor, permission)):
        raise NotAllowed(verdict.reason)
    table = read_table(content)
    report = Report(is_dry_run=dry_run, encoding=table.encoding)
    try:
        with transaction():
            yield table, report
            if dry_run or (strict and report.refused):
                raise _Undo
            if report.imported or report.merged:
                audit.record(
                    actor,
                    "imported a table",
                    subject,
                    sha256=hashlib.sha256(content).hexdigest(),
                    imported=report.imported,
                    merged=report.merged,
                    refused=len(report.refused),
                )
            report.is_stored = True
    except _Undo:
        pass


def usable_rows(table: Table, report: Report) -> Iterator[Row]:
    """The rows that can be read; the others are refused in the report."""
    for row in table.rows():
        report.rows += 1
        if row.problem:
            report.refuse(row.line, row.problem)
        else:
            yield row


@contextmanager
def one_line(report: Report, line: int) -> Iterator[None]:
    """A refusal on the way concerns this line only."""
    try:
        yield
    except DomainError as refusal:
        report.refuse(line, refusal.reason)


def require_columns(table: Table, *choices: tuple[str, ...]) -> None:
    """Raise RuleViolation unless the header has one of each group of names."""
    for names in choices:
        if not set(names) & set(table.columns):
            raise RuleViolation(
                Message("The header names no column for %(names)s.", names=" / ".join(names)), field="file"
            )
