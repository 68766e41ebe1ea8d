"""Queries · Startup files — every startup the programme knows, and the one timeline of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final

from sqlalchemy import func, select

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import ApplicationState, EvidenceKind, Sector
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.kernel.money import Money
from accelerator.models.applications import Application
from accelerator.models.counter import Evidence, Reached
from accelerator.models.credits import CreditGrant
from accelerator.models.programmes import Batch
from accelerator.models.startups import Startup
from accelerator.models.workshops import Attendance, Booking, Workshop, WorkshopSession
from accelerator.queries.dossiers import Lookalike, PersonShown, lookalikes, people_of
from accelerator.queries.intake import matches

ROWS_A_PAGE: Final = 100


@dataclass(frozen=True)
class StartupFilter:
    """Which startups to list; empty values list all."""

    search: str = ""
    region_code: str = ""
    sector: Sector | None = None
    counted: bool | None = None


@dataclass(frozen=True)
class StartupRow:
    """One startup in the list."""

    id: int
    name: str
    siren: str | None
    region_code: str
    city: str | None
    sector: Sector
    applications: int
    counted_on: date | None


@dataclass(frozen=True)
class StartupsPage:
    """One page of startups, and how many there are in all."""

    rows: list[StartupRow]
    total: int
    pages: int


@dataclass(frozen=True)
class TimelineLine:
    """One thing that happened to a startup; `application_id` leads to the dossier where there is one."""

    happened_at: datetime
    kind: Message
    what: Bilingual | Message
    application_id: int | None = None


@dataclass(frozen=True)
class StartupFile:
    """One startup with its people, its timeline and those it may be confused with."""

    startup: Startup
    counted_on: date | None
    people: list[PersonShown]
    timeline: list[TimelineLine]
    lookalikes: list[Lookalike]


def startups(wanted: StartupFilter, page: int) -> StartupsPage:
    """One page of startups by name. Two statements."""
    statement = select(Startup.id).outerjoin(Reached, Reached.startup_id == Startup.id)
    if wanted.search:
        statement = statement.where(matches(wanted.search))
    if wanted.region_code:
        statement = statement.where(Startup.region_code == wanted.region_code)
    if wanted.sector is not None:
        statement = statement.where(Startup.sector == wanted.sector)
    if wanted.counted is not None:
        statement = statement.where(Reached.startup_id.is_not(None) if wanted.counted else Reached.startup_id.is_(None))
    total = db.session.scalars(select(func.count()).select_from(statement.subquery())).one()
    ids = statement.order_by(Startup.name, Startup.id).limit(ROWS_A_PAGE).offset((page - 1) * ROWS_A_PAGE)
    applications = (
        select(func.count())
        .select_from(Application)
        .where(Application.startup_id == Startup.id, Application.state != ApplicationState.DRAFT)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(
            Startup.id,
            Startup.name,
            Startup.siren,
            Startup.region_code,
            Startup.city,
            Startup.sector,
            applications,
            Reached.counted_on,
        )
        .outerjoin(Reached, Reached.startup_id == Startup.id)
        .where(Startup.id.in_(ids))
        .order_by(Startup.name, Startup.id)
    )
    return StartupsPage([StartupRow(*row) for row in rows], total, max(1, -(-total // ROWS_A_PAGE)))


def startup_file(startup_id: int) -> StartupFile:
    """One startup with everything that happened to it, the latest first. Raises: NotFound."""
    row = db.session.get(Startup, startup_id)
    if row is None:
        raise NotFound(Message("There is no such startup."))
    lines = [
        TimelineLine(row.created_at, Message("Startup"), Message("First known")),
        *_applications(startup_id),
        *_bookings(startup_id),
        *_grants(startup_id),
        *_evidence(startup_id),
    ]
    return StartupFile(
        startup=row,
        counted_on=db.session.scalar(select(Reached.counted_on).where(Reached.startup_id == startup_id)),
        people=people_of(startup_id),
        timeline=sorted(lines, key=lambda line: line.happened_at, reverse=True),
        lookalikes=lookalikes(row),
    )


def _applications(startup_id: int) -> list[TimelineLine]:
    rows = db.session.execute(
        select(Application, Batch.name_fr, Batch.name_en)
        .join(Batch, Batch.id == Application.batch_id)
        .where(Application.startup_id == startup_id, Application.state != ApplicationState.DRAFT)
    )
    lines = []
    for application, name_fr, name_en in rows:
        name = Bilingual(name_fr, name_en)
        for instant, kind in (
            (application.submitted_at, Message("Application submitted")),
            (application.screened_at, _screening_word(application.state)),
            (application.decided_at, Message("Selection decided")),
        ):
            if instant is not None:
                lines.append(TimelineLine(instant, kind, name, application.id))
    return lines


def _screening_word(state: ApplicationState) -> Message:
    return Message("Found not admissible") if state is ApplicationState.INADMISSIBLE else Message("Found admissible")


def _bookings(startup_id: int) -> list[TimelineLine]:
    sessions = (
        select(Booking.person_name, Booking.made_at, Booking.cancelled_at, Workshop.title_fr, Workshop.title_en)
        .join(WorkshopSession, WorkshopSession.id == Booking.workshop_session_id)
        .join(Workshop, Workshop.id == WorkshopSession.workshop_id)
        .where(Booking.startup_id == startup_id)
    )
    lines = []
    for row in db.session.execute(sessions):
        title = _of(Bilingual(row.title_fr, row.title_en), row.person_name)
        lines.append(TimelineLine(row.made_at, Message("Workshop booked"), title))
        if row.cancelled_at is not None:
            lines.append(TimelineLine(row.cancelled_at, Message("Booking cancelled"), title))
    attended = (
        select(Attendance.person_name, WorkshopSession.starts_at, Workshop.title_fr, Workshop.title_en)
        .join(WorkshopSession, WorkshopSession.id == Attendance.workshop_session_id)
        .join(Workshop, Workshop.id == WorkshopSession.workshop_id)
        .where(Attendance.startup_id == startup_id)
    )
    for person, starts_at, title_fr, title_en in db.session.execute(attended):
        title = _of(Bilingual(title_fr, title_en), person)
        lines.append(TimelineLine(starts_at, Message("Workshop attended"), title))
    return lines


def _of(title: Bilingual, person: str) -> Bilingual:
    return Bilingual(f"{title.fr} · {person}", f"{title.en} · {person}")


def _grants(startup_id: int) -> list[TimelineLine]:
    lines = []
    nothing = Bilingual("", "")
    for grant in db.session.scalars(select(CreditGrant).where(CreditGrant.startup_id == startup_id)):
        amount = Money(grant.amount_minor, grant.currency)
        lines.append(TimelineLine(grant.granted_at, Message("Credits granted: %(amount)s", amount=amount), nothing))
        if grant.reversed_at is not None:
            taken = Message("Credits taken back: %(amount)s", amount=amount)
            lines.append(TimelineLine(grant.reversed_at, taken, nothing))
    return lines


def _evidence(startup_id: int) -> list[TimelineLine]:
    words = {
        EvidenceKind.BATCH_MEMBER: Message("Member of a batch"),
        EvidenceKind.WORKSHOP_ATTENDED: Message("Attended a workshop"),
    }
    lines = []
    for fact in db.session.scalars(select(Evidence).where(Evidence.startup_id == startup_id)):
        day = datetime.combine(fact.happened_on, time(12), tzinfo=UTC)
        lines.append(TimelineLine(day, Message("Evidence for the counter"), words[fact.kind]))
        if fact.withdrawn_at is not None:
            lines.append(TimelineLine(fact.withdrawn_at, Message("Evidence withdrawn"), words[fact.kind]))
    return lines
