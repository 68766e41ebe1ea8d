"""Models · Feedback — what a startup that was not selected is told about its dossier."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.extensions import Model
from accelerator.models.columns import UtcDateTime


class ApplicationFeedback(Model):
    """The feedback on one refused application, in its recipient's language; told once it is ready.

    The way on (workshops, the next call) is not kept here: it is looked up whenever a letter is written.
    """

    __tablename__ = "application_feedback"

    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"), index=True)
    text: Mapped[str] = mapped_column(Text, default="")
    is_ready: Mapped[bool] = mapped_column(default=False)
    written_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (CheckConstraint("NOT is_ready OR text <> ''", name="ready_says_something"),)
