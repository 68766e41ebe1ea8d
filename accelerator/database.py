"""Database — the engine's manners: SQLite's pragmas and how its transactions begin, PostgreSQL's pool."""

from __future__ import annotations

import logging
import sqlite3
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError

try:
    from pysqlite3 import dbapi2 as sqlite_module
except ImportError:  # macOS: the interpreter's own SQLite
    sqlite_module = sqlite3

log = logging.getLogger(__name__)

__all__ = ["OperationalError", "configure", "is_reachable", "sqlite_is_safe"]

FIRST_SAFE_SQLITE = (3, 51, 3)  # versions before it can corrupt a WAL file (backports: 3.50.7, 3.44.6)
SAFE_BACKPORTS = {(3, 50): 7, (3, 44): 6}


def sqlite_is_safe(version: tuple[int, ...]) -> bool:
    """True when this SQLite is free of the WAL-reset bug."""
    backport = SAFE_BACKPORTS.get(version[:2])
    return version >= FIRST_SAFE_SQLITE or (backport is not None and version[2] >= backport)


def configure(app: Flask) -> None:
    """Choose the driver's options for the database the settings name."""
    uri = str(app.config["SQLALCHEMY_DATABASE_URI"])
    if uri.startswith("sqlite"):
        app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", {"module": sqlite_module, "pool_size": 20})
        app.config["INSTANCE"].mkdir(parents=True, exist_ok=True)
    else:
        app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 20})
    _Manners.synchronous = str(app.config["SQLITE_SYNCHRONOUS"])
    _Manners.wait_ms = int(app.config["DATABASE_WAIT_SECONDS"]) * 1000


class _Manners:
    synchronous = "NORMAL"
    wait_ms = 15_000


@event.listens_for(Engine, "connect")
def _set_up_sqlite(dbapi_connection: Any, _record: object) -> None:
    if not isinstance(dbapi_connection, sqlite_module.Connection | sqlite3.Connection):
        return
    dbapi_connection.isolation_level = None  # transactions begin in `_begin`, nowhere else
    safe = sqlite_is_safe(sqlite_module.sqlite_version_info)
    if not safe:
        log.warning("SQLite %s has the WAL-reset bug: using the rollback journal", sqlite_module.sqlite_version)
    cursor = dbapi_connection.cursor()
    for pragma in (
        f"busy_timeout={_Manners.wait_ms}",
        f"journal_mode={'WAL' if safe else 'DELETE'}",
        f"synchronous={_Manners.synchronous if safe else 'FULL'}",
        "foreign_keys=ON",
        "secure_delete=ON",
        "recursive_triggers=ON",
        "cache_size=-32000",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        how = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {how}")


def is_reachable(engine: sa.Engine) -> bool:
    """True when the database answers a trivial question."""
    with engine.connect() as connection:
        return connection.scalar(sa.select(1)) == 1
