"""Services · Usage · Inbox — cost exports that a provider or an operator puts into a watched folder."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from accelerator.kernel import clock
from accelerator.kernel.actor import SYSTEM
from accelerator.kernel.errors import DomainError
from accelerator.outbound import inbox, settings
from accelerator.services.usage.imports import import_usage
from accelerator.services.usage.reading import LinesRefused, Read

log = logging.getLogger(__name__)

SUFFIXES: Final = (".csv", ".csv.gz", ".zip")


def read_inbox() -> int:
    """Every finished file of the watched folder is read, and moved to `done` or `refused`; the number moved.

    A crash between reading and moving costs nothing: the same bytes are never counted twice.
    """
    if settings.usage_inbox is None:
        return 0
    return sum(_take(path) for path in inbox.waiting(settings.usage_inbox, suffixes=SUFFIXES, now=clock.now()))


def _take(path: Path) -> bool:
    where, note = "done", ""
    try:
        with path.open("rb") as stream:
            _imported, read = import_usage(
                actor=SYSTEM,
                stream=stream,
                file_name=_printable(path.name),
                refuse_whole=settings.usage_inbox_refuses_whole,
            )
        note = _lines(read) if read.rows_refused else ""
    except LinesRefused as refusal:
        where, note = "refused", f"{refusal.reason}\n{_lines(refusal.read)}"
    except DomainError as refusal:
        where, note = "refused", f"{refusal.reason}\n"
    except Exception:
        log.exception("the cost export %r could not be read; it stays in the folder", path.name)
        return False
    inbox.put_away(path, where=where, note=note)
    return True


def _printable(name: str) -> str:
    text = name.encode("utf-8", "replace").decode()
    return "".join(character for character in text if character.isprintable())


def _lines(read: Read) -> str:
    """The refused lines as text, with their numbers."""
    lines = [f"line {line}: {reason}" for line, reason in read.refused]
    if read.rows_refused > len(lines):
        lines.append(f"and {read.rows_refused - len(lines)} more")
    return "\n".join((f"{read.rows_kept} lines kept, {read.rows_refused} refused:", *lines, ""))
