"""Models · Workshops — venues, contents, dated sessions, bookings, attendance."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.extensions import Model
from accelerator.kernel.enums import BookingState, VenueKind, WorkshopLevel, WorkshopSessionState
from accelerator.models.columns import UtcDateTime, state_type


class Venue(Model):
    """A place where workshops are held."""

    __tablename__ = "venue"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(160))
    kind: Mapped[VenueKind] = mapped_column(state_type(VenueKind))
    region_code: Mapped[str] = mapped_column(String(2), index=True)
    address: Mapped[str] = mapped_column(String(200), default="")
    postcode: Mapped[str] = mapped_column(String(5))
    city: Mapped[str] = mapped_column(String(120))
    latitude: Mapped[float]  # degrees, WGS 84
    longitude: Mapped[float]
    zone: Mapped[str] = mapped_column(String(40), default="Europe/Paris")
    capacity: Mapped[int]  # seats

    __table_args__ = (CheckConstraint("capacity > 0", name="capacity"),)


class Workshop(Model):
    """The content of a workshop; it is held as dated sessions."""

    __tablename__ = "workshop"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    title_fr: Mapped[str] = mapped_column(String(160))
    title_en: Mapped[str] = mapped_column(String(160))
    summary_fr: Mapped[str] = mapped_column(Text, default="")
    summary_en: Mapped[str] = mapped_column(Text, default="")
    level: Mapped[WorkshopLevel] = mapped_column(state_type(WorkshopLevel))
    duration_minutes: Mapped[int]
    topic: Mapped[str] = mapped_column(String(60), default="")


class WorkshopSession(Model):
    """One dated occurrence of a workshop at a venue. `seats_taken` moves by one conditional UPDATE only."""

    __tablename__ = "workshop_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshop.id"), index=True)
    venue_id: Mapped[int] = mapped_column(ForeignKey("venue.id"), index=True)
    region_code: Mapped[str] = mapped_column(String(2))  # the venue's, kept here for the region's lists
    state: Mapped[WorkshopSessionState] = mapped_column(
        state_type(WorkshopSessionState), default=WorkshopSessionState.DRAFT
    )
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    booking_closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    language: Mapped[str] = mapped_column(String(2), default="fr")
    capacity: Mapped[int]
    seats_taken: Mapped[int] = mapped_column(default=0)
    seats_per_startup: Mapped[int] = mapped_column(default=2)
    trainer_name: Mapped[str] = mapped_column(String(120), default="")
    calendar_uid: Mapped[str] = mapped_column(String(80), unique=True)
    calendar_sequence: Mapped[int] = mapped_column(default=0)
    cancelled_reason: Mapped[str] = mapped_column(String(300), default="")
    attendance_closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        CheckConstraint("capacity > 0", name="capacity"),
        CheckConstraint("seats_taken >= 0 AND seats_taken <= capacity", name="seats_taken"),
        CheckConstraint("starts_at < ends_at", name="starts_before_it_ends"),
        Index("ix_workshop_session_state_start", "state", "starts_at"),
        Index("ix_workshop_session_region_start", "region_code", "starts_at"),
    )


class Booking(Model):
    """A seat promised to one person of one startup, or a place in the queue for one."""

    __tablename__ = "booking"

    id: Mapped[int] = mapped_column(primary_key=True)
    workshop_session_id: Mapped[int] = mapped_column(ForeignKey("workshop_session.id"))
    startup_id: Mapped[int] = mapped_column(ForeignKey("startup.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    person_name: Mapped[str] = mapped_column(String(120))
    state: Mapped[BookingState] = mapped_column(state_type(BookingState))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)  # order of the queue
    promoted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    access_needs: Mapped[str] = mapped_column(String(300), default="")  # private to the coordinator

    __table_args__ = (
        Index("ix_booking_session_state", "workshop_session_id", "state", "made_at", "id"),
        Index(
            "uq_booking_live",
            "workshop_session_id",
            "user_id",
            unique=True,
            sqlite_where=sa.text("state <> 'cancelled'"),
            postgresql_where=sa.text("state <> 'cancelled'"),
        ),
    )


class Attendance(Model):
    """A person who came to a session. With or without a booking; never inferred from one.

    An id names its evidence ("attendance:34") for good, so that a number is never given twice.
    """

    __tablename__ = "attendance"

    id: Mapped[int] = mapped_column(primary_key=True)
    workshop_session_id: Mapped[int] = mapped_column(ForeignKey("workshop_session.id"), index=True)
    startup_id: Mapped[int] = mapped_column(ForeignKey("startup.id"), index=True)
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), unique=True)
    person_name: Mapped[str] = mapped_column(String(120))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    __table_args__ = (
        UniqueConstraint("workshop_session_id", "startup_id", "person_name"),
        {"sqlite_autoincrement": True},
    )
