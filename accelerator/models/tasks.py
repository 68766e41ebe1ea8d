"""Models · Tasks — background work with its progress."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.extensions import Model
from accelerator.kernel.enums import TaskState
from accelerator.models.columns import JSON, UtcDateTime, state_type


class Task(Model):
    """One piece of work for the clock: taken by lease, tried again after a crash, its progress shown."""

    __tablename__ = "task"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    arguments: Mapped[dict[str, object]] = mapped_column(JSON)
    state: Mapped[TaskState] = mapped_column(state_type(TaskState), default=TaskState.QUEUED)
    done_steps: Mapped[int] = mapped_column(default=0)
    total_steps: Mapped[int] = mapped_column(default=0)
    step_name: Mapped[str] = mapped_column(String(120), default="")
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure: Mapped[str] = mapped_column(String(300), default="")

    __table_args__ = (Index("ix_task_state", "state", "id"),)
