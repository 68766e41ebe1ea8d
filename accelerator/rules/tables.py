"""Rules · Tables — the rows of a CSV file as people send it: any encoding, separator, line end; each with its line.

What cannot be read as a whole is refused in a sentence; what is wrong with one row stays with that row.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message

DELIMITERS: Final = ",;\t|"
MOST_BYTES: Final = 256 * 1024 * 1024
_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f]")


@dataclass(frozen=True)
class Row:
    """One record. `line` is the line of the file it starts on, `problem` why it cannot be used as it is."""

    line: int
    values: dict[str, str]
    problem: Message | None = None


@dataclass(frozen=True)
class Table:
    """A file whose header has been read. `columns` are normal names in the file's order."""

    columns: tuple[str, ...]
    encoding: str
    delimiter: str
    _text: str = field(repr=False)

    def rows(self) -> Iterator[Row]:
        """Every record that holds anything, one at a time, in the order of the file."""
        reader = csv.reader(io.StringIO(self._text, newline=""), delimiter=self.delimiter, strict=True)
        header_seen = False
        while True:
            line = reader.line_num + 1
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Row(line, {}, _torn(str(error)))
                continue
            if not any(cell.strip() for cell in fields):
                continue
            if not header_seen:
                header_seen = True
                continue
            yield self._row(line, fields)

    def _row(self, line: int, fields: Sequence[str]) -> Row:
        named = len(self.columns)
        extra = [cell for cell in fields[named:] if cell.strip()]
        if extra or len(fields) < named:
            return Row(
                line, {}, Message("%(found)s fields where the header has %(named)s", found=len(fields), named=named)
            )
        return Row(line, {name: clean(cell) for name, cell in zip(self.columns, fields, strict=False) if name})


def read_table(content: bytes) -> Table:
    """The table in a file's bytes.

    Raises: RuleViolation on "file" when there is none, in a sentence that says what to do.
    """
    if len(content) > MOST_BYTES:
        raise _refused(Message("This file is larger than 256 MB. Split it."))
    text, encoding = _decoded(content)
    if not text.strip():
        raise _refused(Message("This file is empty."))
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = next((fields for fields in reader if any(cell.strip() for cell in fields)), [])
    except csv.Error as error:
        raise _refused(Message("The header cannot be read: %(error)s.", error=str(error))) from error
    columns = tuple(normal_name(cell) for cell in header)
    if not any(columns):
        raise _refused(Message("The first line must name the columns."))
    for position, name in enumerate(columns):
        if name and name in columns[:position]:
            raise _refused(Message("The column “%(name)s” stands twice in the header.", name=name))
    while columns and not columns[-1]:
        columns = columns[:-1]
    return Table(columns, encoding, delimiter, text)


def normal_name(text: str) -> str:
    """A column's name without case, accents and signs: "Code postal" is "code_postal"."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def clean(cell: str) -> str:
    """A cell's text in NFC, without the spaces around it."""
    return unicodedata.normalize("NFC", cell.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _decoded(content: bytes) -> tuple[str, str]:
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise _refused(Message("This is a spreadsheet, not a table in text. Save it as CSV (UTF-8)."))
    encoding, body = "", content
    for mark, name in _MARKS:
        if content.startswith(mark):
            encoding, body = name, content[len(mark) :]
            break
    text, torn_at = None, len(body)
    for candidate in [encoding] if encoding else ["utf-8", "cp1252"]:
        try:
            text, encoding = body.decode(candidate), candidate
            break
        except UnicodeDecodeError as error:
            torn_at = min(torn_at, error.start)
    if text is None:
        raise _unreadable(body[:torn_at].count(b"\n") + 1)
    if control := _CONTROL.search(text):
        raise _unreadable(text.count("\n", 0, control.start()) + 1)
    return text, encoding


def _unreadable(line: int) -> RuleViolation:
    return _refused(
        Message("Line %(line)s of this file is not text that can be read. Save it as CSV (UTF-8).", line=line)
    )


def _delimiter(text: str) -> str:
    """The separator that stands most often in the header, outside quotation marks."""
    first = next(line for line in text[:65536].splitlines() if line.strip())
    bare = re.sub(r'"[^"]*"', "", first)
    return max(DELIMITERS, key=bare.count)


def _torn(error: str) -> Message:
    if "unexpected end" in error:
        return Message("a quotation mark opened here is never closed: nothing after it was read")
    if "field larger" in error:
        return Message("a field is too long")
    return Message("quotation marks do not match")


def _refused(reason: Message) -> RuleViolation:
    return RuleViolation(reason, field="file")
