"""Web · Coordinator · Session pages — a stored session as form values, its guests as a table to take away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from accelerator.queries.regional_sessions import Guest
from accelerator.queries.workshops import SessionDetail
from accelerator.web.filters import translated, word


def session_values(session: SessionDetail) -> dict[str, object]:
    """What the form of a session shows first; times are those of the venue."""
    zone = ZoneInfo(session.row.zone)
    return {
        "version": session.version,
        "workshop_id": session.workshop_id,
        "venue_id": session.venue_id,
        "day": session.row.day,
        "starts": session.row.starts_at.astimezone(zone).time(),
        "ends": session.row.ends_at.astimezone(zone).time(),
        "closing_hours": (session.row.starts_at - session.booking_closes_at) // timedelta(hours=1),
        "capacity": session.row.capacity,
        "seats_per_startup": session.seats_per_startup,
        "language": session.row.language,
        "trainer_name": session.trainer_name,
    }


def guest_table(session: SessionDetail, guests: Iterable[Guest]) -> Iterable[Sequence[object]]:
    """The guests of a session with their headings, in the reader's language."""
    yield (
        _("Workshop"),
        _("Day"),
        _("Venue"),
        _("Name"),
        _("Startup"),
        "SIREN",
        _("Booking"),
        _("Came"),
        _("Written down"),
    )
    for guest in guests:
        yield (
            translated(session.row.title),
            session.row.day,
            f"{session.row.venue_name}, {session.row.city}",
            guest.person_name,
            guest.startup_name,
            guest.siren,
            word(guest.state) if guest.state else _("Without booking"),
            _("yes") if guest.attendance_id else _("no"),
            guest.recorded_at,
        )
