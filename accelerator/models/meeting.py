"""Models · Meeting — a committee's meetings: the agenda, who is there, who steps out, the votes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.extensions import Model
from accelerator.kernel.enums import Ballot, Conclusion, ConflictSource
from accelerator.models.columns import UtcDateTime, state_type


class Meeting(Model):
    """One meeting of one batch's committee. Nothing of it changes once it is closed.

    `turn` counts how often a dossier was called: an act of the chair names the turn it was meant for. `version` rises
    with everything that members see change. The dossier under discussion is the agenda item at `current_position`.
    """

    __tablename__ = "meeting"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    place: Mapped[str] = mapped_column(String(160), default="")
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    current_position: Mapped[int | None]
    turn: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        Index(
            "uq_meeting_open",
            "batch_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        CheckConstraint("closed_at IS NULL OR closed_at >= opened_at", name="closes_after_opening"),
    )


class MeetingItem(Model):
    """One dossier on a meeting's agenda, with what was concluded on it. A vote is opened once and closed once.

    `eligible` and `present` are counted when the vote closes, or without a vote when it is concluded.
    """

    __tablename__ = "meeting_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    position: Mapped[int]
    called_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    vote_opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    vote_closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    eligible: Mapped[int | None]  # members of the committee without a tie to the startup
    present: Mapped[int | None]  # those of them in the room
    conclusion: Mapped[Conclusion | None] = mapped_column(state_type(Conclusion))
    concluded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(String(1000), default="")

    __table_args__ = (
        UniqueConstraint("meeting_id", "position"),
        UniqueConstraint("meeting_id", "application_id"),
        CheckConstraint("vote_opened_at IS NULL OR called_at IS NOT NULL", name="vote_after_call"),
        CheckConstraint("vote_closed_at IS NULL OR vote_opened_at IS NOT NULL", name="vote_closes_once_open"),
        CheckConstraint("(conclusion IS NULL) = (concluded_at IS NULL)", name="concluded"),
    )


class MeetingAttendance(Model):
    """One stay of one member in a meeting; somebody who leaves and comes back has two."""

    __tablename__ = "meeting_attendance"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    arrived_at: Mapped[datetime] = mapped_column(UtcDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_meeting_attendance_member", "meeting_id", "user_id"),
        Index(
            "uq_meeting_attendance_here",
            "meeting_id",
            "user_id",
            unique=True,
            sqlite_where=text("left_at IS NULL"),
            postgresql_where=text("left_at IS NULL"),
        ),
        CheckConstraint("left_at IS NULL OR left_at >= arrived_at", name="leaves_after_arriving"),
    )


class MeetingDeparture(Model):
    """Who stepped out while one dossier was discussed, and on what ground. Never removed."""

    __tablename__ = "meeting_departure"

    item_id: Mapped[int] = mapped_column(ForeignKey("meeting_item.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    source: Mapped[ConflictSource] = mapped_column(state_type(ConflictSource))
    ground: Mapped[str] = mapped_column(String(300))
    stepped_out_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MeetingVote(Model):
    """One member's vote on one dossier: replaced while the vote is open, frozen after. Only counts are ever shown."""

    __tablename__ = "meeting_vote"

    item_id: Mapped[int] = mapped_column(ForeignKey("meeting_item.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    choice: Mapped[Ballot] = mapped_column(state_type(Ballot))
    cast_at: Mapped[datetime] = mapped_column(UtcDateTime)
