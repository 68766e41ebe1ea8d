"""Models · Applications — one applicant's entry to one batch, its answers, its deck."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.extensions import Model
from accelerator.kernel.enums import ApplicationState
from accelerator.models.columns import UtcDateTime, state_type


class Application(Model):
    """One startup's entry to one batch. `version` rises with every saved edit."""

    __tablename__ = "application"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"))
    startup_id: Mapped[int] = mapped_column(ForeignKey("startup.id"), index=True)
    state: Mapped[ApplicationState] = mapped_column(state_type(ApplicationState), default=ApplicationState.DRAFT)
    version: Mapped[int] = mapped_column(default=1)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    receipt: Mapped[str | None] = mapped_column(String(20), unique=True)
    screened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    screened_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    screening_reason: Mapped[str] = mapped_column(String(1000), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reviews: Mapped[int] = mapped_column(default=0)  # submitted reviews, kept by the reviewing services
    assigned: Mapped[int] = mapped_column(default=0)  # open or reviewed assignments, kept likewise

    __table_args__ = (
        UniqueConstraint("batch_id", "startup_id"),
        Index("ix_application_batch_state", "batch_id", "state", "id"),
        Index("ix_application_batch_submitted", "batch_id", "submitted_at", "id"),
    )


class Answer(Model):
    """What an application says to one question; text, whatever the question's kind."""

    __tablename__ = "answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"))
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"))
    text: Mapped[str] = mapped_column(Text)

    __table_args__ = (UniqueConstraint("application_id", "question_id"),)


class Deck(Model):
    """The PDF an application carries; the bytes are a file under `stored_as`, by content hash."""

    __tablename__ = "deck"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"), unique=True)
    file_name: Mapped[str] = mapped_column(String(255))
    size_bytes: Mapped[int]
    pages: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    stored_as: Mapped[str] = mapped_column(String(120))
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    uploaded_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class LateArrival(Model):
    """A submission that came after the deadline; written, never acted on by itself."""

    __tablename__ = "late_arrival"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"), index=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    arrived_at: Mapped[datetime] = mapped_column(UtcDateTime)
