"""The operator's door to an assignment from spreadsheets: pairs, objective, shortfalls; every crooked file refused."""

from __future__ import annotations

import csv
import io
import json

import pytest
from sqlalchemy import func, select

from accelerator.models.audit import AuditEntry

BIDS = "reviewer,application,bid\nada,P1,2\nada,P2,1\neve,P1,-1\neve,P2,2.5\nzoe,P1,1\n"


def run(app, folder, *options, bids=BIDS, conflicts=None, kept=None):
    arguments = ["reviewing", "assign"]
    for name, content in (("bids", bids), ("conflicts", conflicts), ("kept", kept)):
        if content is not None:
            path = folder / f"{name}.csv"
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            arguments += [f"--{name}", str(path)]
    return app.test_cli_runner().invoke(args=[*arguments, *options])


def test_assign_prints_pairs_on_one_stream_and_words_on_the_other(app, tmp_path):
    result = run(app, tmp_path, "--per-application", "2", "--max-load", "2", "--format", "csv")

    assert result.exit_code == 0
    assert result.stdout == "reviewer,application,bid\nada,P1,2\nzoe,P1,1\nada,P2,1\neve,P2,2.5\n"
    assert result.stderr.splitlines() == [
        "objective: 6.5 (proven bound: 6.5)",
        "reviews: 4, missing: 0",
        "loads: 1 to 2; the graph is connected",
        "shortfalls: none",
    ]


def test_assign_as_json_names_what_lacks_and_why(app, tmp_path):
    options = ("--per-application", "2", "--max-load", "2", "--min-load", "2", "--format", "json")

    result = run(app, tmp_path, *options, conflicts="reviewer,application\neve,P2\n")

    document = json.loads(result.stdout)
    assert result.exit_code == 0
    assert document["pairs"] == [
        {"reviewer": "ada", "application": "P1", "bid": 2},
        {"reviewer": "zoe", "application": "P1", "bid": 1},
        {"reviewer": "ada", "application": "P2", "bid": 1},
    ]
    assert (document["objective"], document["reviews"], document["missing"]) == (4, 3, 1)
    assert document["loads"] == {"ada": 2, "eve": 0, "zoe": 1}
    assert [(one.get("application"), one.get("reviewer"), one["missing"]) for one in document["shortfalls"]] == [
        ("P2", None, 1),
        (None, "eve", 2),
        (None, "zoe", 1),
    ]
    assert document["shortfalls"][0]["reason"].startswith("Only 1 of 3 reviewers can take it")


def test_assign_as_a_table_keeps_pairs_and_uses_unlisted_ones_when_told(app, tmp_path):
    options = ("--per-application", "2", "--max-load", "2", "--allow-unlisted", "--connected")

    result = run(app, tmp_path, *options, kept="reviewer;application\neve;P1\n")

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "reviewer  application  bid",
        "ada       P1           2",
        "ada       P2           1",
        "eve       P2           2.5",
        "objective: 5.5 (proven bound: 5.5)",
        "reviews: 3, missing: 0",
        "loads: 0 to 2; the graph is connected",
        "shortfalls: none",
    ]


def test_assign_gives_the_same_pairs_whatever_the_order_of_the_lines(app, tmp_path):
    lines = [f"r{r},a{a},{(a * r) % 3}" for a in range(20) for r in range(8)]
    options = ("--per-application", "3", "--max-load", "9", "--format", "csv")

    first = run(app, tmp_path, *options, bids="\n".join(["reviewer,application,bid", *lines]))
    again = run(app, tmp_path, *options, bids="\r\n".join(["Reviewer,Application,Bid", *reversed(lines)]))

    assert first.exit_code == 0
    assert again.stdout == first.stdout


@pytest.mark.parametrize(
    ("bids", "sentence"),
    [
        ("", "line 1: This file is empty."),
        ("reviewer,application,bid\n", "line 2: there is no bid."),
        ("reviewer,application\nada,P1\n", "line 1: the column “bid” is missing."),
        ("reviewer,application,bid\nada,P1,2\nada,P2,much\n", "line 3: “much” is not a number."),
        ("reviewer,application,bid\nada,P1,nan\n", "line 2: “nan” is not a number."),
        ("reviewer,application,bid\nada,P1,1e300\n", "line 2: “1e300” is not a number."),
        ("reviewer,application,bid\nada,P1,\n", "line 2: “” is not a number."),
        ("reviewer,application,bid\n,P1,2\n", "line 2: the column “reviewer” is empty."),
        ("reviewer,application,bid\nada,P1,2\neve,P1,1\nada,P1,3\n", "line 4: this pair stands on line 2 already."),
        ("reviewer,application,bid\nada,P1\n", "line 2: 2 fields where the header has 3."),
        ('reviewer,application,bid\n"ada,P1,2\n', "line 2: a quotation mark opened here is never closed"),
        ("reviewer,application,bid\nada,P1,2\nzoé,P1,2\n".encode("latin-1"), "line 3: this is not UTF-8 text."),
        ("reviewer,application,bid\nada,P1,2\n".encode("utf-16"), "line 1: this is not UTF-8 text."),
        (b"PK\x03\x04 not a table", "line 1: This is a spreadsheet, not a table in text."),
    ],
)
def test_assign_refuses_crooked_bids_with_the_line(app, db, tmp_path, bids, sentence):
    result = run(app, tmp_path, "--per-application", "1", "--max-load", "1", bids=bids)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"{tmp_path / 'bids.csv'}, {sentence}")
    assert len(result.stderr.splitlines()) == 1
    assert db.scalar(select(func.count()).select_from(AuditEntry)) == 0


@pytest.mark.parametrize(
    ("conflicts", "sentence"),
    [
        ("reviewer,application\nada,P1\nmax,P1\n", "line 3: no bid names the reviewer “max”."),
        ("reviewer,application\nada,P9\n", "line 2: no bid names the application “P9”."),
        ("reviewer,application\nada,P1\nada,P1\n", "line 3: this pair stands on line 2 already."),
        ("who,what\nada,P1\n", "line 1: the column “reviewer” is missing."),
    ],
)
def test_assign_refuses_crooked_conflicts_with_the_line(app, tmp_path, conflicts, sentence):
    result = run(app, tmp_path, "--per-application", "1", "--max-load", "1", conflicts=conflicts)

    assert result.exit_code == 2
    assert result.stderr.strip() == f"{tmp_path / 'conflicts.csv'}, {sentence}"


def test_assign_refuses_a_file_that_is_not_there_and_limits_that_cross(app, tmp_path):
    absent = app.test_cli_runner().invoke(
        args=["reviewing", "assign", "--bids", str(tmp_path / "no.csv"), "--per-application", "1", "--max-load", "1"]
    )
    crossed = run(app, tmp_path, "--per-application", "1", "--max-load", "1", "--min-load", "2")

    assert (absent.exit_code, crossed.exit_code) == (2, 2)
    assert absent.stderr.strip() == f"{tmp_path / 'no.csv'}: No such file or directory."
    assert crossed.stderr.strip() == "The minimum load is above the maximum."


def test_assign_reads_a_hundred_thousand_lines(app, tmp_path):
    lines = [f"reviewer {r:03},application {a:04},{(a * 31 + r * 17) % 5}" for a in range(1_000) for r in range(100)]

    result = run(
        app,
        tmp_path,
        "--per-application",
        "3",
        "--max-load",
        "31",
        "--format",
        "csv",
        bids="\n".join(["reviewer,application,bid", *lines]),
    )

    pairs = list(csv.DictReader(io.StringIO(result.stdout)))
    assert result.exit_code == 0
    assert len(pairs) == 3_000
    assert result.stderr.startswith(f"objective: {sum(int(pair['bid']) for pair in pairs)} ")
