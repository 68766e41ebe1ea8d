"""Services · Usage · Uploads — a cost export sent by a person: kept in a file, read in the background, stopped if asked.

The import and the end of the upload are one transaction: a task that is tried again after a crash does nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Final

from sqlalchemy import select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import SYSTEM, Actor
from accelerator.kernel.errors import DomainError, NotAllowed, NotFound, RuleViolation
from accelerator.kernel.message import Message, packed
from accelerator.models.credits import UsageUpload
from accelerator.outbound import files
from accelerator.queries import accounts
from accelerator.services import audit, request_keys, tasks
from accelerator.services.transaction import after_commit, changed_rows, transaction
from accelerator.services.usage.imports import Imported, may_import, refused_lines, store
from accelerator.services.usage.reading import LinesRefused, Read, read_export

KIND: Final = "usage_upload"
FOLDER: Final = "usage"
LOOK_EVERY: Final = 16
"""Pieces of 256 KiB of text between two looks at whether the file is still wanted."""

READING: Final = Message("Reading the file")
STORING: Final = Message("Storing the sums")


class Stopped(Exception):
    """Somebody stopped the upload, or another worker finished it."""


@dataclass(frozen=True)
class Asked:
    """An upload. `is_repeat`: the same file was on its way already, and this is that one."""

    upload_id: int
    is_repeat: bool


def ask_upload(
    *,
    actor: Actor,
    stream: IO[bytes],
    file_name: str,
    currency: str = "",
    refuse_whole: bool = False,
    request_key: str = "",
) -> Asked:
    """Keep a cost export in a file and have it read in the background.

    Raises: NotAllowed, RuleViolation.
    """
    may_import(actor)
    received = files.receive(stream, folder=FOLDER)
    try:
        if not received.size:
            raise RuleViolation(Message("This file is empty."), field="file")
        asked = _ask(actor, received, file_name, currency, refuse_whole, request_key)
    except BaseException:
        files.remove(received.name)
        raise
    if asked.is_repeat:
        files.remove(received.name)
    return asked


def _ask(
    actor: Actor, received: files.Received, file_name: str, currency: str, refuse_whole: bool, request_key: str
) -> Asked:
    with transaction():
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return Asked(int(earlier), True)
        waiting = db.session.scalar(
            select(UsageUpload.id).where(
                UsageUpload.sha256 == received.sha256,
                UsageUpload.currency == currency,
                UsageUpload.refuse_whole.is_(refuse_whole),
                UsageUpload.finished_at.is_(None),
                UsageUpload.stopped_at.is_(None),
            )
        )
        if waiting is not None:
            return Asked(waiting, True)
        upload = UsageUpload(
            file_name=file_name[-255:] or "usage.csv",
            stored_as=received.name,
            size_bytes=received.size,
            sha256=received.sha256,
            currency=currency,
            refuse_whole=refuse_whole,
            asked_at=clock.now(),
            asked_by_user_id=actor.user_id,
        )
        db.session.add(upload)
        db.session.flush()
        upload.task_id = tasks.queue(KIND, {"upload_id": upload.id})
        request_keys.keep(actor, request_key, upload.id)
        audit.record(actor, "sent a cost export", f"usage_upload:{upload.id}", sha256=received.sha256)
        return Asked(upload.id, False)


def stop_upload(*, actor: Actor, upload_id: int) -> None:
    """Give up a file that waits, is being read or could not be read; nothing of it is stored, and it is deleted.

    Raises: NotAllowed, NotFound, RuleViolation.
    """
    with transaction():
        may_import(actor)
        stored_as = db.session.scalar(select(UsageUpload.stored_as).where(UsageUpload.id == upload_id))
        if stored_as is None:
            raise NotFound(Message("There is nothing at this address."))
        if not _end(upload_id, stopped_at=clock.now()):
            raise RuleViolation(Message("This file is read, or was stopped already."))
        audit.record(actor, "stopped a cost export", f"usage_upload:{upload_id}")
        after_commit(lambda: files.remove(stored_as))


def _end(upload_id: int, **values: object) -> bool:
    """End an upload that has not ended yet; False when it has. It ends once, whoever comes first."""
    return bool(
        changed_rows(
            update(UsageUpload)
            .where(UsageUpload.id == upload_id, UsageUpload.stopped_at.is_(None), UsageUpload.finished_at.is_(None))
            .values(**values)
        )
    )


@tasks.worker(KIND)
def read_upload(progress: tasks.Progress, arguments: Mapping[str, object]) -> None:
    """Read one file and store it, or the sentence why not; nothing of one that was stopped. The file is deleted."""
    upload_id = int(str(arguments["upload_id"]))
    row = db.session.get_one(UsageUpload, upload_id)
    upload, has_ended = _Upload.of(row), bool(row.stopped_at or row.finished_at)
    db.session.rollback()
    if not has_ended:
        try:
            read = _read(upload, _Watch(progress, upload))
            progress.step(*_kibibytes(upload.size, upload.size), STORING.msgid)
            _finish(upload, read)
        except Stopped:
            db.session.rollback()
        except DomainError as refusal:
            _fail(upload.id, refusal)
    files.remove(upload.stored_as)


@dataclass(frozen=True)
class _Upload:
    id: int
    file_name: str
    stored_as: str
    size: int
    currency: str
    refuse_whole: bool
    user_id: int | None

    @classmethod
    def of(cls, row: UsageUpload) -> _Upload:
        return cls(
            row.id,
            row.file_name,
            row.stored_as,
            row.size_bytes,
            row.currency,
            row.refuse_whole,
            row.asked_by_user_id,
        )


def _read(upload: _Upload, watch: _Watch) -> Read:
    try:
        path = files.path_of(upload.stored_as)
    except FileNotFoundError as error:
        raise RuleViolation(Message("The file is gone. Send it again.")) from error
    with path.open("rb") as stream:
        read = read_export(stream, currency=upload.currency, watch=watch)
    if upload.refuse_whole and read.rows_refused:
        raise LinesRefused(read)
    return read


def _finish(upload: _Upload, read: Read) -> Imported:
    """Store what was read and end the upload, both or neither. Raises: Stopped, NotAllowed."""
    with transaction():
        if not _end(upload.id, finished_at=clock.now()):
            raise Stopped
        imported = store(actor=_asker(upload.user_id), read=read, file_name=upload.file_name)
        db.session.execute(
            update(UsageUpload)
            .where(UsageUpload.id == upload.id)
            .values(import_id=imported.import_id, is_repeat=imported.is_repeat)
        )
        return imported


def _asker(user_id: int | None) -> Actor:
    """Who asked, with the roles held now. Raises: NotAllowed when the account is closed."""
    if user_id is None:
        return SYSTEM
    signed_in = accounts.find_signed_in(user_id)
    if signed_in is None:
        raise NotAllowed(Message("The account that sent this file is closed."))
    return signed_in.actor


def _fail(upload_id: int, refusal: DomainError) -> None:
    read = refusal.read if isinstance(refusal, LinesRefused) else Read()
    with transaction():
        _end(
            upload_id,
            finished_at=clock.now(),
            failure=packed(refusal.reason),
            refused=refused_lines(read),
            rows_refused=read.rows_refused,
        )


def _kibibytes(done: int, size: int) -> tuple[int, int]:
    return -(-done // 1024), max(1, -(-size // 1024))


class _Watch:
    """Stores how far the reading is now and then, and ends it when the file is no longer wanted."""

    def __init__(self, progress: tasks.Progress, upload: _Upload) -> None:
        self.progress, self.upload = progress, upload
        self.calls = 0

    def __call__(self, done: int) -> None:
        self.calls += 1
        if self.calls % LOOK_EVERY != 1:
            return
        self.progress.step(*_kibibytes(min(done, self.upload.size), self.upload.size), READING.msgid)
        stopped_at = db.session.scalar(select(UsageUpload.stopped_at).where(UsageUpload.id == self.upload.id))
        db.session.rollback()
        if stopped_at is not None:
            raise Stopped
