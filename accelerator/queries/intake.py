"""Queries · Intake — the applications of one batch as a list: filtered, sorted by submission, one page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, func, or_, select

from accelerator.extensions import db
from accelerator.kernel.enums import ApplicationState, Sector, Stage
from accelerator.models.applications import Application
from accelerator.models.startups import Startup
from accelerator.rules import screening
from accelerator.rules.screening import ScreeningReason

ROWS_A_PAGE: Final = 100
SHOWN_STATES: Final = tuple(state for state in ApplicationState if state is not ApplicationState.DRAFT)
"""What is not submitted stays the startup's own: drafts are counted, never listed."""


@dataclass(frozen=True)
class IntakeFilter:
    """Which applications of a batch to list; empty values list all."""

    state: ApplicationState | None = None
    region_code: str = ""
    sector: Sector | None = None
    search: str = ""
    screened: bool | None = None

    @property
    def reads_startups(self) -> bool:
        """True when the startup's own columns decide."""
        return bool(self.region_code or self.sector or self.search)


class IntakeRow(NamedTuple):
    """One application in the list."""

    id: int
    state: ApplicationState
    submitted_at: datetime | None
    startup: str
    siren: str | None
    region_code: str
    sector: Sector
    stage: Stage
    reviews: int
    assigned: int


@dataclass(frozen=True)
class IntakePage:
    """One page of the list, how many rows there are in all, and how many applications stand in each state."""

    rows: list[IntakeRow]
    total: int
    pages: int
    counts: Mapping[ApplicationState, int]

    states: tuple[ApplicationState, ...] = SHOWN_STATES

    @property
    def submitted(self) -> int:
        """Every application that was sent in."""
        return sum(self.counts.get(state, 0) for state in SHOWN_STATES)


@dataclass(frozen=True)
class ExportRow:
    """One application in the table that is taken away."""

    receipt: str
    state: ApplicationState
    submitted_at: datetime | None
    startup: str
    siren: str
    region_code: str
    department_code: str
    city: str
    sector: Sector
    stage: Stage
    website: str
    women_founders: bool | None
    screened_at: datetime | None
    reason: ScreeningReason
    assigned: int
    reviews: int


def intake(batch_id: int, wanted: IntakeFilter, page: int) -> IntakePage:
    """One page of a batch's intake, the first submitted first. Two statements; three when startups are filtered."""
    counts = counts_by_state(batch_id)
    if wanted.reads_startups or wanted.screened is not None:
        total = db.session.scalars(_filtered(select(func.count()), batch_id, wanted)).one()
    elif wanted.state is not None:
        total = counts.get(wanted.state, 0)
    else:
        total = sum(counts.get(state, 0) for state in SHOWN_STATES)
    rows = db.session.connection().execute(
        _page_statement(wanted), {"batch": batch_id, "size": ROWS_A_PAGE, "skipped": (page - 1) * ROWS_A_PAGE}
    )
    return IntakePage([IntakeRow._make(row) for row in rows], total, max(1, -(-total // ROWS_A_PAGE)), counts)


@lru_cache(maxsize=64)
def _page_statement(wanted: IntakeFilter) -> Select[Any]:
    """One page of a list filtered like this; made once. It skips to the page before anything is joined."""
    order = Application.submitted_at, Application.id
    own = _filtered(select(Application.id), bindparam("batch"), wanted).order_by(*order)
    page_ids = own.limit(bindparam("size")).offset(bindparam("skipped"))
    return _rows().where(Application.id.in_(page_ids)).order_by(*order)


_COUNTS: Final = select(
    *(
        select(func.count())
        .where(Application.batch_id == bindparam("batch_id"), Application.state == state)
        .scalar_subquery()
        .label(state.value)
        for state in ApplicationState
    )
)
"""One range of the index a state: stepping over equal entries is cheaper than grouping them."""


def counts_by_state(batch_id: int) -> dict[ApplicationState, int]:
    """How many applications of a batch stand in each state, counted from the index alone."""
    counted = db.session.connection().execute(_COUNTS, {"batch_id": batch_id}).one()
    return {state: count for state, count in zip(ApplicationState, counted, strict=True) if count}


def export(batch_id: int, wanted: IntakeFilter) -> list[ExportRow]:
    """Every row of a filtered intake, in the order of the list. One statement."""
    rows = db.session.execute(
        _filtered(select(Application, Startup), batch_id, wanted, joined=True).order_by(
            Application.submitted_at, Application.id
        )
    )
    return [
        ExportRow(
            receipt=application.receipt or "",
            state=application.state,
            submitted_at=application.submitted_at,
            startup=startup.name,
            siren=startup.siren or "",
            region_code=startup.region_code,
            department_code=startup.department_code or "",
            city=startup.city or "",
            sector=startup.sector,
            stage=startup.stage,
            website=startup.website or "",
            women_founders=startup.women_founders,
            screened_at=application.screened_at,
            reason=screening.reason_of(application.screening_reason),
            assigned=application.assigned,
            reviews=application.reviews,
        )
        for application, startup in rows
    ]


def chosen(batch_id: int, application_ids: Sequence[int]) -> list[IntakeRow]:
    """The named applications of a batch, in the order of the list; one of another batch is left out."""
    rows = db.session.execute(
        _rows()
        .where(
            Application.batch_id == batch_id,
            Application.id.in_(application_ids),
            Application.state != ApplicationState.DRAFT,
        )
        .order_by(Application.submitted_at, Application.id)
    )
    return [IntakeRow(*row) for row in rows]


def _rows() -> Select[Any]:
    return select(
        Application.id,
        Application.state,
        Application.submitted_at,
        Startup.name,
        Startup.siren,
        Startup.region_code,
        Startup.sector,
        Startup.stage,
        Application.reviews,
        Application.assigned,
    ).join(Startup, Startup.id == Application.startup_id)


def _filtered(
    statement: Select[Any], batch_id: int | BindParameter[int], wanted: IntakeFilter, *, joined: bool = False
) -> Select[Any]:
    statement = statement.select_from(Application).where(
        Application.batch_id == batch_id, Application.state != ApplicationState.DRAFT
    )
    if wanted.state is not None:
        statement = statement.where(Application.state == wanted.state)
    if wanted.screened is True:
        statement = statement.where(Application.screened_at.is_not(None))
    if wanted.screened is False:
        statement = statement.where(Application.state == ApplicationState.SUBMITTED)
    if wanted.reads_startups or joined:
        statement = statement.join(Startup, Startup.id == Application.startup_id)
    if wanted.region_code:
        statement = statement.where(Startup.region_code == wanted.region_code)
    if wanted.sector is not None:
        statement = statement.where(Startup.sector == wanted.sector)
    if wanted.search:
        statement = statement.where(matches(wanted.search))
    return statement


def matches(search: str) -> ColumnElement[bool]:
    """Startups whose name holds the text, or whose SIREN starts with its digits.

    SQLite folds ASCII letters only: the usual spellings of an accented name are tried.
    """
    spellings = {search, search.lower(), search.upper(), search.capitalize(), search.title()}
    found = [Startup.name.icontains(spelling, autoescape=True) for spelling in sorted(spellings)]
    digits = "".join(search.split())
    if digits.isascii() and digits.isdigit():
        found.append(Startup.siren.startswith(digits[:9]))
    return or_(*found)
