"""Background work: done once, its progress stored, tried again, given up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from accelerator.kernel import clock
from accelerator.kernel.enums import TaskState
from accelerator.models.tasks import Task
from accelerator.services import tasks
from accelerator.services.transaction import transaction


@pytest.fixture
def done():
    """What the test's worker was given."""
    given = []

    @tasks.worker("count")
    def count(progress, arguments):
        progress.step(1, 2, "counting")
        given.append(arguments)
        if arguments.get("fails"):
            raise ValueError("cannot count")

    yield given
    del tasks._WORKERS["count"]


def queue(**arguments):
    with transaction():
        return tasks.queue("count", arguments)


def test_a_task_is_done_once_and_keeps_its_progress(db, done):
    queue(upto=3)

    assert (tasks.run_due_tasks(), tasks.run_due_tasks()) == (1, 0)
    task = db.scalars(select(Task)).one()
    assert done == [{"upto": 3}]
    assert (task.state, task.done_steps, task.total_steps, task.step_name) == (TaskState.DONE, 1, 2, "counting")


def test_a_failing_task_is_tried_three_times_and_says_why(db, done):
    queue(fails=True)

    assert tasks.run_due_tasks() == tasks.MAX_ATTEMPTS
    task = db.scalars(select(Task)).one()
    assert (task.state, task.failure) == (TaskState.FAILED, "ValueError: cannot count")


def test_a_task_whose_process_died_is_taken_up_again(db, done):
    task_id = queue(upto=1)
    with transaction():
        task = db.get(Task, task_id)
        task.state, task.leased_until = TaskState.RUNNING, clock.now() + tasks.LEASE

    assert tasks.run_due_tasks() == 0
    clock.fix(clock.now() + tasks.LEASE + timedelta(seconds=1))
    assert tasks.run_due_tasks() == 1
