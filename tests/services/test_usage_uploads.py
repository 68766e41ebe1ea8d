"""Cost exports read in the background: whole or not at all, stopped in the middle, tried again after a crash."""

from __future__ import annotations

import io
import shutil

import pytest
from sqlalchemy import func, select

from accelerator.extensions import db as database
from accelerator.kernel.actor import SYSTEM
from accelerator.kernel.enums import TaskState
from accelerator.kernel.errors import NotAllowed, NotFound, RuleViolation
from accelerator.models.accounts import User
from accelerator.models.credits import UsageImport, UsageReading, UsageUpload
from accelerator.models.tasks import Task
from accelerator.outbound import files, settings
from accelerator.queries import usage_uploads as queries
from accelerator.services import tasks, usage
from accelerator.services.usage import unpacking, uploads
from tests import make
from tests.conftest import at
from tests.services.test_usage import consumed, export, granted, line, link


@pytest.fixture(autouse=True)
def no_files_of_other_tests() -> None:
    """The folder of files sent is empty before every test."""
    shutil.rmtree(settings.instance / "files" / "usage", ignore_errors=True)


def ask(*lines: str, **others) -> usage.ask_upload:
    return uploads.ask_upload(actor=SYSTEM, stream=export(*lines), file_name="jan.csv", **others)


def kept() -> list[str]:
    folder = settings.instance / "files" / "usage"
    return [path.name for path in folder.iterdir()] if folder.is_dir() else []


def counts(db) -> tuple[int, int]:
    return db.scalar(select(func.count(UsageImport.id))), db.scalar(select(func.count(UsageReading.id)))


def row(upload_id: int) -> queries.UploadRow:
    database.session.expire_all()
    return queries.upload(upload_id).row


def test_a_file_waits_is_read_and_deleted(db):
    at("2026-02-01T12:00+00:00")
    link(granted())
    asked = ask(line("2026-01-02", "10.004"), line("2026-01-02", "x"))
    assert (row(asked.upload_id).is_waited_for, len(kept()), consumed(db)) == (True, 1, 0)

    assert tasks.run_due_tasks() == 1

    done = row(asked.upload_id)
    assert (done.import_id, done.is_repeat, done.failure, done.state) == (1, False, "", TaskState.DONE)
    assert (done.done, done.total) == (1, 1)
    assert (kept(), counts(db), consumed(db)) == ([], (1, 1), 1000)


def test_the_same_file_twice_says_so(db):
    first = ask(line("2026-01-02", "1"))
    meanwhile = ask(line("2026-01-02", "1"))
    assert (meanwhile.upload_id, meanwhile.is_repeat, len(kept())) == (first.upload_id, True, 1)
    tasks.run_due_tasks()

    later = ask(line("2026-01-02", "1"))
    tasks.run_due_tasks()

    assert (later.is_repeat, row(later.upload_id).is_repeat) == (False, True)
    assert (row(later.upload_id).import_id, counts(db)) == (row(first.upload_id).import_id, (1, 1))


def test_a_double_click_sends_once(db):
    first = ask(line("2026-01-02", "1"), request_key="k")
    tasks.run_due_tasks()

    assert ask(line("2026-01-02", "1"), request_key="k").upload_id == first.upload_id
    assert (db.scalar(select(func.count(UsageUpload.id))), kept()) == (1, [])


def test_a_corrected_month_replaces_it_and_refusing_whole_keeps_the_old(db):
    ask(line("2026-01-02", "40"))
    tasks.run_due_tasks()
    ask(line("2026-01-02", "15"), line("2026-01-02", "x"), refuse_whole=True)
    tasks.run_due_tasks()
    assert [str(amount) for amount in db.scalars(select(UsageReading.amount))] == ["40"]

    ask(line("2026-01-02", "15"), line("2026-01-02", "x"))
    tasks.run_due_tasks()

    assert [str(amount) for amount in db.scalars(select(UsageReading.amount))] == ["15"]


def test_a_file_refused_whole_lists_its_lines(db):
    asked = ask(line("2026-01-02", "1"), line("2026-02-30", "1"), refuse_whole=True)
    tasks.run_due_tasks()

    found = queries.upload(asked.upload_id)
    assert found.row.failure == "Lines refused: 1. Nothing is stored, as you asked."
    assert (found.refused, found.row.rows_refused) == ([(3, "“2026-02-30” is not a day")], 1)
    assert (kept(), counts(db)) == ([], (0, 0))


def test_an_unreadable_file_says_why(db):
    asked = uploads.ask_upload(actor=SYSTEM, stream=io.BytesIO(b"%PDF-1.7"), file_name="x.csv")
    tasks.run_due_tasks()

    found = row(asked.upload_id)
    assert found.failure.startswith("This is not a cost export we know")
    assert (found.state, kept(), counts(db)) == (TaskState.DONE, [], (0, 0))


def test_a_stop_before_the_reading_leaves_nothing(db):
    asked = ask(line("2026-01-02", "1"))

    uploads.stop_upload(actor=SYSTEM, upload_id=asked.upload_id)
    assert kept() == []
    tasks.run_due_tasks()

    assert (row(asked.upload_id).is_stopped, counts(db)) == (True, (0, 0))
    with pytest.raises(RuleViolation, match="stopped already"):
        uploads.stop_upload(actor=SYSTEM, upload_id=asked.upload_id)
    with pytest.raises(NotFound):
        uploads.stop_upload(actor=SYSTEM, upload_id=99)


def test_a_stop_in_the_middle_leaves_nothing(db, monkeypatch):
    monkeypatch.setattr(unpacking, "_CHUNK", 100)
    monkeypatch.setattr(uploads, "LOOK_EVERY", 2)
    asked = ask(*[line("2026-01-02", "1")] * 200)
    steps = []
    step = tasks.Progress.step

    def stop_at_the_third(self, done, total, name=""):
        steps.append((done, total))
        step(self, done, total, name)
        if len(steps) == 3:
            uploads.stop_upload(actor=SYSTEM, upload_id=asked.upload_id)

    monkeypatch.setattr(tasks.Progress, "step", stop_at_the_third)
    tasks.run_due_tasks()

    assert len(steps) == 3
    assert 0 < steps[-1][0] < steps[-1][1]
    assert (row(asked.upload_id).is_stopped, kept(), counts(db)) == (True, [], (0, 0))


def test_a_stop_while_the_sums_are_stored_leaves_nothing(db, monkeypatch):
    asked = ask(line("2026-01-02", "1"))
    read = uploads._read

    def read_then_stop(upload, watch):
        found = read(upload, watch)
        uploads.stop_upload(actor=SYSTEM, upload_id=upload.id)
        return found

    monkeypatch.setattr(uploads, "_read", read_then_stop)
    tasks.run_due_tasks()

    assert (row(asked.upload_id).is_stopped, counts(db)) == (True, (0, 0))


def test_a_crash_in_the_middle_is_tried_again_and_counts_once(db, monkeypatch):
    at("2026-02-01T12:00+00:00")
    link(granted())
    asked = ask(line("2026-01-02", "40"))
    store, crashes = uploads.store, []

    def crash_once(**arguments):
        found = store(**arguments)
        if not crashes:
            crashes.append(1)
            raise RuntimeError("power cut")
        return found

    monkeypatch.setattr(uploads, "store", crash_once)
    tasks.run_due_tasks()

    assert (crashes, row(asked.upload_id).import_id) == ([1], 1)
    assert (kept(), counts(db), consumed(db)) == ([], (1, 1), 4000)


def test_a_crash_after_the_commit_does_nothing_again(db, monkeypatch):
    asked = ask(line("2026-01-02", "40"))
    with monkeypatch.context() as crashing:
        crashing.setattr(uploads.files, "remove", lambda _name: 1 / 0)
        uploads_run = pytest.raises(ZeroDivisionError)
        with uploads_run:
            uploads.read_upload(tasks.Progress(1), {"upload_id": asked.upload_id})
    assert (len(kept()), counts(db)) == (1, (1, 1))

    tasks.run_due_tasks()

    assert (kept(), counts(db)) == ([], (1, 1))


def test_three_failures_of_ours_can_be_cleared_away(db, monkeypatch):
    asked = ask(line("2026-01-02", "40"))
    monkeypatch.setattr(uploads, "store", lambda **_: 1 / 0)
    tasks.run_due_tasks()
    found = row(asked.upload_id)
    assert (found.state, found.is_waited_for, found.has_ended, len(kept())) == (TaskState.FAILED, False, False, 1)

    uploads.stop_upload(actor=SYSTEM, upload_id=asked.upload_id)

    assert kept() == []


def test_a_file_that_is_gone_and_a_closed_account_say_so(db):
    asked = ask(line("2026-01-02", "1"))
    files.remove(db.scalar(select(UsageUpload.stored_as)))
    manager = make.manager()
    other = uploads.ask_upload(actor=make.actor(manager), stream=export(line("2026-01-03", "1")), file_name="x.csv")
    db.get(User, manager.id).is_active = False
    db.commit()

    tasks.run_due_tasks()

    assert row(asked.upload_id).failure == "The file is gone. Send it again."
    assert row(other.upload_id).failure == "The account that sent this file is closed."
    assert counts(db) == (0, 0)


def test_only_managers_send_and_stop_and_an_empty_file_is_refused_at_once(db):
    eve = make.actor(make.user())
    asked = ask(line("2026-01-02", "1"))

    with pytest.raises(NotAllowed):
        uploads.ask_upload(actor=eve, stream=export(), file_name="x.csv")
    with pytest.raises(NotAllowed):
        uploads.stop_upload(actor=eve, upload_id=asked.upload_id)
    with pytest.raises(RuleViolation, match="empty"):
        uploads.ask_upload(actor=SYSTEM, stream=io.BytesIO(), file_name="x.csv")

    assert (len(kept()), db.scalar(select(func.count(Task.id)))) == (1, 1)
