"""Rules · Bids — a committee's bids as a spreadsheet has them: who would read what, and who must not.

Every line is read or the file is refused, with the first line that is wrong: a plan made from half of the bids
would look as good as one made from all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message
from accelerator.rules.assignment import Pair
from accelerator.rules.tables import Row, Table, read_table

MOST_WORTH: Final = 1e9
_NAMES: Final = ("reviewer", "application")
_NUMBER: Final = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d{1,3})?", re.IGNORECASE | re.ASCII)
_NEWLINE: Final = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True)
class Bids:
    """What is worth how much. Ids are places in the names, which are in order."""

    applications: tuple[str, ...]
    reviewers: tuple[str, ...]
    worth: dict[Pair, float]


def read_bids(content: bytes) -> Bids:
    """The bids of a file with the columns reviewer, application and bid.

    Raises: RuleViolation with the line.
    """
    table = _table(content, (*_NAMES, "bid"))
    listed: dict[tuple[str, str], tuple[int, float]] = {}
    for row, names in _named_rows(table):
        if earlier := listed.get(names):
            raise _refused(row.line, Message("this pair stands on line %(line)s already", line=earlier[0]))
        listed[names] = row.line, _number(row)
    if not listed:
        raise _refused(2, Message("there is no bid"))
    reviewers = tuple(sorted({reviewer for reviewer, _ in listed}))
    applications = tuple(sorted({application for _, application in listed}))
    reviewer_of = {name: place for place, name in enumerate(reviewers)}
    application_of = {name: place for place, name in enumerate(applications)}
    worth = {(application_of[name], reviewer_of[person]): bid for (person, name), (_, bid) in listed.items()}
    return Bids(applications, reviewers, dict(sorted(worth.items())))


def read_pairs(content: bytes, bids: Bids) -> set[Pair]:
    """The pairs of a file with the columns reviewer and application, all of them known from the bids.

    Raises: RuleViolation with the line.
    """
    table = _table(content, _NAMES)
    reviewer_of = {name: place for place, name in enumerate(bids.reviewers)}
    application_of = {name: place for place, name in enumerate(bids.applications)}
    found: dict[Pair, int] = {}
    for row, (reviewer, application) in _named_rows(table):
        if reviewer not in reviewer_of:
            raise _refused(row.line, Message("no bid names the reviewer “%(name)s”", name=reviewer[:80]))
        if application not in application_of:
            raise _refused(row.line, Message("no bid names the application “%(name)s”", name=application[:80]))
        pair = application_of[application], reviewer_of[reviewer]
        if pair in found:
            raise _refused(row.line, Message("this pair stands on line %(line)s already", line=found[pair]))
        found[pair] = row.line
    return set(found)


def _table(content: bytes, columns: tuple[str, ...]) -> Table:
    """The table, in UTF-8 alone: a name read in a wrong encoding would be another name."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = len(_NEWLINE.findall(content[: error.start])) + 1
        raise _refused(line, Message("this is not UTF-8 text. Save the file as CSV (UTF-8)")) from error
    if (place := content.find(b"\0")) >= 0:
        line = len(_NEWLINE.findall(content[:place])) + 1
        raise _refused(line, Message("this is not UTF-8 text. Save the file as CSV (UTF-8)"))
    try:
        table = read_table(content)
    except RuleViolation as violation:
        raise _refused(1, Message("%(reason)s", reason=violation.reason.rstrip("."))) from violation
    if missing := [name for name in columns if name not in table.columns]:
        raise _refused(1, Message("the column “%(name)s” is missing", name=missing[0]))
    return table


def _named_rows(table: Table) -> Iterator[tuple[Row, tuple[str, str]]]:
    for row in table.rows():
        if row.problem is not None:
            raise _refused(row.line, row.problem)
        names = row.values["reviewer"], row.values["application"]
        for name, text in zip(_NAMES, names, strict=True):
            if not text:
                raise _refused(row.line, Message("the column “%(name)s” is empty", name=name))
        yield row, names


def _number(row: Row) -> float:
    text = row.values["bid"].replace("\u2212", "-")
    number = float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(number) or abs(number) > MOST_WORTH:
        raise _refused(row.line, Message("“%(text)s” is not a number", text=row.values["bid"][:40]))
    return number


def _refused(line: int, reason: Message) -> RuleViolation:
    return RuleViolation(Message("line %(line)s: %(reason)s.", line=line, reason=reason), field="file")
