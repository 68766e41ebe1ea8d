"""Web · Staff · Assignment — a large proposal followed and stopped; assignments to take away, and to bring, as CSV."""

from __future__ import annotations

import base64

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.forms.reviewing import ApplyLinesForm, LinesForm
from accelerator.kernel import clock
from accelerator.kernel.errors import Conflict, RuleViolation
from accelerator.kernel.permissions import Permission
from accelerator.queries import batches
from accelerator.queries.batches import BatchSummary
from accelerator.queries.reviewing import studio
from accelerator.services import reviewing
from accelerator.services.reviewing import lines as lines_service
from accelerator.web import filters, tables
from accelerator.web.binding import accepted, bind, page, request_key
from accelerator.web.security import current_actor, permits
from accelerator.web.staff.reviewing import wishes

bp = Blueprint("assignment", __name__)


@bp.post("/batches/<code>/reviewers/assign/proposals")
@permits(Permission.REVIEWING_MANAGE)
def ask(code: str) -> ResponseReturnValue:
    """Have a large plan made in the background."""
    batch = _batch(code)
    reviewing.ask_proposal(actor=current_actor(), batch_id=batch.id, asked=wishes(batch), request_key=request_key())
    return redirect(_studio(code))


@bp.get("/batches/<code>/reviewers/assign/proposals/<int:proposal_id>")
@permits(Permission.REVIEWING_MANAGE)
def progress(code: str, proposal_id: int) -> ResponseReturnValue:
    """How far a proposal is, for the page that waits."""
    found = studio.proposal(_batch(code).id, proposal_id)
    return {
        "state": found.state.value if not found.is_stopped else "failed",
        "done": found.done_steps,
        "total": found.total_steps,
        "step": filters.translated(found.step_name),
    }, {"Cache-Control": "no-store"}


@bp.post("/batches/<code>/reviewers/assign/proposals/<int:proposal_id>/stop")
@permits(Permission.REVIEWING_MANAGE)
def stop(code: str, proposal_id: int) -> ResponseReturnValue:
    """Give a proposal up."""
    reviewing.stop_proposal(actor=current_actor(), batch_id=_batch(code).id, proposal_id=proposal_id)
    flash(_("The proposal is stopped. Nothing was assigned."))
    return redirect(_studio(code))


@bp.get("/batches/<code>/reviewers/assign.csv")
@permits(Permission.REVIEWING_MANAGE)
def export(code: str) -> ResponseReturnValue:
    """What is assigned and what is proposed, as a file that can come back."""
    batch = _batch(code)
    rows = studio.listed_pairs(batch.id, wishes(batch))
    return tables.file_answer(
        [
            ("application", "reviewer", "action", "startup", "reviewer_name"),
            *((row.application, row.reviewer, row.action, row.startup, row.reviewer_name) for row in rows),
        ],
        f"assignments-{batch.code}",
        "csv",
    )


@bp.route("/batches/<code>/reviewers/assign/file", methods=["GET", "POST"])
@permits(Permission.REVIEWING_MANAGE)
def lines(code: str) -> ResponseReturnValue:
    """A file of assignments, and line by line what it would do."""
    batch, form = _batch(code), bind(LinesForm)
    if accepted(form):
        try:
            return _preview(batch, form.file.data.read(), ApplyLinesForm(), form)
        except RuleViolation as violation:
            form.refuse(violation)
    return page("staff/assignment/lines.html", form=form, batch=batch, judged=None)


@bp.post("/batches/<code>/reviewers/assign/file/apply")
@permits(Permission.REVIEWING_MANAGE)
def apply(code: str) -> ResponseReturnValue:
    """Do what the lines that are not refused ask for."""
    batch, form = _batch(code), bind(ApplyLinesForm)
    status = 422
    if accepted(form):
        try:
            given, taken = reviewing.apply_lines(
                actor=current_actor(),
                batch_id=batch.id,
                content=form.file_bytes(),
                fingerprint=form.fingerprint.data or "",
                reason=form.reason.data,
                request_key=request_key(),
            )
        except RuleViolation as violation:
            form.refuse(violation)
        except Conflict as conflict:
            form.refuse(RuleViolation(conflict.reason, field="reason"))
            status = 409
        else:
            flash(_("Given: %(given)s. Taken away: %(taken)s.", given=given, taken=taken))
            return redirect(_studio(code))
    return _preview(batch, form.file_bytes(), form, LinesForm()), status


def _batch(code: str) -> BatchSummary:
    return batches.batch(code, clock.now())


def _studio(code: str) -> str:
    """The page of the hand-out, with what the address asks for."""
    return url_for("staff.reviewing.assign", code=code, **request.args.to_dict())


def _preview(batch: BatchSummary, content: bytes, apply_form: ApplyLinesForm, form: LinesForm) -> str:
    judged, fingerprint = lines_service.judged_lines(batch_id=batch.id, content=content)
    return str(
        page(
            "staff/assignment/lines.html",
            form=form,
            batch=batch,
            judged=judged,
            does=[one for one in judged if one.refusal is None and one.action != "keep"],
            refused=[one for one in judged if one.refusal is not None],
            apply_form=apply_form,
            content=base64.b64encode(content).decode(),
            fingerprint=fingerprint,
        )[0]  # type: ignore[index]
    )
