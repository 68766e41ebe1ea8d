"""The operator's door to the demo and to the shipped programme."""

from __future__ import annotations

from sqlalchemy import func, select

from accelerator.models.programmes import Batch
from accelerator.models.startups import Startup
from accelerator.services import demo
from tests import make


def test_seeding_says_what_is_there_and_a_second_time_that_it_was(app, db):
    runner = app.test_cli_runner()

    first = runner.invoke(args=["demo", "seed", "--size", "small", "--today", "2026-11-23"])
    second = runner.invoke(args=["demo", "seed", "--size", "small"])

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "workshop sessions: 20" in first.output
    assert second.stdout.startswith("The demo is already there; nothing was changed.")


def test_a_house_with_other_data_ends_with_two(app, db):
    make.startup()

    result = app.test_cli_runner().invoke(args=["demo", "seed", "--size", "small"])

    assert result.exit_code == 2
    assert "This database holds 1 startups already." in result.stderr
    assert db.scalar(select(func.count()).select_from(Startup)) == 1


def test_accounts_are_listed_with_their_password(app):
    result = app.test_cli_runner().invoke(args=["demo", "accounts"])

    assert result.exit_code == 0
    assert all(account.email in result.output for account in demo.ACCOUNTS)
    assert f"password for all: {demo.PASSWORD}" in result.output


def test_the_programme_is_installed_once(app, db):
    runner = app.test_cli_runner()

    first = runner.invoke(args=["programme", "install"])
    second = runner.invoke(args=["programme", "install"])

    assert "batches: 7 added" in first.output
    assert "everything was there" in second.output
    assert db.scalar(select(func.count()).select_from(Batch)) == 7
