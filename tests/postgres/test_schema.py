"""The migrations and the models say the same, forwards and backwards, on both databases."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import inspect, text

from accelerator.extensions import db as database
from accelerator.kernel.actor import SYSTEM
from accelerator.services import audit
from accelerator.services.transaction import transaction


def test_migrations_and_models_agree(either_app: Flask):
    with either_app.app_context():
        check()


def test_downgrade_leaves_nothing_and_upgrade_brings_it_back(either_app: Flask):
    with either_app.app_context():
        database.session.remove()
        before = set(inspect(database.engine).get_table_names())
        downgrade(revision="base")
        emptied = set(inspect(database.engine).get_table_names())
        upgrade()
        after = set(inspect(database.engine).get_table_names())

    assert emptied == {"alembic_version"}
    assert after == before


def test_append_only_tables_refuse_change(either_app: Flask):
    with either_app.app_context():
        with transaction():
            audit.record(SYSTEM, "did", "thing:1")
        for statement in ("UPDATE audit_entry SET verb = 'x'", "DELETE FROM audit_entry"):
            with pytest.raises(Exception, match="append-only"):
                database.session.execute(text(statement))
            database.session.rollback()
        assert audit.first_broken_entry() is None
