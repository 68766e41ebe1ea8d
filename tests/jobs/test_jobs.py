"""The clock's door: every job is one idempotent service call."""

from __future__ import annotations

from sqlalchemy import func, select

from accelerator import jobs
from accelerator.models.audit import AuditEntry
from accelerator.models.letters import Letter


def test_every_job_runs_twice_on_an_empty_house_and_changes_nothing(app, db):
    first = jobs.run_once(app)
    second = jobs.run_once(app)

    assert set(first) == set(second) == {name for name, _seconds, _call in jobs.all_jobs()}
    assert db.scalar(select(func.count()).select_from(AuditEntry)) == 0
    assert db.scalar(select(func.count()).select_from(Letter)) == 0


def test_one_process_at_a_time_is_the_leader(app, monkeypatch):
    monkeypatch.setattr(jobs, "_leader", None)
    assert jobs._is_leader(app)
    held = jobs._leader
    monkeypatch.setattr(jobs, "_leader", None)

    assert not jobs._is_leader(app)

    held.close()
    assert jobs._is_leader(app)
    jobs._leader.close()


def test_the_scheduler_is_one_that_survives_the_night_the_clock_goes_back():
    import apscheduler

    assert tuple(int(part) for part in apscheduler.version.split(".")) >= (3, 11, 2)
