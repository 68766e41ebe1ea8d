"""Services · Demo · Book — rows collected with their ids and written in the order of the tables."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Table, func, insert, select, text

from accelerator.extensions import Model, db

SOURCES: Final = Path(__file__).with_name("sources")
ROWS_AT_ONCE: Final = 5_000


@cache
def phrases(name: str) -> Mapping[str, Any]:
    """One file of sentences: "stories", "phrases", "people"."""
    return tomllib.loads((SOURCES / f"{name}.toml").read_text(encoding="utf-8"))


class Book:
    """Rows to be inserted. Ids are given out here, so that rows can name each other before they are stored."""

    def __init__(self) -> None:
        self._rows: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self._last: dict[str, int] = {}
        self._tables: dict[str, Table] = {}

    def add(self, model: type[Model], **values: Any) -> int:
        """Keep one row; its id (0 where the table has none of its own)."""
        table = _table(model)
        self._tables[table.name] = table
        if "id" in table.c:
            values["id"] = self._next_id(table)
        self._rows[table.name].append(values)
        return int(values.get("id", 0))

    def write(self) -> None:
        """Insert everything kept so far, parents before children, and forget it."""
        for table in Model.metadata.sorted_tables:
            rows = self._rows.pop(table.name, [])
            for start in range(0, len(rows), ROWS_AT_ONCE):
                db.session.execute(insert(table), rows[start : start + ROWS_AT_ONCE])
            if rows and "id" in table.c:
                _move_sequence(table)
        self._last.clear()

    def _next_id(self, table: Table) -> int:
        if table.name not in self._last:
            self._last[table.name] = db.session.scalar(select(func.max(table.c.id))) or 0
        self._last[table.name] += 1
        return self._last[table.name]


def _table(model: type[Model]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101
    return table


def _move_sequence(table: Table) -> None:
    """PostgreSQL's own numbering goes on after the ids given out here."""
    if db.session.get_bind().dialect.name == "postgresql":
        quoted = f'"{table.name}"'
        db.session.execute(
            text(f"SELECT setval(pg_get_serial_sequence('{quoted}', 'id'), (SELECT max(id) FROM {quoted}))")
        )
