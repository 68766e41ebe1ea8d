"""Web · Workbooks — a table as an XLSX file: numbers are numbers, instants are dates, text is never a formula."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from accelerator.web.filters import PROGRAMME_ZONE

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_CHARACTERS: Final = 32_767  # in one cell
DIGITS: Final = 15  # a spreadsheet keeps no more of a number
_SEEN_FOR_WIDTH: Final = 200
_WIDTHS: Final = (8, 60)
_FORBIDDEN_IN_A_NAME: Final = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


def workbook(rows: Iterable[Sequence[object]], name: str) -> bytes:
    """One sheet with its headings kept in sight and a filter on every column.

    An instant is a date with its time in the programme's zone, and the cell says so. A number with more digits than a
    spreadsheet keeps is text, so that none is lost.

    Args: rows begin with the headings.
    """
    file = io.BytesIO()
    book = Workbook(
        file,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    sheet = book.add_worksheet(name.translate(_FORBIDDEN_IN_A_NAME)[:31].strip() or None)
    formats = {
        "head": book.add_format({"bold": True, "bottom": 1}),
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        "instant": book.add_format({"num_format": f'yyyy-mm-dd hh:mm "{PROGRAMME_ZONE.rpartition("/")[2]}"'}),
    }
    lines = iter(rows)
    first = list(itertools.islice(lines, _SEEN_FOR_WIDTH))
    columns = max(map(len, first), default=0)
    for column in range(columns):
        widest = max(len(_shown(row[column])) for row in first if column < len(row))
        sheet.set_column(column, column, min(max(widest + 2, _WIDTHS[0]), _WIDTHS[1]))
    sheet.freeze_panes(1, 0)
    last = 0
    for last, row in enumerate(itertools.chain(first, lines)):
        for column, value in enumerate(row):
            _write(sheet, last, column, value, formats)
    if columns:
        sheet.autofilter(0, 0, last, columns - 1)
    book.close()
    return file.getvalue()


def _write(sheet: Worksheet, row: int, column: int, value: object, formats: dict[str, object]) -> None:
    if value is None or value == "":
        return
    if row == 0:
        sheet.write_string(row, column, str(value), formats["head"])
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, datetime):
        local = value.astimezone(ZoneInfo(PROGRAMME_ZONE)).replace(tzinfo=None)
        sheet.write_datetime(row, column, local, formats["instant"])
    elif isinstance(value, date):
        sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), formats["day"])  # noqa: DTZ001
    elif isinstance(value, int | float | Decimal) and is_kept(value):
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, _cut(_shown(value)))


def is_kept(value: float | Decimal) -> bool:
    """Whether a spreadsheet shows this number as it is."""
    number = Decimal(value)
    return number.is_finite() and len(number.normalize().as_tuple().digits) <= DIGITS


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return "0000-00-00 00:00 Paris"
    return "" if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"
