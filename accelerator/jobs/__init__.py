"""Jobs — floor 6. The clock's door: every file here may name `EVERY`, a table of seconds and service calls.

The due work is always a row in a table; the scheduler only ticks. One process at a time is the leader
(a lock on a file beside the database, an advisory lock on PostgreSQL), so several servers do not tick twice.
"""

from __future__ import annotations

import atexit
import fcntl
import importlib
import logging
import pkgutil
from collections.abc import Callable
from typing import IO, Any

from flask import Flask

from accelerator.extensions import db, scheduler

log = logging.getLogger(__name__)

_leader: IO[str] | None = None


def all_jobs() -> list[tuple[str, int, Callable[[], object]]]:
    """Every job as (name, seconds between ticks, service call)."""
    found: list[tuple[str, int, Callable[[], object]]] = []
    for module in sorted(item.name for item in pkgutil.iter_modules(__path__)):
        room = importlib.import_module(f"{__name__}.{module}")
        for call, seconds in getattr(room, "EVERY", {}).items():
            found.append((f"{module}.{call.__name__}", seconds, call))
    return found


def run_once(app: Flask) -> dict[str, object]:
    """Run every job one time, in order, in this process; what each returned. Used by tests and by the command."""
    results: dict[str, object] = {}
    with app.app_context():
        for name, _seconds, call in all_jobs():
            results[name] = call()
    return results


def start(app: Flask) -> None:
    """Tick in this process, as long as it is the leader."""
    if scheduler.running:
        return
    for name, seconds, call in all_jobs():
        scheduler.add_job(
            _tick,
            "interval",
            seconds=seconds,
            id=name,
            args=(app, name, call),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
            replace_existing=True,
        )
    scheduler.start()
    atexit.register(scheduler.shutdown, wait=False)


def _tick(app: Flask, name: str, call: Callable[[], Any]) -> None:
    if not _is_leader(app):
        return
    with app.app_context():
        try:
            result = call()
            if result:
                log.info("job %s: %s", name, result)
        except Exception:
            log.exception("job %s failed", name)
        finally:
            db.session.remove()


def _is_leader(app: Flask) -> bool:
    """True when this process holds the scheduler's lock; it is kept until the process ends."""
    global _leader
    if _leader is not None:
        return True
    handle = (app.config["INSTANCE"] / "scheduler.lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        return False
    _leader = handle
    return True
