"""Queries · Reports · Activity — the credits and the workshops of one cohort."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import LedgerAccount, OfferState, WorkshopSessionState
from accelerator.kernel.message import N_
from accelerator.kernel.money import Money
from accelerator.models.applications import Application
from accelerator.models.credits import CreditAllocation, CreditGrant, LedgerEntry
from accelerator.models.selection import Offer
from accelerator.models.startups import Startup
from accelerator.models.workshops import Attendance, Venue, Workshop, WorkshopSession
from accelerator.rules import charts, engagement


@dataclass(frozen=True)
class GrantRow:
    """One grant: what was given, used, expired, and what is left; `name` is None for a startup in stealth."""

    name: str | None
    granted: Money
    used: Money
    expired: Money
    left: Money
    expires_on: date


@dataclass(frozen=True)
class CreditTotal:
    """The grants of one currency together."""

    granted: Money
    used: Money
    expired: Money
    left: Money

    @property
    def used_share(self) -> float:
        """From 0 to 1."""
        return self.used.minor / self.granted.minor if self.granted.minor else 0.0


@dataclass(frozen=True)
class Credits:
    """The credits of a batch, with a chart when they are in one currency."""

    rows: tuple[GrantRow, ...]
    totals: tuple[CreditTotal, ...]
    chart: charts.BarChart
    currency: str
    upto_entry_id: int


@dataclass(frozen=True)
class SessionRow:
    """One workshop session held in the batch's time."""

    title: Bilingual
    starts_at: datetime
    zone: str
    city: str
    region_code: str
    people: int
    startups: int
    cohort_startups: int


@dataclass(frozen=True)
class Workshops:
    """The sessions of the batch's time, and those the cohort came to."""

    rows: tuple[SessionRow, ...]
    people: int
    cohort_startups: int


def last_ledger_entry() -> int:
    """The id of the latest ledger entry; 0 when there is none."""
    return db.session.scalar(select(func.max(LedgerEntry.id))) or 0


def credits(batch_id: int, *, upto: int) -> Credits:
    """Grants of the batch with their balances, from ledger entries up to and with `upto`; one statement."""
    rows = db.session.execute(_balances(batch_id, upto)).all()
    sums: dict[int, dict[LedgerAccount, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        sums[row.id][row.account] += int(row.minor)
    grants = []
    for row in {row.id: row for row in rows}.values():
        balance = sums[row.id]
        left, used, expired = (
            balance[account] for account in (LedgerAccount.GRANT, LedgerAccount.CONSUMED, LedgerAccount.EXPIRED)
        )
        if left + used + expired:  # what was taken back as a mistake is no grant
            grants.append(
                GrantRow(
                    name=engagement.shown_name(row.name, is_stealth=row.is_stealth),
                    granted=Money(left + used + expired, row.currency),
                    used=Money(used, row.currency),
                    expired=Money(expired, row.currency),
                    left=Money(left, row.currency),
                    expires_on=row.expires_on,
                )
            )
    return _credits(grants, upto)


def _balances(batch_id: int, upto: int) -> Select[*tuple[object, ...]]:
    """One line a grant and account, startups in stealth last."""
    return (
        select(
            CreditGrant.id,
            Startup.name,
            Startup.is_stealth,
            CreditGrant.currency,
            CreditGrant.expires_on,
            LedgerEntry.account,
            func.sum(LedgerEntry.amount_minor).label("minor"),
        )
        .join(CreditAllocation, CreditAllocation.id == CreditGrant.allocation_id)
        .join(Startup, Startup.id == CreditGrant.startup_id)
        .join(LedgerEntry, LedgerEntry.grant_id == CreditGrant.id)
        .where(
            CreditAllocation.batch_id == batch_id,
            LedgerEntry.id <= upto,
            LedgerEntry.account.in_([LedgerAccount.GRANT, LedgerAccount.CONSUMED, LedgerAccount.EXPIRED]),
        )
        .group_by(
            CreditGrant.id,
            Startup.id,
            Startup.name,
            Startup.is_stealth,
            CreditGrant.currency,
            CreditGrant.expires_on,
            LedgerEntry.account,
        )
        .order_by(Startup.is_stealth, func.lower(Startup.name), Startup.id, CreditGrant.id)
    )


def _credits(grants: list[GrantRow], upto: int) -> Credits:
    currencies = sorted({row.granted.currency for row in grants})
    totals = tuple(
        CreditTotal(
            *(
                Money(sum(getattr(row, part).minor for row in grants if row.granted.currency == currency), currency)
                for part in ("granted", "used", "expired", "left")
            )
        )
        for currency in currencies
    )
    items = [
        charts.Item(
            Bilingual(row.name, row.name) if row.name else N_("Startup in stealth"), float(max(0, row.used.minor)) / 100
        )
        for row in grants
    ]
    return Credits(
        rows=tuple(grants),
        totals=totals,
        chart=charts.bars(items if len(currencies) == 1 else [], width=420, row_height=30),
        currency=currencies[0] if len(currencies) == 1 else "",
        upto_entry_id=upto,
    )


def workshops(batch_id: int, starts_on: date, ends_on: date, *, zone: str, as_of: datetime) -> Workshops:
    """Sessions begun in the batch's time and before the instant, with who came; two statements."""
    first = datetime.combine(starts_on, time.min, ZoneInfo(zone))
    last = datetime.combine(ends_on + timedelta(days=1), time.min, ZoneInfo(zone))
    cohort = select(Application.startup_id).join(Offer, Offer.application_id == Application.id)
    cohort = cohort.where(Offer.batch_id == batch_id, Offer.state == OfferState.ACCEPTED)
    is_cohort = Attendance.startup_id.in_(cohort)
    in_time = (
        WorkshopSession.starts_at >= first,
        WorkshopSession.starts_at < min(last, as_of),
        WorkshopSession.state.in_([WorkshopSessionState.PUBLISHED, WorkshopSessionState.HELD]),
    )
    found = db.session.execute(_sessions().where(*in_time)).all()
    came = {
        (session_id, startup_id)
        for session_id, startup_id in db.session.execute(
            select(Attendance.workshop_session_id, Attendance.startup_id)
            .join(WorkshopSession, WorkshopSession.id == Attendance.workshop_session_id)
            .where(*in_time, is_cohort)
            .distinct()
        )
    }
    return Workshops(
        rows=tuple(
            SessionRow(
                title=Bilingual(row.title_fr, row.title_en),
                starts_at=row.starts_at,
                zone=row.zone,
                city=row.city,
                region_code=row.region_code,
                people=row.people,
                startups=row.startups,
                cohort_startups=sum(session_id == row.id for session_id, _ in came),
            )
            for row in found
        ),
        people=sum(row.people for row in found),
        cohort_startups=len({startup_id for _, startup_id in came}),
    )


def _sessions() -> Select[*tuple[object, ...]]:
    """One line a session with how many people and startups came, in the order of their days."""
    return (
        select(
            WorkshopSession.id,
            Workshop.title_fr,
            Workshop.title_en,
            WorkshopSession.starts_at,
            Venue.zone,
            Venue.city,
            WorkshopSession.region_code,
            func.count(Attendance.id).label("people"),
            func.count(Attendance.startup_id.distinct()).label("startups"),
        )
        .join(Workshop, Workshop.id == WorkshopSession.workshop_id)
        .join(Venue, Venue.id == WorkshopSession.venue_id)
        .outerjoin(Attendance, Attendance.workshop_session_id == WorkshopSession.id)
        .group_by(WorkshopSession.id, Workshop.title_fr, Workshop.title_en, Venue.zone, Venue.city)
        .order_by(WorkshopSession.starts_at, WorkshopSession.id)
    )
