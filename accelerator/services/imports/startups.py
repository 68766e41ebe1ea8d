"""Services · Imports · Startups — companies from a spreadsheet: one record a SIREN, empty fields filled, nothing overwritten."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import insert, select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import Sector, Stage
from accelerator.kernel.permissions import Permission
from accelerator.models.startups import Startup
from accelerator.rules.identity import name_key
from accelerator.rules.imports import STARTUP_COLUMNS, StartupRow, known_columns, startup_row
from accelerator.services.imports.reports import Report, importing, one_line, require_columns, usable_rows

FILLABLE: Final = (
    "siren",
    "department_code",
    "postcode",
    "city",
    "sector",
    "stage",
    "website",
    "pitch",
    "registered_on",
    "naf",
    "headcount_band",
)
_BLANK: Final[Mapping[str, object]] = {"sector": Sector.OTHER, "stage": Stage.CONCEPT, "pitch": ""}
"""What a field holds when nobody has said anything yet."""


def import_startups(
    *, actor: Actor, content: bytes, default_region: str = "", dry_run: bool = False, strict: bool = False
) -> Report:
    """Bring in the startups of a CSV file.

    A startup is known by its SIREN, else by its name in its department; a known one keeps what it has and gains
    what it lacks. The same file again changes nothing.

    Args:   default_region is the INSEE code of rows that do not say where they are; strict stores all rows or none.
    Raises: NotAllowed, RuleViolation when the file cannot be read.
    """
    with importing(actor, Permission.BATCH_MANAGE, content, subject="startups", dry_run=dry_run, strict=strict) as (
        table,
        report,
    ):
        require_columns(table, STARTUP_COLUMNS["name"])
        report.columns_left_out = [name for name in table.columns if name and name not in known_columns(table.columns)]
        ledger = StartupDesk()
        for row in usable_rows(table, report):
            with one_line(report, row.line):
                parsed = startup_row(row.values, default_region=default_region)
                report.note(row.line, parsed.notes)
                ledger.take(parsed, report)
        ledger.store()
    return report


class StartupDesk:
    """Knows every startup, stored or on the way in, by SIREN and by name and department."""

    def __init__(self) -> None:
        self._by_siren: dict[str, dict[str, Any]] = {}
        self._by_name: dict[tuple[str, str], dict[str, Any]] = {}
        self._new: list[dict[str, Any]] = []
        self._changed: dict[int, dict[str, Any]] = {}
        columns = [getattr(Startup, name) for name in ("id", "name", "region_code", *FILLABLE)]
        for row in db.session.execute(select(*columns).order_by(Startup.id)):
            self._remember(dict(row._mapping))

    def take(self, row: StartupRow, report: Report) -> dict[str, Any]:
        """The startup a row speaks of, new or completed; counted in the report."""
        known = self.find(row)
        if known is None:
            made = {name: getattr(row, name) for name in ("name", "region_code", *FILLABLE)}
            made |= {name: made[name] or blank for name, blank in _BLANK.items()}
            self._new.append(made)
            self._remember(made)
            report.imported += 1
            return made
        gained = {
            name: said
            for name in FILLABLE
            if (said := getattr(row, name)) and known[name] in (None, _BLANK.get(name)) and known[name] != said
        }
        if not known["region_code"] and row.region_code:
            gained["region_code"] = row.region_code
        elif known["region_code"] != row.region_code:
            for name in ("department_code", "postcode", "city"):  # another place: what is known stands
                gained.pop(name, None)
        if gained:
            known |= gained
            self._remember(known)
            if "id" in known:
                self._changed.setdefault(known["id"], {}).update(gained)
            report.merged += 1
        else:
            report.unchanged += 1
        return known

    def find(self, row: StartupRow) -> dict[str, Any] | None:
        """The startup with this SIREN; without one, that of the same name in the same department."""
        if row.siren and row.siren in self._by_siren:
            return self._by_siren[row.siren]
        same = self._by_name.get((name_key(row.name), row.department_code or row.region_code))
        return same if same is not None and not (row.siren and same["siren"]) else None

    def by_siren(self, siren: str | None) -> dict[str, Any] | None:
        """The startup with this SIREN."""
        return self._by_siren.get(siren or "")

    def store(self) -> None:
        """Write what is new and what was completed; new ones know their id afterwards."""
        now = clock.now()
        statement = insert(Startup).returning(Startup.id, sort_by_parameter_order=True)
        for start in range(0, len(self._new), 2_000):
            some = self._new[start : start + 2_000]
            rows = [{**row, "created_at": now, "is_stealth": False, "version": 1} for row in some]
            for row, startup_id in zip(some, db.session.scalars(statement, rows), strict=True):
                row["id"] = startup_id
        for startup_id, values in self._changed.items():
            db.session.execute(
                update(Startup).where(Startup.id == startup_id).values(**values, version=Startup.version + 1)
            )
        self._new, self._changed = [], {}

    def _remember(self, startup: dict[str, Any]) -> None:
        if startup["siren"]:
            self._by_siren[startup["siren"]] = startup
        key = (name_key(startup["name"]), startup["department_code"] or startup["region_code"])
        self._by_name.setdefault(key, startup)
