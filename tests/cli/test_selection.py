"""`flask selection verify` ends with 0 when the frozen result holds, with 1 when it does not; `analyse` reads a
spreadsheet without a database.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict

import pytest
from sqlalchemy import text

from accelerator.extensions import db as database
from tests import committee


def test_verify_says_that_the_result_holds_or_what_differs(app, db):
    batch = committee.decided_batch(code="HELD")
    runner = app.test_cli_runner()
    assert batch.places_taken == 2

    whole = runner.invoke(args=["selection", "verify", "HELD"])
    db.execute(text("UPDATE review SET overall = 1 WHERE id = 1"))
    db.commit()
    changed = runner.invoke(args=["selection", "verify", "HELD"])
    unknown = runner.invoke(args=["selection", "verify", "NONE"])

    assert (whole.exit_code, changed.exit_code, unknown.exit_code) == (0, 1, 1)
    assert "the frozen result holds" in whole.output
    assert "the stored reviews are not those of the document" in changed.output
    assert "There is no frozen selection under this code." in unknown.output


HEADER = "application,reviewer,team,market\n"
ROWS = "".join(
    f"A{application},{reviewer},{min(5, max(1, 6 - application + severity))},{3 + severity}\n"
    for application in range(1, 6)
    for reviewer, severity in (("Ada", 1), ("Eve", 0), ("Zoé", -1))
)


@pytest.fixture
def analyse(app, tmp_path, monkeypatch):
    """Runs the command on a file of this content, in its folder."""

    def run(content, *arguments):
        path = tmp_path / "reviews.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        monkeypatch.chdir(tmp_path)
        return app.test_cli_runner().invoke(args=["selection", "analyse", str(path), *arguments])

    return run


@pytest.fixture
def no_database(monkeypatch):
    def refuse(*_arguments):
        raise AssertionError("the database was asked")

    for name in ("execute", "scalar", "scalars", "get", "flush", "commit"):
        monkeypatch.setattr(database.session, name, refuse)


def test_analyse_prints_every_figure_as_json_and_asks_no_database(analyse, no_database):
    result = analyse(HEADER + ROWS, "--places", "2", "--format", "json")

    assert (result.exit_code, result.exception) == (0, None)
    document = json.loads(result.stdout)
    assert list(document) == ["applications", "reviewers", "variance", "method"]
    first = document["applications"][0]
    assert list(first) == [
        *("application", "n", "mean", "median", "spread", "adjusted", "se"),
        *("rank", "rank_low", "rank_high", "chance", "survives", "variants"),
    ]
    assert (first["application"], first["n"], first["rank"], first["variants"]) == ("A1", 3, 1, 8)
    assert (first["mean"], first["median"]) == (pytest.approx(3.833333), 4.0)
    assert [line["application"] for line in document["applications"]] == ["A1", "A2", "A3", "A4", "A5"]
    assert [line["rank"] for line in document["applications"]] == [1, 2, 3, 4, 5]
    assert sum(line["chance"] for line in document["applications"]) == pytest.approx(2, abs=0.01)
    assert [(line["reviewer"], line["n"]) for line in document["reviewers"]] == [("Ada", 5), ("Eve", 5), ("Zoé", 5)]
    severities = [line["severity"] for line in document["reviewers"]]
    assert severities[0] > 0.5 > -0.5 > severities[2]
    assert list(document["reviewers"][0]) == ["reviewer", "n", "severity", "se"]
    assert list(document["variance"]) == ["quality", "severity", "noise"]
    assert document["method"].startswith("additive-severity-1: Scores are corrected")


def test_analyse_with_low_points_best_turns_the_order_not_the_points(analyse):
    high, low = (
        json.loads(analyse(HEADER + ROWS, "--places", "2", "--format", "json", *more).stdout)
        for more in ([], ["--direction", "low"])
    )

    assert [line["application"] for line in low["applications"]] == ["A5", "A4", "A3", "A2", "A1"]
    assert low["reviewers"] == high["reviewers"]
    assert low["applications"][0]["adjusted"] == high["applications"][-1]["adjusted"]


def test_analyse_prints_tables_with_what_a_committee_must_know(analyse):
    apart = "B1,Mia,3,3\nB1,Léo,4,3\nB2,Mia,2,3\nB2,Léo,2,2\nA1,Once,4,4\nA2,Never,,\n"

    result = analyse(HEADER + ROWS + apart, "--places", "3")

    assert result.exit_code == 0
    assert "2 applications in 1 groups share no reviewer" in result.stdout
    assert "equally good: B1, B2." in result.stdout
    assert "1 reviewers with a single review, whose severity is hardly known: Once." in result.stdout
    assert "1 lines without any score were left out: line 22." in result.stdout
    assert "Where one more review would help most, in this order:" in result.stdout
    assert "too close to call" in result.stdout
    assert "decided otherwise by" in result.stdout


def test_analyse_says_that_no_bias_is_measurable(analyse):
    rows = "".join(
        f"A{a},{reviewer},{(a * 7 + place * 3) % 5 + 1},{a % 5 + 1}\n"
        for a in range(1, 30)
        for place, reviewer in enumerate(("Ada", "Eve", "Mia"))
    )

    result = analyse(HEADER + rows, "--format", "json")

    document = json.loads(result.stdout)
    assert document["method"].startswith("quality-alone-1: No measurable reviewer bias")
    assert {(line["severity"], line["se"]) for line in document["reviewers"]} == {(0.0, 0.0)}
    assert document["variance"]["severity"] == 0.0


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (HEADER + ROWS + "A9,,4,4\n", "reviews.csv: line 17: no reviewer is named.\n"),
        (HEADER + ROWS + "A9,Ada,x,4\n", "reviews.csv: line 17: team: “x” is not a number.\n"),
        (HEADER + ROWS + "A1,Ada,4,4\n", "reviews.csv: line 17: Ada has reviewed A1 already, on line 2.\n"),
        (
            HEADER + ROWS + "A9,Ada,9,4\n",
            "reviews.csv: line 17: team: 9 is outside the scale from 1 to 5.\n"
            "If these scores are right, name the scale, for example --scale 0-10.\n",
        ),
        ("", "reviews.csv: This file is empty.\n"),
        ("a,b,c\n1,2,3\n", "reviews.csv: The header names no column “application”.\n"),
        (
            HEADER.encode() + b"A1,\x81\x90,4,4\n",
            "reviews.csv: Line 2 of this file is not text that can be read. Save it as CSV (UTF-8).\n",
        ),
        (b"PK\x03\x04", "reviews.csv: This is a spreadsheet, not a table in text. Save it as CSV (UTF-8).\n"),
    ],
)
def test_analyse_refuses_bad_input_with_its_line_and_ends_with_two(analyse, content, expected):
    result = analyse(content)

    assert (result.exit_code, result.stdout, result.stderr) == (2, "", expected)


def test_analyse_names_twenty_bad_lines_and_counts_the_rest(analyse):
    result = analyse(HEADER + "".join(f"A{n},Ada,x,1\n" for n in range(30)))

    assert result.exit_code == 2
    assert result.stderr.splitlines()[19:] == [
        "reviews.csv: line 21: team: “x” is not a number.",
        "reviews.csv: 10 more lines cannot be used.",
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--weights", "tema=2"], "tema=2: The weights name “tema”, which is no column.\n"),
        (["--weights", "broken.txt"], "broken.txt: This file is not text in UTF-8.\n"),
        (["--scale", "5-1"], "“5-1” is not a scale such as 1-5."),
        (["--places", "0"], "0 is not in the range x>=1"),
    ],
)
def test_analyse_refuses_settings_that_make_no_sense(analyse, tmp_path, arguments, expected):
    (tmp_path / "broken.txt").write_bytes(b"\xff\x00")

    result = analyse(HEADER + ROWS, *arguments)

    assert result.exit_code == 2
    assert expected in result.stderr


def test_analyse_takes_weights_from_a_file_or_as_they_are_typed(analyse, tmp_path):
    (tmp_path / "weights.csv").write_text("criterion,weight\nteam,1\nmarket,0\n")

    from_file, typed = (
        json.loads(analyse(HEADER + ROWS, "--format", "json", "--weights", text).stdout)
        for text in ("weights.csv", "team=1,market=0")
    )

    assert from_file == typed
    assert typed["applications"][0]["mean"] == pytest.approx(14 / 3)


def test_analyse_of_a_missing_file_ends_with_two(app, tmp_path):
    result = app.test_cli_runner().invoke(args=["selection", "analyse", str(tmp_path / "none.csv")])

    assert (result.exit_code, "No such file" in result.stderr) == (2, True)


def test_analyse_takes_a_hundred_thousand_lines(analyse):
    rows = "".join(
        f"A{number // 10},R{(number // 10 * 7 + number % 10 * 31) % 400},{number * 13 % 5 + 1},{number % 4 + 1}\n"
        for number in range(100_000)
    )

    result = analyse(HEADER + rows, "--format", "json")

    assert result.exit_code == 0
    assert len(json.loads(result.stdout)["applications"]) == 10_000


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "columns", "places", "arguments", "best", "method"),
    [
        ("wine-judges", ("bottle", "judge", ["response"]), 3, [], "7", "additive-severity-1"),
        (
            "grant-panel-nih",
            ("ID", "RevID", ["Significance", "Investigator", "Innovation", "Approach", "Environment"]),
            15,
            ["--direction", "low"],
            "309",
            "quality-alone-1",
        ),
    ],
)
def test_analyse_of_real_reviews(analyse, shared, name, columns, places, arguments, best, method):
    application, reviewer, criteria = columns
    with (shared / "reviews" / f"{name}.csv").open() as file:
        rows = [[row[application], row[reviewer], *(row[c] for c in criteria)] for row in csv.DictReader(file)]
    content = "\n".join(",".join(row) for row in [["application", "reviewer", *criteria], *rows])

    result = analyse(content, "--places", str(places), "--format", "json", *arguments)

    document = json.loads(result.stdout)
    assert (result.exit_code, document["method"].split(":")[0]) == (0, method)
    assert document["applications"][0]["application"] == best
    assert sum(line["n"] for line in document["applications"]) == len(rows)
    assert sum(line["chance"] for line in document["applications"]) == pytest.approx(places, abs=0.1)


@pytest.mark.shared
def test_analyse_of_real_reviews_that_answer_some_of_the_questions(analyse, shared):
    answers = defaultdict(dict)
    with (shared / "reviews" / "funding-round-5-ratings.csv").open() as file:
        for row in csv.DictReader(file):
            answers[row["proposal"], row["assessor"]][row["question"]] = row["rating"]
    questions = sorted({question for own in answers.values() for question in own})
    lines = [["application", "reviewer", *questions]]
    lines += [[*pair, *(own.get(question, "") for question in questions)] for pair, own in answers.items()]

    result = analyse("\n".join(",".join(line) for line in lines), "--format", "json")

    document = json.loads(result.stdout)
    assert (result.exit_code, len(document["applications"]), len(document["reviewers"])) == (0, 271, 253)
    assert document["variance"]["severity"] > 0.3
    assert {line["variants"] for line in document["applications"]} == {258}
