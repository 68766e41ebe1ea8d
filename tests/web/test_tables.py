"""Tables to take away: no cell is a formula, accents survive, a workbook keeps what things are."""

from __future__ import annotations

import csv
import io
import itertools
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from accelerator.web import tables, workbooks


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_cell_that_begins_like_a_formula_gets_an_apostrophe(start):
    assert tables.safe_cell(f"{start}cmd") == f"'{start}cmd"


@pytest.mark.parametrize(("value", "cell"), [("Élan = 3", "Élan = 3"), (None, ""), (12, "12"), ("", "")])
def test_other_cells_stay_as_they_are(value, cell):
    assert tables.safe_cell(value) == cell


def test_csv_comes_back_as_it_went():
    text = tables.csv_text([("Élan", 'a "b"\nc', "=1"), ("x", None, 3)])

    assert text.startswith("\ufeff")
    assert list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))) == [
        ["Élan", 'a "b"\nc', "'=1"],
        ["x", "", "3"],
    ]


def read_back(rows, name="list"):
    """The sheet as a spreadsheet reads it."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbooks.workbook(rows, name)))
    return book.get_sheet_by_index(0).to_python(skip_empty_area=False)


def test_a_workbook_keeps_numbers_days_and_instants_as_such():
    written = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)

    rows = read_back(
        [("Name", "Score", "Day", "When", "SIREN"), ("Élan", Decimal("3.25"), date(2026, 7, 14), written, "012")]
    )

    assert rows == [
        ["Name", "Score", "Day", "When", "SIREN"],
        ["Élan", 3.25, date(2026, 7, 14), datetime(2026, 7, 2, 0, 30), "012"],
    ]


@pytest.mark.parametrize(
    "text", ["=1+1", "+33 1", "-x", "@SUM(A1)", "{=1}", "https://example.org", "mailto:a@b.fr", "0012", "1e5"]
)
def test_a_workbook_takes_no_text_for_a_formula_a_link_or_a_number(text):
    content = workbooks.workbook([("Text",), (text,)], "list")

    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "<hyperlink" not in sheet
    assert read_back([("Text",), (text,)])[1] == [text]


def test_a_number_with_more_digits_than_a_spreadsheet_keeps_stays_whole_as_text():
    exact = Decimal("298.1169872112344953558")
    assert read_back([("Amount",), (exact,), (Decimal("0.1"),)])[1:] == [[str(exact)], [0.1]]


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40),
            st.one_of(st.none(), st.integers(-(10**14), 10**14), st.decimals(allow_nan=False, allow_infinity=False)),
        ),
        max_size=5,
    )
)
@settings(max_examples=60, deadline=None)
def test_whatever_is_written_comes_back(rows):
    found = read_back([("Text", "Number"), *rows])[1:]

    for (text, number), cells in itertools.zip_longest(rows, found, fillvalue=("", None)):
        shown, value = [*cells, "", ""][:2]
        assert (shown or "") == text
        if number is None:
            assert value in ("", None)
        else:
            assert Decimal(str(value)) == Decimal(number)


def test_a_sheet_takes_any_name_and_no_rows():
    assert read_back([], "a/b:c*?[d]'" + "x" * 60) == []
    assert read_back([("Only headings",)], "''") == [["Only headings"]]
