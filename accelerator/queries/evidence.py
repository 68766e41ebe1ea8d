"""Queries · Evidence — every startup that counts, and the facts that make it count, for the team and the sponsors."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Select, and_, exists, func, or_, select

from accelerator.extensions import db
from accelerator.kernel.enums import EvidenceKind
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.models.counter import Evidence, Reached
from accelerator.models.startups import Startup
from accelerator.rules import engagement
from accelerator.rules.projection import next_month

PAGE_SIZE: Final = 50


@dataclass(frozen=True)
class CountedFilter:
    """Which startups to list; empty values ask for all. `month` is the first day of the month they began to count."""

    search: str = ""
    region_code: str = ""
    kind: EvidenceKind | None = None
    month: date | None = None
    sees_stealth: bool = False


@dataclass(frozen=True)
class EvidenceRow:
    """One fact: which, when, where it is written down, and whether it still stands."""

    id: int
    kind: EvidenceKind
    reference: str
    happened_on: date
    recorded_at: datetime
    withdrawn_at: datetime | None
    withdrawn_reason: str


@dataclass(frozen=True)
class CountedRow:
    """One startup that counts. `name` is None where the reader may not know it."""

    startup_id: int
    name: str | None
    siren: str | None
    region_code: str
    counted_on: date
    definition_version: int
    kinds: tuple[EvidenceKind, ...]
    facts: int


@dataclass(frozen=True)
class CountedPage:
    """One page of the list, latest first."""

    rows: tuple[CountedRow, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True)
class CountedStartup:
    """One startup with everything that makes or made it count; `counted_on` is None when nothing stands."""

    startup_id: int
    name: str | None
    siren: str | None
    region_code: str
    counted_on: date | None
    evidence: tuple[EvidenceRow, ...]

    def standing_fact(self, evidence_id: int) -> EvidenceRow:
        """One of its facts that still stands.

        Raises: NotFound.
        """
        for fact in self.evidence:
            if fact.id == evidence_id and fact.withdrawn_at is None:
                return fact
        raise NotFound(Message("There is no such evidence."))


def counted_startups(wanted: CountedFilter, *, page: int) -> CountedPage:
    """One page of the startups that count; three statements."""
    total = db.session.scalar(_filtered(select(func.count()).select_from(Reached), wanted)) or 0
    found = db.session.execute(
        _filtered(
            select(
                Reached.startup_id,
                Startup.name,
                Startup.siren,
                Startup.is_stealth,
                Reached.region_code,
                Reached.counted_on,
                Reached.definition_version,
            ).select_from(Reached),
            wanted,
        )
        .order_by(Reached.counted_on.desc(), Reached.startup_id.desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    facts = _standing_kinds([row.startup_id for row in found])
    rows = tuple(
        CountedRow(
            startup_id=row.startup_id,
            name=_name(row.name, row.is_stealth, wanted.sees_stealth),
            siren=row.siren if wanted.sees_stealth or not row.is_stealth else None,
            region_code=row.region_code,
            counted_on=row.counted_on,
            definition_version=row.definition_version,
            kinds=tuple(sorted(set(facts[row.startup_id]))),
            facts=len(facts[row.startup_id]),
        )
        for row in found
    )
    return CountedPage(rows, total, page, max(1, -(-total // PAGE_SIZE)))


def counted_startup(startup_id: int, *, sees_stealth: bool) -> CountedStartup:
    """One startup with all its evidence, withdrawn or not, oldest first; two statements.

    Raises: NotFound when it never had any.
    """
    evidence = db.session.scalars(
        select(Evidence).where(Evidence.startup_id == startup_id).order_by(Evidence.happened_on, Evidence.id)
    ).all()
    row = db.session.execute(
        select(Startup.name, Startup.siren, Startup.is_stealth, Startup.region_code, Reached.counted_on)
        .outerjoin(Reached, Reached.startup_id == Startup.id)
        .where(Startup.id == startup_id)
    ).first()
    if row is None or not evidence:
        raise NotFound(Message("No evidence is known of this startup."))
    return CountedStartup(
        startup_id=startup_id,
        name=_name(row.name, row.is_stealth, sees_stealth),
        siren=row.siren if sees_stealth or not row.is_stealth else None,
        region_code=row.region_code,
        counted_on=row.counted_on,
        evidence=tuple(
            EvidenceRow(
                fact.id,
                fact.kind,
                fact.reference,
                fact.happened_on,
                fact.recorded_at,
                fact.withdrawn_at,
                fact.withdrawn_reason,
            )
            for fact in evidence
        ),
    )


def _name(name: str, is_stealth: bool, sees_stealth: bool) -> str | None:
    return name if sees_stealth else engagement.shown_name(name, is_stealth=is_stealth)


def _standing_kinds(startup_ids: list[int]) -> dict[int, list[EvidenceKind]]:
    kinds: dict[int, list[EvidenceKind]] = defaultdict(list)
    for startup_id, kind in db.session.execute(
        select(Evidence.startup_id, Evidence.kind).where(
            Evidence.startup_id.in_(startup_ids), Evidence.withdrawn_at.is_(None)
        )
    ):
        kinds[startup_id].append(kind)
    return kinds


def _filtered(statement: Select[*tuple[object, ...]], wanted: CountedFilter) -> Select[*tuple[object, ...]]:
    statement = statement.join(Startup, Startup.id == Reached.startup_id)
    if wanted.region_code:
        statement = statement.where(Reached.region_code == wanted.region_code)
    if wanted.month:
        statement = statement.where(Reached.counted_on >= wanted.month, Reached.counted_on < next_month(wanted.month))
    if wanted.kind:
        statement = statement.where(
            exists().where(
                and_(
                    Evidence.startup_id == Reached.startup_id,
                    Evidence.kind == wanted.kind,
                    Evidence.withdrawn_at.is_(None),
                )
            )
        )
    if wanted.search:
        digits = "".join(wanted.search.split())
        named = or_(
            Startup.name.icontains(wanted.search, autoescape=True),
            Startup.siren.startswith(digits) if digits.isdecimal() else False,
        )
        statement = statement.where(named if wanted.sees_stealth else and_(named, Startup.is_stealth.is_(False)))
    return statement
