"""Models · Reports — issued reports: numbered, hashed, kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.extensions import Model
from accelerator.kernel.enums import TaskState
from accelerator.models.columns import UtcDateTime, state_type


class Report(Model):
    """One issued report. Once done its bytes and hash never change; a correction is a new number."""

    __tablename__ = "report"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(30), unique=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"), index=True)
    locale: Mapped[str] = mapped_column(String(2))
    state: Mapped[TaskState] = mapped_column(state_type(TaskState), default=TaskState.QUEUED)
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    data_as_of: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ledger_upto_entry_id: Mapped[int | None]
    pages: Mapped[int | None]
    size_bytes: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    stored_as: Mapped[str | None] = mapped_column(String(120))
    issued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure: Mapped[str] = mapped_column(String(300), default="")
