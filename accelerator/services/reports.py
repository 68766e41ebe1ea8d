"""Services · Reports — a batch report: asked for, made in the background, numbered, hashed, kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import SYSTEM, Actor
from accelerator.kernel.enums import BatchState, TaskState
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.kernel.message import LOCALES, N_, Message
from accelerator.kernel.permissions import Permission
from accelerator.models.programmes import Batch
from accelerator.models.reports import Report
from accelerator.outbound import files, pdf, report_pages
from accelerator.queries.reports import activity, figures
from accelerator.rules import access
from accelerator.services import audit, request_keys, tasks
from accelerator.services.transaction import transaction

KIND: Final = "batch_report"
FOLDER: Final = "reports"
STEPS: Final = (
    N_("Reading the figures"),
    N_("Laying out the pages"),
    N_("Printing the document"),
    N_("Filing the report"),
)


@dataclass(frozen=True)
class StoredReport:
    """An issued report as a file, under the name it is saved as. `is_intact`: its bytes still have its hash."""

    path: Path
    file_name: str
    sha256: str
    is_intact: bool


def ask_report(*, actor: Actor, batch_id: int, locale: str, request_key: str = "") -> int:
    """Number a new report of a batch and have it made in the background.

    Returns: the report id.
    Raises:  NotAllowed, NotFound, RuleViolation.
    """
    with transaction():
        _refuse_unless_may_issue(actor)
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        if locale not in LOCALES:
            raise RuleViolation(Message("Choose French or English."), field="locale")
        batch = db.session.scalar(select(Batch).where(Batch.id == batch_id).with_for_update())
        if batch is None:
            raise NotFound(Message("There is no such batch."))
        if batch.state is BatchState.DRAFT:
            raise RuleViolation(
                Message("This batch is not published yet: there is nothing to report."), field="batch_id"
            )
        report = Report(
            number=_next_number(batch),
            batch_id=batch.id,
            locale=locale,
            state=TaskState.QUEUED,
            asked_at=clock.now(),
            asked_by_user_id=actor.user_id,
        )
        db.session.add(report)
        db.session.flush()
        report.task_id = tasks.queue(KIND, {"report_id": report.id})
        request_keys.keep(actor, request_key, report.id)
        audit.record(actor, "asked for report", f"report:{report.id}", number=report.number, locale=locale)
        return report.id


def retry_report(*, actor: Actor, report_id: int) -> None:
    """Have a report that failed made again, under its number.

    Raises: NotAllowed, NotFound, Conflict.
    """
    with transaction():
        _refuse_unless_may_issue(actor)
        report = _report(report_id)
        if report.state is not TaskState.FAILED:
            raise Conflict(Message("This report is already being made, or is ready."))
        report.state, report.failure = TaskState.QUEUED, ""
        report.task_id = tasks.queue(KIND, {"report_id": report.id})
        audit.record(actor, "asked again for report", f"report:{report.id}", number=report.number)


def stored_report(*, actor: Actor, report_id: int) -> StoredReport:
    """The file of an issued report, with its hash worked out anew.

    Raises: NotAllowed, NotFound.
    """
    if not (verdict := access.may(actor, Permission.REPORT_READ)):
        raise NotAllowed(verdict.reason)
    report = _report(report_id)
    if report.state is not TaskState.DONE or report.stored_as is None or report.sha256 is None:
        raise NotFound(Message("This report is not ready."))
    try:
        path = files.path_of(report.stored_as)
    except FileNotFoundError as error:
        raise NotFound(Message("The file of this report is gone. Ask for a new report.")) from error
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    name = f"{report.number.replace('/', '-')}-{report.locale}.pdf"
    return StoredReport(path, name, report.sha256, is_intact=digest == report.sha256)


@tasks.worker(KIND)
def make_report(progress: tasks.Progress, arguments: Mapping[str, object]) -> None:
    """Read, lay out, print and file one report; again from the start after a crash, once only when done."""
    report_id = int(str(arguments["report_id"]))
    begun = _begin(report_id)
    if begun is None:
        return
    try:
        progress.step(0, len(STEPS), STEPS[0])
        found = figures.batch_report(begun.batch_id, as_of=begun.as_of, ledger_upto=begun.ledger_upto)
        db.session.rollback()
        progress.step(1, len(STEPS), STEPS[1])
        html = report_pages.html(
            "batch.html",
            begun.locale,
            {"report": found, "number": begun.number, "as_of": begun.as_of, "ledger_upto": begun.ledger_upto},
        )
        progress.step(2, len(STEPS), STEPS[2])
        printed = pdf.printed(html)
        progress.step(3, len(STEPS), STEPS[3])
        _file(report_id, printed)
        progress.step(len(STEPS), len(STEPS))
    except pdf.CannotPrint as refusal:
        _fail(report_id, refusal.reason)
    except Exception as error:
        db.session.rollback()
        _fail(report_id, f"{type(error).__name__}: {error}")
        raise


@dataclass(frozen=True)
class _Begun:
    batch_id: int
    number: str
    locale: str
    as_of: datetime
    ledger_upto: int


def _begin(report_id: int) -> _Begun | None:
    with transaction():
        report = _report(report_id)
        if report.state is TaskState.DONE:
            return None
        report.state, report.failure = TaskState.RUNNING, ""
        report.data_as_of = clock.now()
        report.ledger_upto_entry_id = activity.last_ledger_entry()
        return _Begun(report.batch_id, report.number, report.locale, report.data_as_of, report.ledger_upto_entry_id)


def _file(report_id: int, printed: pdf.Printed) -> None:
    stored_as, digest = files.keep(printed.content, folder=FOLDER, suffix=".pdf")
    with transaction():
        report = _report(report_id)
        report.state, report.issued_at = TaskState.DONE, clock.now()
        report.pages, report.size_bytes = printed.pages, len(printed.content)
        report.stored_as, report.sha256 = stored_as, digest
        audit.record(SYSTEM, "issued report", f"report:{report.id}", number=report.number, sha256=digest)


def _fail(report_id: int, failure: str) -> None:
    with transaction():
        report = _report(report_id)
        report.state, report.failure = TaskState.FAILED, failure[:300]


def _report(report_id: int) -> Report:
    report = db.session.get(Report, report_id)
    if report is None:
        raise NotFound(Message("There is no such report."))
    return report


def _next_number(batch: Batch) -> str:
    prefix = f"{batch.code[:22]}/R-"
    taken = db.session.scalar(select(func.count(Report.id)).where(Report.number.startswith(prefix, autoescape=True)))
    return f"{prefix}{(taken or 0) + 1:03d}"


def _refuse_unless_may_issue(actor: Actor) -> None:
    if not (verdict := access.may(actor, Permission.REPORT_ISSUE)):
        raise NotAllowed(verdict.reason)
