"""Web · Staff · Reports — ask for a batch report, follow its making, take it away."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.forms.reports import ReportForm
from accelerator.kernel.enums import TaskState
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.permissions import Permission
from accelerator.queries import reports as queries
from accelerator.services import reports
from accelerator.web import filters, locale
from accelerator.web.binding import accepted, bind, page, page_number, request_key
from accelerator.web.security import current_actor, permits

bp = Blueprint("reports", __name__, url_prefix="/reports")


@bp.get("/")
@permits(Permission.REPORT_READ)
def index() -> ResponseReturnValue:
    """Every report, latest first; whoever may issue one asks here."""
    form = bind(ReportForm, locale=locale.current()).offer(queries.reportable_batches())
    return page("staff/reports/index.html", form=form, reports=queries.issued_reports(page=page_number()))


@bp.post("/")
@permits(Permission.REPORT_ISSUE)
def ask() -> ResponseReturnValue:
    """Have a report made in the background."""
    form = bind(ReportForm).offer(queries.reportable_batches())
    if accepted(form):
        try:
            report_id = reports.ask_report(
                actor=current_actor(),
                batch_id=form.batch_id.data,
                locale=form.locale.data,
                request_key=request_key(),
            )
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            return redirect(url_for(".show", report_id=report_id))
    return page("staff/reports/index.html", form=form, reports=queries.issued_reports(page=1))


@bp.get("/<int:report_id>")
@permits(Permission.REPORT_READ)
def show(report_id: int) -> ResponseReturnValue:
    """One report: on its way, ready, or failed."""
    report = queries.report(report_id)
    stored = None
    if report.state is TaskState.DONE:
        stored = reports.stored_report(actor=current_actor(), report_id=report_id)
    return page("staff/reports/show.html", report=report, stored=stored)


@bp.get("/<int:report_id>/progress")
@permits(Permission.REPORT_READ)
def progress(report_id: int) -> ResponseReturnValue:
    """How far the making is, for the page that waits."""
    report = queries.report(report_id)
    return {
        "state": report.state.value,
        "done": report.done_steps,
        "total": report.total_steps,
        "step": filters.translated(report.step_name),
    }, {"Cache-Control": "no-store"}


@bp.get("/<int:report_id>/file")
@permits(Permission.REPORT_READ)
def download(report_id: int) -> ResponseReturnValue:
    """The PDF as it was issued."""
    stored = reports.stored_report(actor=current_actor(), report_id=report_id)
    return send_file(stored.path, mimetype="application/pdf", as_attachment=True, download_name=stored.file_name)


@bp.post("/<int:report_id>/retry")
@permits(Permission.REPORT_ISSUE)
def retry(report_id: int) -> ResponseReturnValue:
    """Have a failed report made again."""
    reports.retry_report(actor=current_actor(), report_id=report_id)
    flash(_("The report is being made again."))
    return redirect(url_for(".show", report_id=report_id))
