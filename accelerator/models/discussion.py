"""Models · Discussion — what the committee says to each other about one dossier, who was named, who has read it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.extensions import Model
from accelerator.models.columns import UtcDateTime


class Remark(Model):
    """One remark on one dossier. Never edited; its author may withdraw it, and then only its place is shown."""

    __tablename__ = "remark"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"), index=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    author_user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    body: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reply_to_id: Mapped[int | None] = mapped_column(ForeignKey("remark.id"), index=True)  # never an answer itself

    __table_args__ = (Index("ix_remark_application", "application_id", "written_at"),)


class RemarkMention(Model):
    """One person who was named in a remark and told of it; seen once they have opened the discussion since."""

    __tablename__ = "remark_mention"

    remark_id: Mapped[int] = mapped_column(ForeignKey("remark.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_remark_mention_user", "user_id", "seen_at"),)


class DiscussionReading(Model):
    """That a person has opened the discussion of a dossier, and up to when they have read it."""

    __tablename__ = "discussion_reading"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), primary_key=True)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
