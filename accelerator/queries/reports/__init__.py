"""Queries · Reports — the reports asked for and issued, and where each stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, func, select

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import BatchState, TaskState
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.models.accounts import User
from accelerator.models.programmes import Batch
from accelerator.models.reports import Report
from accelerator.models.tasks import Task

PAGE_SIZE: Final = 30


@dataclass(frozen=True)
class ReportRow:
    """One report as the list and its page show it; steps are those of the work under way."""

    id: int
    number: str
    batch_code: str
    batch_name: Bilingual
    locale: str
    state: TaskState
    asked_at: datetime
    asked_by: str
    data_as_of: datetime | None
    ledger_upto_entry_id: int | None
    issued_at: datetime | None
    pages: int | None
    size_bytes: int | None
    sha256: str | None
    failure: str
    done_steps: int
    total_steps: int
    step_name: str


@dataclass(frozen=True)
class ReportPage:
    """One page of the list, latest first."""

    rows: tuple[ReportRow, ...]
    page: int
    pages: int


def _rows() -> Select[tuple[Report, str, str, str, str | None, int | None, int | None, str | None]]:
    return (
        select(
            Report,
            Batch.code,
            Batch.name_fr,
            Batch.name_en,
            User.name,
            Task.done_steps,
            Task.total_steps,
            Task.step_name,
        )
        .join(Batch, Batch.id == Report.batch_id)
        .outerjoin(User, User.id == Report.asked_by_user_id)
        .outerjoin(Task, Task.id == Report.task_id)
    )


def _row(
    report: Report,
    code: str,
    name_fr: str,
    name_en: str,
    asked_by: str | None,
    done: int | None,
    total: int | None,
    step: str | None,
) -> ReportRow:
    return ReportRow(
        id=report.id,
        number=report.number,
        batch_code=code,
        batch_name=Bilingual(name_fr, name_en),
        locale=report.locale,
        state=report.state,
        asked_at=report.asked_at,
        asked_by=asked_by or "",
        data_as_of=report.data_as_of,
        ledger_upto_entry_id=report.ledger_upto_entry_id,
        issued_at=report.issued_at,
        pages=report.pages,
        size_bytes=report.size_bytes,
        sha256=report.sha256,
        failure=report.failure,
        done_steps=done or 0,
        total_steps=total or 0,
        step_name=step or "",
    )


def issued_reports(*, page: int) -> ReportPage:
    """One page of all reports, latest first; two statements."""
    total = db.session.scalar(select(func.count(Report.id))) or 0
    found = db.session.execute(_rows().order_by(Report.id.desc()).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))
    return ReportPage(tuple(_row(*row) for row in found), page, max(1, -(-total // PAGE_SIZE)))


def report(report_id: int) -> ReportRow:
    """One report.

    Raises: NotFound.
    """
    found = db.session.execute(_rows().where(Report.id == report_id)).first()
    if found is None:
        raise NotFound(Message("There is no such report."))
    return _row(*found)


def reportable_batches() -> dict[int, Bilingual]:
    """The batches a report can be made of, all that were published: cohorts first, latest first."""
    rows = db.session.execute(
        select(Batch.id, Batch.code, Batch.name_fr, Batch.name_en)
        .where(Batch.state != BatchState.DRAFT)
        .order_by(Batch.is_rolling, Batch.starts_on.desc(), Batch.id.desc())
    )
    return {row.id: Bilingual(f"{row.name_fr} ({row.code})", f"{row.name_en} ({row.code})") for row in rows}
