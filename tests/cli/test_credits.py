"""The operator's door to credits: import a cost export, check the ledger."""

from __future__ import annotations

import json
from datetime import date

import pytest
from sqlalchemy import func, select, text

from accelerator.kernel.actor import SYSTEM
from accelerator.kernel.money import Money
from accelerator.models.credits import UsageImport, UsageReading
from accelerator.services import credits

EXPORT = """SubscriptionId,Date,Cost,BillingCurrency,PublisherType
sub-1,2026-01-02,0.1,EUR,Azure
sub-1,2026-01-02,0.2,EUR,Marketplace
sub-2,2026-01-02,x,EUR,Azure
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "jan.csv"
    path.write_text(EXPORT)
    return path


def run(app, *arguments):
    return app.test_cli_runner().invoke(args=["credits", *map(str, arguments)])


def test_import_prints_exact_sums_as_json(app, db, file):
    result = run(app, "import-usage", file, "--format", "json")

    document = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (document["rows_read"], document["rows_kept"]) == (3, 2)
    assert document["refused"] == [{"line": 4, "reason": "“x” is not an amount"}]
    assert document["totals"] == [
        {
            "sub_account": "sub-1",
            "sub_account_name": "",
            "currency": "EUR",
            "rows": 2,
            "billed": "0.3",
            "covered": "0.1",
            "not_covered": "0.2",
        }
    ]
    assert document["unmatched"][0]["reason"] == "No startup is linked to this account."
    assert db.scalar(select(func.count(UsageReading.id))) == 2


def test_a_dry_run_stores_nothing_and_a_second_import_says_so(app, db, file):
    assert "Dry run: nothing stored." in run(app, "import-usage", file, "--dry-run").stdout
    assert db.scalars(select(UsageImport)).all() == []

    run(app, "import-usage", file)

    assert "The same file was imported before: nothing changed." in run(app, "import-usage", file).stdout


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_strict_stores_nothing_for_one_refused_line(app, db, file, dry):
    result = run(app, "import-usage", file, "--strict", "--format", "json", *dry)

    document = json.loads(result.stdout)
    assert result.exit_code == 2
    assert "Lines refused: 1. Nothing is stored, as you asked." in result.stderr
    assert document["refused"] == [{"line": 4, "reason": "“x” is not an amount"}]
    assert (document["import_id"], db.scalars(select(UsageImport)).all()) == (None, [])
    assert "  line 4: “x” is not an amount" in run(app, "import-usage", file, "--strict", *dry).stdout


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "No such file or directory"), (b"", "This file is empty."), (b"a,b\n1,2\n", "not a cost export we know")],
)
def test_an_unreadable_file_exits_2_with_a_sentence(app, db, tmp_path, content, sentence):
    path = tmp_path / "x.csv"
    if content is not None:
        path.write_bytes(content)

    result = run(app, "import-usage", path)

    assert result.exit_code == 2
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


def test_check_exits_1_on_a_fault(app, db):
    credits.fund_pool(
        actor=SYSTEM,
        sponsor="Microsoft",
        name="Azure",
        ceiling=Money(500, "EUR"),
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 12, 31),
    )
    assert run(app, "check").exit_code == 0

    db.execute(text("UPDATE credit_pool SET ceiling_minor = 501"))
    db.commit()
    result = run(app, "check")

    assert result.exit_code == 1
    assert "pool 1: ceiling 501, the ledger says 500" in result.stderr
