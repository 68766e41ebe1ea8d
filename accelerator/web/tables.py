"""Web · Tables — lists to take away as CSV or XLSX that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from flask import Response
from flask_babel import gettext as _

from accelerator.queries.intake import ExportRow
from accelerator.queries.interests.findings import Board
from accelerator.queries.rankings import Line, Run
from accelerator.rules.ranking import is_too_close
from accelerator.web import locale, workbooks
from accelerator.web.filters import PROGRAMME_ZONE, region_name, said, word

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
BYTE_ORDER_MARK: Final = "\ufeff"


def safe_cell(value: object) -> str:
    """The text of a cell, with an apostrophe in front where a spreadsheet would take it for a formula."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return iso_local(value)
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """The rows as CSV with a byte order mark, so that every spreadsheet reads the accents."""
    file = io.StringIO()
    file.write(BYTE_ORDER_MARK)
    csv.writer(file).writerows([safe_cell(cell) for cell in row] for row in rows)
    return file.getvalue()


def file_answer(rows: Iterable[Sequence[object]], stem: str, kind: str) -> Response:
    """The rows, headings first, as a file to save under this name.

    Args: kind is "csv" or "xlsx".
    """
    if kind == "xlsx":
        response = Response(workbooks.workbook(rows, stem), content_type=workbooks.XLSX)
    else:
        response = Response(csv_text(rows), content_type="text/csv; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename=f"{stem}.{kind}")
    return response


def iso_local(value: datetime | None) -> str:
    """An instant in the programme's zone with its offset, as spreadsheets and programs read it."""
    return "" if value is None else value.astimezone(ZoneInfo(PROGRAMME_ZONE)).isoformat(sep=" ", timespec="seconds")


def intake_table(rows: Iterable[ExportRow]) -> Iterable[Sequence[object]]:
    """The intake of a batch with its headings, in the reader's language."""
    yield (
        _("Receipt"),
        _("State"),
        _("Submitted"),
        _("Startup"),
        "SIREN",
        _("Region"),
        _("Department"),
        _("Town"),
        _("Sector"),
        _("Stage"),
        _("Website"),
        _("Screened"),
        _("Reason"),
        _("Explanation"),
        _("Reviews assigned"),
        _("Reviews received"),
    )
    for row in rows:
        yield (
            row.receipt,
            word(row.state),
            row.submitted_at,
            row.startup,
            row.siren,
            region_name(row.region_code),
            row.department_code,
            row.city,
            word(row.sector),
            word(row.stage),
            row.website,
            row.screened_at,
            word(row.reason.ground) if row.reason.ground else "",
            row.reason.explanation,
            row.assigned,
            row.reviews,
        )


def ranking_table(lines: Iterable[Line], run: Run | None) -> Iterable[Sequence[object]]:
    """The ranking of a batch with its headings, in the reader's language; scores with six decimals.

    Intervals, chances and ways of counting stay empty where the ranking was computed without them.
    """
    yield (
        _("Rank"),
        _("Startup"),
        _("Region"),
        _("Sector"),
        _("Reviews received"),
        _("Mean"),
        _("Median"),
        _("Disagreement"),
        _("Adjusted score"),
        _("Standard error"),
        _("Rank at best"),
        _("Rank at worst"),
        _("Chance of a place"),
        _("Certainty"),
        _("Ways of counting that choose it"),
        _("Ways of counting"),
        _("Choice"),
        _("Waitlist position"),
    )
    for line in lines:
        scores = (line.mean, line.median, line.spread, line.adjusted, line.standard_error)
        yield (
            line.rank,
            line.name,
            region_name(line.region_code),
            word(line.sector),
            line.reviews,
            *(Decimal(f"{score:.6f}") for score in scores),
            *(_sureness(line, run) if run and run.places else [""] * 6),
            word(line.outcome) if line.outcome else "",
            line.position,
        )


def _sureness(line: Line, run: Run) -> Sequence[object]:
    close = _("Too close to call") if is_too_close(line.rank, line.chance, run.places) else ""
    return line.rank_low, line.rank_high, Decimal(f"{line.chance:.4f}"), close, line.survives, run.variants


def conflict_table(board: Board) -> Iterable[Sequence[object]]:
    """The conflicts of a batch with their headings, in the reader's language: certain, waiting, ignored."""
    yield (_("Reviewer"), _("Startup"), _("State"), _("Kind"), _("Known from"), _("Evidence"), _("Decided by"), _("On"))
    told = (
        *((one, _("Must not meet"), "", None) for one in board.barred),
        *((one, _("To decide"), "", None) for one in board.waiting),
        *((one.finding, _("Ignored"), one.decided_by, one.decided_at) for one in board.ignored),
    )
    for finding, state, decided_by, decided_at in told:
        yield (
            finding.reviewer,
            finding.startup,
            state,
            word(finding.kind),
            word(finding.source),
            said(finding.reason),
            decided_by,
            decided_at,
        )


def score_texts(lines: Iterable[Line], places: int) -> list[tuple[list[str], bool]]:
    """Adjusted score, standard error, mean, median, disagreement, interval of rank and chance of each line, as a
    reader writes numbers, and whether it is too close to call.

    One text a line instead of seven calls a line: a hundred lines are on a page.
    """
    french = locale.current() == "fr"
    percent = "\u00a0%" if french else "%"
    found = []
    for line in lines:
        between = f"{line.rank_low}–{line.rank_high}" if line.rank_low < line.rank_high else str(line.rank)
        text = (
            f"{line.adjusted:.2f} {line.standard_error:.2f} {line.mean:.2f} {line.median:.2f} {line.spread:.2f} "
            f"{between} {line.chance * 100:.0f}{percent}"
        )
        is_close = places > 0 and is_too_close(line.rank, line.chance, places)
        found.append(((text.replace(".", ",") if french else text).split(" "), is_close))
    return found
