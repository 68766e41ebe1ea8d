"""Queries · Interests · Register — what one reviewer declared and when; whom one startup named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, exists, select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.enums import InterestKind, TieKind
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.models.interests import Interest, InterestStatement, StartupTie
from accelerator.rules.conflicts import still_counts

PARIS: Final = "Europe/Paris"


@dataclass(frozen=True)
class InterestRow:
    """One declared tie; `counts` is False once it ended too long ago to matter."""

    id: int
    kind: InterestKind
    organisation: str
    siren: str | None
    person: str
    note: str
    since_year: int | None
    until_year: int | None
    declared_at: datetime
    counts: bool


@dataclass(frozen=True)
class Statement:
    """The last time a reviewer said that the register is complete, and how many interests it held."""

    interests: int
    stated_at: datetime


@dataclass(frozen=True)
class TieRow:
    """One person or organisation that a startup named."""

    id: int
    kind: TieKind
    organisation: str
    siren: str | None
    person: str
    declared_at: datetime


def present_year() -> int:
    """The calendar year it is in the programme's zone; ties are declared by years."""
    return clock.today_in(PARIS).year


def interests(user_id: int) -> list[InterestRow]:
    """Everything a reviewer declared, what goes on first. One statement."""
    rows = db.session.scalars(
        select(Interest)
        .where(Interest.user_id == user_id)
        .order_by(Interest.until_year.is_not(None), Interest.until_year.desc(), Interest.id)
    )
    year = present_year()
    return [_row(row, year) for row in rows]


def interest(user_id: int, interest_id: int) -> InterestRow:
    """One of a reviewer's own interests. Raises: NotFound."""
    row = db.session.scalar(select(Interest).where(Interest.id == interest_id, Interest.user_id == user_id))
    if row is None:
        raise NotFound(Message("There is no such entry in your register."))
    return _row(row, present_year())


def find_statement(user_id: int) -> Statement | None:
    """The reviewer's last statement; None while there is none. One statement."""
    row = db.session.execute(
        select(InterestStatement.interests, InterestStatement.stated_at)
        .where(InterestStatement.user_id == user_id)
        .order_by(InterestStatement.id.desc())
        .limit(1)
    ).first()
    return Statement(*row) if row else None


_HAS_STATED: Final = select(exists().where(InterestStatement.user_id == bindparam("user_id")))


def has_stated(user_id: int) -> bool:
    """True once the reviewer has declared interests or said that there is nothing to declare. One statement."""
    return bool(db.session.execute(_HAS_STATED, {"user_id": user_id}).scalar())


def ties(startup_id: int) -> list[TieRow]:
    """Whom a startup named, kind by kind. One statement."""
    rows = db.session.execute(
        select(
            StartupTie.id,
            StartupTie.kind,
            StartupTie.organisation,
            StartupTie.siren,
            StartupTie.person,
            StartupTie.declared_at,
        ).where(StartupTie.startup_id == startup_id)
    )
    order = list(TieKind)
    return sorted((TieRow(*row) for row in rows), key=lambda row: (order.index(row.kind), row.id))


def _row(row: Interest, year: int) -> InterestRow:
    return InterestRow(
        row.id,
        row.kind,
        row.organisation,
        row.siren,
        row.person,
        row.note,
        row.since_year,
        row.until_year,
        row.declared_at,
        still_counts(row.until_year, year),
    )
