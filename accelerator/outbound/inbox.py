"""Outbound · Inbox — a folder that others put files into; what was taken is moved aside with the reason beside it."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

UNTOUCHED: Final = timedelta(minutes=1)
"""A file that nobody has written to for so long is finished."""


def waiting(folder: Path, *, suffixes: tuple[str, ...], now: datetime) -> list[Path]:
    """The finished files, in the order of their names; links and folders are left alone."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        try:
            facts = path.lstat()
        except FileNotFoundError:
            continue
        touched_at = datetime.fromtimestamp(facts.st_mtime, UTC)
        is_ours = path.name.lower().endswith(suffixes) and not path.name.startswith(".")
        if is_ours and stat.S_ISREG(facts.st_mode) and now - touched_at >= UNTOUCHED:
            found.append(path)
    return sorted(found)


def put_away(path: Path, *, where: str, note: str = "") -> Path:
    """Move a file into the folder `where` beside it, never over another; the note lies beside it. The new path."""
    folder = path.parent / where
    folder.mkdir(exist_ok=True)
    target, copy = folder / path.name, 1
    while target.exists():
        copy += 1
        target = folder / f"{copy}-{path.name}"
    if note:
        target.with_name(f"{target.name}.txt").write_text(note, encoding="utf-8")
    os.replace(path, target)
    return target
