"""The operator's door for spreadsheets: exit codes, counts, JSON."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select

from accelerator.models.startups import Startup

GOOD = "siren,nom,code_postal\n732829320,Lumeo,69003\n"
BAD = GOOD + "732829321,Faux,69003\n"


@pytest.fixture
def run(app, db, tmp_path):
    def command(kind: str, text: str | bytes, *options: str):
        path = tmp_path / "file.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return app.test_cli_runner().invoke(args=["data", "import", kind, str(path), *options])

    return command


def test_a_good_file_ends_with_zero(run, db):
    result = run("startups", GOOD)

    assert (result.exit_code, result.output.splitlines()[1].split()) == (0, ["imported", "1"])
    assert db.scalar(select(func.count()).select_from(Startup)) == 1


def test_a_refused_row_ends_with_one_and_is_named_by_line(run):
    result = run("startups", BAD)

    assert result.exit_code == 1
    assert "  line 3: This number does not pass its check" in result.output


def test_a_file_that_cannot_be_read_ends_with_two(run):
    result = run("startups", b"\x00\x01")

    assert (result.exit_code, result.stderr) == (
        2,
        "file.csv: Line 1 of this file is not text that can be read. Save it as CSV (UTF-8).\n",
    )


def test_a_dry_run_says_so_and_json_holds_every_line(run, db):
    result = run("startups", BAD, "--dry-run", "--format", "json")

    report = json.loads(result.output)
    assert (report["imported"], report["is_stored"], report["refused"][0]["line"]) == (1, False, 3)
    assert db.scalar(select(func.count()).select_from(Startup)) == 0


def test_many_refusals_are_counted_by_reason(run):
    result = run("startups", "nom\n" + "Lumeo\n" * 30)

    assert "      30 × no postcode, department, region or RNA number" in result.output


@pytest.mark.parametrize("kind", ["applications", "reviews"])
def test_an_unknown_batch_ends_with_two(run, kind):
    result = run(kind, GOOD, "--batch", "X")

    assert (result.exit_code, result.stderr) == (2, "file.csv: There is no batch “X”.\n")
