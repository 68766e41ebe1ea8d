"""The house under test: a migrated SQLite file copied fresh for every test, a browser that inspects its pages."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import event

from accelerator import create_app
from accelerator.extensions import db as database
from accelerator.kernel import clock
from tests.page import Browser

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def test_settings(instance: Path, **others: object) -> dict[str, object]:
    """Settings every test app starts from: cheap passwords, no limits, no clock."""
    return {
        "APP_ENV": "test",
        "INSTANCE": instance,
        "TESTING": True,
        "SECRET_KEY": "tests only",
        "SQLALCHEMY_DATABASE_URI": f"sqlite:///{instance / 'work.sqlite3'}",
        "SQLITE_SYNCHRONOUS": "OFF",
        "WTF_CSRF_ENABLED": False,
        "RATELIMIT_ENABLED": False,
        "PASSWORD_TIME_COST": 1,
        "PASSWORD_MEMORY_KIBIBYTES": 64,
        **others,
    }


test_settings.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """One application for the whole run; its database file is replaced before every test."""
    instance = tmp_path_factory.mktemp("instance")
    application = create_app(test_settings(instance))
    with application.app_context():
        upgrade()
        database.session.remove()
        database.engine.dispose()
    shutil.move(instance / "work.sqlite3", instance / "template.sqlite3")
    return application


@pytest.fixture
def db(app: Flask) -> Iterator[object]:
    """A session on a fresh, empty database."""
    instance: Path = app.config["INSTANCE"]
    for leftover in instance.glob("work.sqlite3*"):
        leftover.unlink()
    shutil.copyfile(instance / "template.sqlite3", instance / "work.sqlite3")
    with app.app_context():
        yield database.session
        database.session.remove()
        database.engine.dispose()


@pytest.fixture
def browser(app: Flask, db: object) -> Browser:
    """Somebody with a browser, signed out."""
    return Browser(app)


@pytest.fixture(autouse=True)
def _running_clock() -> Iterator[None]:
    yield
    clock.fix(None)


@pytest.fixture
def shared() -> Path:
    """The folder of sample data beside the checkout; the test is skipped, saying so, where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"no sample data at {SHARED}")
    return SHARED


class Statements:
    """How many statements were sent while it listened, transaction control left out."""

    count = 0

    def hear(self, _connection: object, _cursor: object, statement: str, *_more: object) -> None:
        """Count one."""
        self.count += not statement.startswith(("BEGIN", "PRAGMA"))


@pytest.fixture
def count_statements(db: object) -> Callable[[], AbstractContextManager[Statements]]:
    """Counts what the database is asked: `with count_statements() as asked: …; asked.count`."""

    @contextmanager
    def listening() -> Iterator[Statements]:
        statements = Statements()
        event.listen(database.engine, "before_cursor_execute", statements.hear)
        try:
            yield statements
        finally:
            event.remove(database.engine, "before_cursor_execute", statements.hear)

    return listening


def at(text: str) -> datetime:
    """Hold the clock at an instant: `at("2026-03-01T09:00Z")`."""
    instant = datetime.fromisoformat(text)
    clock.fix(instant)
    return instant
