"""Queries · Ways on — workshops with free seats and the next calls, for startups that were not selected."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import ApplicationState, WorkshopSessionState
from accelerator.models.applications import Application
from accelerator.models.workshops import Venue, Workshop, WorkshopSession
from accelerator.queries import calls
from accelerator.rules.ways_on import FreeSession, NextCall, WayOn, nearest, next_call

MOST_SESSIONS: Final = 2000


@dataclass(frozen=True)
class Traveller:
    """A startup and where it is at home."""

    startup_id: int
    region_code: str
    department_code: str | None


def ways_on(startups: Collection[Traveller], batch_id: int) -> dict[int, WayOn]:
    """What these startups can go on with today, by startup id; three statements, whatever their number.

    Args: batch_id is the batch they were not selected in: its call is not proposed.
    """
    if not startups:
        return {}
    sessions = free_sessions()
    open_calls = [
        NextCall(call.batch_id, call.code, call.name, call.is_open, call.opens_at, call.closes_at)
        for call in calls.current()
        if call.batch_id != batch_id
    ]
    applied: dict[int, set[int]] = {}
    rows = db.session.execute(
        select(Application.startup_id, Application.batch_id).where(
            Application.batch_id.in_([call.batch_id for call in open_calls]),
            Application.state != ApplicationState.WITHDRAWN,
        )
    )
    for startup_id, applied_to in rows:
        applied.setdefault(startup_id, set()).add(applied_to)
    homes = {(one.region_code, one.department_code) for one in startups}
    near = {home: nearest(sessions, *home) for home in homes}
    return {
        one.startup_id: WayOn(
            near[one.region_code, one.department_code],
            next_call(open_calls, frozenset(applied.get(one.startup_id, ()))),
        )
        for one in startups
    }


def free_sessions() -> list[FreeSession]:
    """Published sessions to come that take bookings and have a seat left, soonest first; one statement."""
    now = clock.now()
    rows = db.session.execute(
        select(
            WorkshopSession.id,
            Workshop.title_fr,
            Workshop.title_en,
            Venue.city,
            Venue.postcode,
            WorkshopSession.region_code,
            Venue.latitude,
            Venue.longitude,
            WorkshopSession.starts_at,
            Venue.zone,
            WorkshopSession.language,
        )
        .join(Workshop, Workshop.id == WorkshopSession.workshop_id)
        .join(Venue, Venue.id == WorkshopSession.venue_id)
        .where(
            WorkshopSession.state == WorkshopSessionState.PUBLISHED,
            WorkshopSession.starts_at > now,
            WorkshopSession.booking_closes_at > now,
            WorkshopSession.seats_taken < WorkshopSession.capacity,
        )
        .order_by(WorkshopSession.starts_at, WorkshopSession.id)
        .limit(MOST_SESSIONS)
    )
    return [FreeSession(row[0], Bilingual(row[1], row[2]), *row[3:]) for row in rows]
