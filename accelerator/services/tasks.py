"""Services · Tasks — background work: asked in a transaction, done by the clock, its progress on the page."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from sqlalchemy import or_, select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.enums import TaskState
from accelerator.models.tasks import Task
from accelerator.services.transaction import transaction

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
MAX_ATTEMPTS = 3

Worker = Callable[["Progress", Mapping[str, object]], None]
_WORKERS: dict[str, Worker] = {}


class Progress:
    """How far one task is; every `step` is stored at once and renews the lease."""

    def __init__(self, task_id: int) -> None:
        self.task_id = task_id

    def step(self, done: int, total: int, name: str = "") -> None:
        """Store that `done` of `total` steps are behind us; `name` says what comes now."""
        with transaction():
            db.session.execute(
                update(Task)
                .where(Task.id == self.task_id)
                .values(done_steps=done, total_steps=total, step_name=name[:120], leased_until=clock.now() + LEASE)
            )


def worker(kind: str) -> Callable[[Worker], Worker]:
    """Names the function that does tasks of this kind; it must be safe to run again from the start."""

    def register(function: Worker) -> Worker:
        _WORKERS[kind] = function
        return function

    return register


def queue(kind: str, arguments: Mapping[str, object]) -> int:
    """Ask for a piece of work, in the caller's transaction; the task id."""
    task = Task(kind=kind, arguments=dict(arguments), queued_at=clock.now())
    db.session.add(task)
    db.session.flush()
    return task.id


def run_due_tasks() -> int:
    """Do everything that waits, one task after the other; the number done."""
    done = 0
    while (taken := _take_next()) is not None:
        _run(*taken)
        done += 1
    return done


def _take_next() -> tuple[int, str, Mapping[str, object], int] | None:
    with transaction():
        now = clock.now()
        task = db.session.scalar(
            select(Task)
            .where(
                or_(
                    Task.state == TaskState.QUEUED,
                    (Task.state == TaskState.RUNNING) & (Task.leased_until < now),
                )
            )
            .order_by(Task.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if task is None:
            return None
        task.state = TaskState.RUNNING
        task.leased_until = now + LEASE
        task.attempts += 1
        return task.id, task.kind, dict(task.arguments), task.attempts


def _run(task_id: int, kind: str, arguments: Mapping[str, object], attempts: int) -> None:
    failure = ""
    try:
        _WORKERS[kind](Progress(task_id), arguments)
    except Exception as error:
        log.exception("task %s (%s) failed", task_id, kind)
        failure = f"{type(error).__name__}: {error}"[:300]
    with transaction():
        task = db.session.get_one(Task, task_id)
        task.leased_until = None
        if not failure:
            task.state, task.finished_at, task.failure = TaskState.DONE, clock.now(), ""
        elif attempts < MAX_ATTEMPTS:
            task.state, task.failure = TaskState.QUEUED, failure
        else:
            task.state, task.finished_at, task.failure = TaskState.FAILED, clock.now(), failure
