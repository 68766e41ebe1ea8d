"""Web · Staff · Interests — the conflicts of a batch, suspicions to decide, the list to take away, a person to check."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from accelerator.forms.interests import CheckForm, EvidenceForm
from accelerator.kernel import clock
from accelerator.kernel.errors import Conflict, RuleViolation
from accelerator.kernel.permissions import Permission
from accelerator.queries import batches
from accelerator.queries.batches import BatchSummary
from accelerator.queries.interests import findings, grounds
from accelerator.queries.interests.findings import Finding
from accelerator.rules.conflicts import COOLING_YEARS
from accelerator.services import accounts, interests
from accelerator.web.binding import accepted, bind, page, page_number
from accelerator.web.security import current_actor, permits
from accelerator.web.tables import conflict_table, file_answer

bp = Blueprint("interests", __name__)


@bp.get("/batches/<code>/conflicts")
@permits(Permission.REVIEWING_MANAGE)
def conflicts(code: str) -> ResponseReturnValue:
    """Suspicions to decide with their evidence, and who must not meet whom."""
    return _conflicts_page(_batch(code))


@bp.post("/batches/<code>/conflicts")
@permits(Permission.REVIEWING_MANAGE)
def decide(code: str) -> ResponseReturnValue:
    """Confirm a suspicion, or let it rest."""
    batch, form = _batch(code), bind(EvidenceForm)
    try:
        if request.form.get("verdict") == "ignore":
            interests.ignore_suspicion(**_named(batch, form))
            flash(_("Ignored. It does not come back unless its evidence changes."))
        else:
            closed = interests.confirm_suspicion(**_named(batch, form))
            flash(
                ngettext(
                    "Confirmed. %(num)s dossier left the desk.", "Confirmed. %(num)s dossiers left the desk.", closed
                )
            )
    except Conflict as refusal:
        return _conflicts_page(batch, refusal.reason), 409
    return redirect(url_for(".conflicts", code=code))


@bp.post("/batches/<code>/conflicts/<int:suspicion_id>/reopen")
@permits(Permission.REVIEWING_MANAGE)
def reopen(code: str, suspicion_id: int) -> ResponseReturnValue:
    """Take a decision back."""
    interests.reopen_suspicion(actor=current_actor(), batch_id=_batch(code).id, suspicion_id=suspicion_id)
    flash(_("The decision is taken back: the suspicion waits again."))
    return redirect(url_for(".conflicts", code=code))


@bp.get("/batches/<code>/conflicts.<any(csv, xlsx):kind>")
@permits(Permission.REVIEWING_MANAGE)
def export(code: str, kind: str) -> ResponseReturnValue:
    """Every conflict with its ground, as a table; the trail says who took it."""
    board = interests.export_conflicts(actor=current_actor(), batch_id=_batch(code).id)
    return file_answer(conflict_table(board), f"conflicts-{code}", kind)


@bp.route("/batches/<code>/conflicts/check", methods=["GET", "POST"])
@permits(Permission.REVIEWING_MANAGE)
def check(code: str) -> ResponseReturnValue:
    """What would speak against somebody on this committee; nothing is stored, nobody is written to."""
    batch, form = _batch(code), bind(CheckForm)
    found: list[Finding] | None = None
    is_known = False
    if accepted(form):
        try:
            found, is_known = _checked(batch, form)
        except RuleViolation as violation:
            form.refuse(violation)
    return page(
        "staff/interests/check.html",
        form=form,
        batch=batch,
        found=found,
        is_known=is_known,
        startups=len({one.startup_id for one in found or () if one.is_certain}),
    )


def _batch(code: str) -> BatchSummary:
    return batches.batch(code, clock.now())


def _named(batch: BatchSummary, form: EvidenceForm) -> dict[str, object]:
    reviewer_id, startup_id = form.pair()
    return {
        "actor": current_actor(),
        "batch_id": batch.id,
        "reviewer_id": reviewer_id,
        "startup_id": startup_id,
        "evidence": form.digest(),
    }


def _checked(batch: BatchSummary, form: CheckForm) -> tuple[list[Finding], bool]:
    email, declared = accounts.normal_email(form.email.data or ""), form.declared()
    person = findings.find_person(email, batch.id) if email else None
    if person is None:
        stranger = grounds.stranger(name=form.name.data or "", email=email, declared=declared)
        return findings.check(stranger, batch.id), False
    return findings.check(grounds.with_more(person, declared), batch.id), True


def _conflicts_page(batch: BatchSummary, refusal: str = "") -> str:
    number = page_number()
    return str(
        page(
            "staff/interests/conflicts.html",
            batch=batch,
            refusal=refusal,
            found=findings.board(batch.id),
            page_now=number,
            cooling_years=COOLING_YEARS,
        )[0]  # type: ignore[index]
    )
