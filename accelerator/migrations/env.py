"""Migrations · Environment — one connection, one transaction; SQLite's foreign keys rest meanwhile.

Batch operations copy a table and drop the old one: with foreign keys on, that would delete its children.
So they are off while the migration runs, and checked before it is committed.
"""

from __future__ import annotations

import logging
from logging.config import fileConfig

from alembic import context
from flask import current_app

from accelerator import models  # noqa: F401  (the tables)
from accelerator.models.columns import ExactDecimal, UtcDateTime

config = context.config
fileConfig(str(config.config_file_name), disable_existing_loggers=False)
log = logging.getLogger("alembic.env")

database = current_app.extensions["migrate"].db


def _render_item(kind: str, item: object, _context: object) -> str | bool:
    """Write our column types as the plain ones they are stored as, so that a migration stands alone."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, ExactDecimal):
        return "sa.String(length=64)"
    return False


def run() -> None:
    """Run the migrations on the application's own engine."""
    engine = database.engine
    with engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            connection.rollback()
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
            connection = connection.execution_options(sqlite_begin="IMMEDIATE")
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            render_as_batch=True,
            compare_type=True,
            render_item=_render_item,
            transactional_ddl=True,
        )
        try:
            with context.begin_transaction():
                context.run_migrations()
                if is_sqlite:
                    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                    if broken:
                        raise RuntimeError(f"the migration would break {len(broken)} references: {broken[:5]}")
            if connection.in_transaction():
                connection.commit()
        finally:
            if is_sqlite:
                connection.rollback()
                connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")


if context.is_offline_mode():
    raise SystemExit("offline migrations are not supported: run them on the database itself")
run()
