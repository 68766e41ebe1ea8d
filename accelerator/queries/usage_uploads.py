"""Queries · Usage uploads — cost exports on their way in: how far they are, and why nothing was stored of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from accelerator.extensions import db
from accelerator.kernel.enums import TaskState
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message, unpacked
from accelerator.models.accounts import User
from accelerator.models.credits import UsageUpload
from accelerator.models.tasks import Task
from accelerator.queries.usage import refusal

SHOWN: Final = 10


@dataclass(frozen=True)
class UploadRow:
    """One upload. `failure` is the sentence why nothing was stored; empty while it is not known or all is well."""

    id: int
    file_name: str
    size_bytes: int
    refuse_whole: bool
    asked_at: datetime
    asked_by: str | None
    state: TaskState
    done: int
    total: int
    step_name: str
    is_stopped: bool
    import_id: int | None
    is_repeat: bool
    failure: str
    rows_refused: int

    @property
    def is_waited_for(self) -> bool:
        """Whether it is still coming."""
        return not (self.is_stopped or self.has_ended) and self.state in (TaskState.QUEUED, TaskState.RUNNING)

    @property
    def read_bytes(self) -> int:
        """How much of the file is behind the reader; never more than the file has."""
        return min(self.done * 1024, self.size_bytes)

    @property
    def has_ended(self) -> bool:
        """Whether the reading came to its end, with an import or a refusal."""
        return self.import_id is not None or bool(self.failure)


@dataclass(frozen=True)
class UploadDetail:
    """One upload with the refused lines of a file that was refused whole."""

    row: UploadRow
    refused: list[tuple[int, Message]]


def open_uploads() -> list[UploadRow]:
    """The latest uploads that led to no import: on their way, stopped or refused. One statement."""
    found = db.session.execute(
        select(UsageUpload, Task, User.name)
        .join(Task, Task.id == UsageUpload.task_id)
        .outerjoin(User, User.id == UsageUpload.asked_by_user_id)
        .where(UsageUpload.import_id.is_(None))
        .order_by(UsageUpload.asked_at.desc(), UsageUpload.id.desc())
        .limit(SHOWN)
    )
    return [_row(*one) for one in found]


def upload(upload_id: int) -> UploadDetail:
    """One upload and where it stands. One statement. Raises: NotFound."""
    found = db.session.execute(
        select(UsageUpload, Task, User.name)
        .join(Task, Task.id == UsageUpload.task_id)
        .outerjoin(User, User.id == UsageUpload.asked_by_user_id)
        .where(UsageUpload.id == upload_id)
    ).first()
    if found is None:
        raise NotFound(Message("There is nothing at this address."))
    return UploadDetail(_row(*found), [refusal(item) for item in found[0].refused])


def _row(row: UsageUpload, task: Task, asked_by: str | None) -> UploadRow:
    return UploadRow(
        id=row.id,
        file_name=row.file_name,
        size_bytes=row.size_bytes,
        refuse_whole=row.refuse_whole,
        asked_at=row.asked_at,
        asked_by=asked_by,
        state=task.state,
        done=task.done_steps,
        total=task.total_steps,
        step_name=task.step_name,
        is_stopped=row.stopped_at is not None,
        import_id=row.import_id,
        is_repeat=row.is_repeat,
        failure=unpacked(row.failure) if row.failure else "",
        rows_refused=row.rows_refused,
    )
