"""The watched folder: finished files are read once and moved aside, with the reason beside those refused."""

from __future__ import annotations

import os
import time

import pytest
from sqlalchemy import func, select

from accelerator.models.credits import UsageImport, UsageReading
from accelerator.outbound import inbox, settings
from accelerator.queries import usage as queries
from accelerator.services import usage
from tests.services.test_usage import export, line


@pytest.fixture
def folder(db, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "usage_inbox", tmp_path)
    return tmp_path


def put(folder, name: str, *lines: str, seconds_ago: int = 90) -> None:
    path = folder / name
    path.write_bytes(export(*lines).getvalue())
    os.utime(path, (time.time() - seconds_ago,) * 2)


def names(folder) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_without_a_folder_nothing_happens(db, tmp_path, monkeypatch):
    assert usage.read_inbox() == 0
    monkeypatch.setattr(settings, "usage_inbox", tmp_path / "missing")
    assert usage.read_inbox() == 0


def test_finished_files_are_read_and_moved(folder, db):
    put(folder, "jan.csv", line("2026-01-02", "1"), line("2026-01-02", "x"))
    put(folder, "broken.csv.gz")
    (folder / "broken.csv.gz").write_bytes(b"no table")
    os.utime(folder / "broken.csv.gz", (time.time() - 90,) * 2)
    put(folder, "growing.csv", line("2026-02-02", "1"), seconds_ago=30)
    put(folder, "note.txt")
    (folder / "link.csv").symlink_to("/etc/hostname")

    assert usage.read_inbox() == 2
    assert usage.read_inbox() == 0

    assert names(folder) == [
        "done/jan.csv",
        "done/jan.csv.txt",
        "growing.csv",
        "link.csv",
        "note.txt",
        "refused/broken.csv.gz",
        "refused/broken.csv.gz.txt",
    ]
    assert (folder / "done/jan.csv.txt").read_text() == "1 lines kept, 1 refused:\nline 3: “x” is not an amount\n"
    assert "not a cost export we know" in (folder / "refused/broken.csv.gz.txt").read_text()
    (shown,), _pages = queries.imports()
    assert (shown.file_name, shown.imported_by) == ("jan.csv", None)


def test_a_file_put_in_again_counts_once_and_overwrites_nothing(folder, db):
    for _ in range(2):
        put(folder, "jan.csv", line("2026-01-02", "1"))
        usage.read_inbox()

    assert names(folder) == ["done/2-jan.csv", "done/jan.csv"]
    assert db.scalar(select(func.count(UsageReading.id))) == 1


def test_a_crash_before_the_move_counts_once(folder, db, monkeypatch):
    put(folder, "jan.csv", line("2026-01-02", "1"))
    with monkeypatch.context() as crashing:
        crashing.setattr(inbox, "put_away", lambda *_a, **_k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            usage.read_inbox()
    assert names(folder) == ["jan.csv"]

    usage.read_inbox()

    assert names(folder) == ["done/jan.csv"]
    assert db.scalar(select(func.count(UsageReading.id))) == 1


def test_refusing_whole_is_a_setting(folder, db, monkeypatch):
    monkeypatch.setattr(settings, "usage_inbox_refuses_whole", True)
    put(folder, "jan.csv", line("2026-01-02", "1"), line("2026-01-02", "x"))

    usage.read_inbox()

    assert names(folder) == ["refused/jan.csv", "refused/jan.csv.txt"]
    assert "line 3: “x” is not an amount" in (folder / "refused/jan.csv.txt").read_text()
    assert db.scalars(select(UsageImport)).all() == []


def test_our_own_fault_leaves_the_file_and_reads_the_others(folder, db, monkeypatch):
    put(folder, "a.csv", line("2026-01-02", "1"))
    put(folder, "b.csv", line("2026-02-02", "1"))
    (folder / "a.csv").chmod(0)
    real = type(folder).open

    def refuse_a(path, *arguments, **others):
        if path.name == "a.csv":
            raise PermissionError(path)
        return real(path, *arguments, **others)

    monkeypatch.setattr(type(folder), "open", refuse_a)

    assert usage.read_inbox() == 1
    assert names(folder) == ["a.csv", "done/b.csv"]
