"""Tables to take away: no cell is a formula, accents survive."""

from __future__ import annotations

import csv
import io

import pytest

from accelerator.web import tables


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
