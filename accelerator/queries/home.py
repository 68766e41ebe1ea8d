"""Queries · Home — the programme in one page: the calls, the next workshops, the counter. Four statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import bindparam, select

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import BatchState, WorkshopLevel, WorkshopSessionState
from accelerator.models.columns import UtcDateTime
from accelerator.models.programmes import Batch, Track
from accelerator.models.workshops import Venue, Workshop, WorkshopSession
from accelerator.queries import counter

SESSIONS_SHOWN: Final = 4
CALLS_SHOWN: Final = 4


_NOW = bindparam("now", type_=UtcDateTime)

_CALLS: Final = (
    select(
        Batch.code,
        Batch.name_fr,
        Batch.name_en,
        Track.name_fr.label("track_fr"),
        Track.name_en.label("track_en"),
        Batch.is_rolling,
        Batch.places,
        Batch.opens_at,
        Batch.closes_at,
        Batch.starts_on,
    )
    .join(Track, Track.id == Batch.track_id)
    .where(Batch.state == BatchState.OPEN, Batch.closes_at > _NOW)
    .order_by(Batch.is_rolling, Batch.closes_at, Batch.id)
    .limit(CALLS_SHOWN)
)

_SESSIONS: Final = (
    select(
        WorkshopSession.id,
        Workshop.title_fr,
        Workshop.title_en,
        Workshop.level,
        WorkshopSession.starts_at,
        Venue.zone,
        Venue.city,
        WorkshopSession.region_code,
        Venue.name.label("venue_name"),
        WorkshopSession.capacity,
        WorkshopSession.seats_taken,
        WorkshopSession.booking_closes_at,
    )
    .join(Workshop, Workshop.id == WorkshopSession.workshop_id)
    .join(Venue, Venue.id == WorkshopSession.venue_id)
    .where(WorkshopSession.state == WorkshopSessionState.PUBLISHED, WorkshopSession.starts_at > _NOW)
    .order_by(WorkshopSession.starts_at, WorkshopSession.id)
    .limit(SESSIONS_SHOWN)
)
"""Written once a process: this is the page that most people open first."""


@dataclass(frozen=True)
class CallRow:
    """One call that is open, or announced and not yet open."""

    code: str
    name: Bilingual
    track: Bilingual
    is_rolling: bool
    is_open: bool
    places: int
    opens_at: datetime
    closes_at: datetime
    starts_on: date
    days_left: int


@dataclass(frozen=True)
class SessionRow:
    """One workshop session to come."""

    id: int
    title: Bilingual
    level: WorkshopLevel
    starts_at: datetime
    zone: str
    city: str
    region_code: str
    venue_name: str
    seats_left: int
    is_bookable: bool


@dataclass(frozen=True)
class FrontPage:
    """What the home page shows; `goal` is None before the programme is set up."""

    goal: counter.Goal | None
    calls: tuple[CallRow, ...]
    sessions: tuple[SessionRow, ...]
    counts: tuple[tuple[str, int], ...]


def front_page(*, now: datetime) -> FrontPage:
    """The front page at this instant, in four statements."""
    return FrontPage(
        goal=counter.find_goal(),
        calls=tuple(calls(now=now)),
        sessions=tuple(next_sessions(now=now)),
        counts=tuple(counter.counts_by_region().items()),
    )


def calls(*, now: datetime) -> list[CallRow]:
    """Published calls that have not closed; those with a cohort first, then by deadline."""
    rows = db.session.connection().execute(_CALLS, {"now": now})
    return [
        CallRow(
            code=row.code,
            name=Bilingual(row.name_fr, row.name_en),
            track=Bilingual(row.track_fr, row.track_en),
            is_rolling=row.is_rolling,
            is_open=row.opens_at <= now,
            places=row.places,
            opens_at=row.opens_at,
            closes_at=row.closes_at,
            starts_on=row.starts_on,
            days_left=(row.closes_at - now).days,
        )
        for row in rows
    ]


def next_sessions(*, now: datetime) -> list[SessionRow]:
    """The next published workshop sessions."""
    rows = db.session.connection().execute(_SESSIONS, {"now": now})
    return [
        SessionRow(
            id=row.id,
            title=Bilingual(row.title_fr, row.title_en),
            level=row.level,
            starts_at=row.starts_at,
            zone=row.zone,
            city=row.city,
            region_code=row.region_code,
            venue_name=row.venue_name,
            seats_left=row.capacity - row.seats_taken,
            is_bookable=row.booking_closes_at > now,
        )
        for row in rows
    ]
