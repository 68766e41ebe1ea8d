"""Web · Staff · Calibration — the dossiers that everybody scores first: chosen after a recap, watched, withdrawn."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from accelerator.forms.calibration import NoteForm, PickForm
from accelerator.kernel import clock
from accelerator.kernel.errors import Conflict, RuleViolation
from accelerator.kernel.permissions import Permission
from accelerator.queries import batches
from accelerator.queries.batches import BatchSummary
from accelerator.queries.reviewing import calibration
from accelerator.rules import calibration as rules
from accelerator.rules import reviewing as reviewing_rules
from accelerator.services import reviewing
from accelerator.web.binding import accepted, bind, bind_query, page, request_key
from accelerator.web.security import current_actor, permits

bp = Blueprint("calibration", __name__)


@bp.get("/batches/<code>/calibration")
@permits(Permission.REVIEWING_MANAGE)
def show(code: str) -> ResponseReturnValue:
    """The calibration dossiers, how far everybody is and what divides; and those that could be chosen."""
    return _overview_page(_batch(code))


@bp.get("/batches/<code>/calibration/recap")
@permits(Permission.REVIEWING_MANAGE)
def recap(code: str) -> ResponseReturnValue:
    """What choosing the dossiers picked would do; nothing is stored by looking."""
    batch = _batch(code)
    chosen = len(calibration.chosen_ids(batch.id))
    if not (verdict := rules.can_choose(chosen, len(bind_query(PickForm).picked()))):
        return _overview_page(batch, verdict.reason), 422
    return _recap_page(batch)


@bp.post("/batches/<code>/calibration/recap")
@permits(Permission.REVIEWING_MANAGE)
def choose(code: str) -> ResponseReturnValue:
    """Make the dossiers of the recap calibration ones and tell the committee."""
    batch, form = _batch(code), bind(PickForm)
    try:
        reviewing.choose_calibration(
            actor=current_actor(),
            batch_id=batch.id,
            application_ids=form.picked(),
            fingerprint=request.form.get("fingerprint", ""),
            request_key=request_key(),
        )
    except (Conflict, RuleViolation) as refusal:
        return _recap_page(batch, form, refusal.reason), 409 if isinstance(refusal, Conflict) else 422
    flash(_("The calibration dossiers are chosen. The committee has been told."))
    return redirect(url_for(".show", code=code))


@bp.post("/batches/<code>/calibration/<int:application_id>/withdraw")
@permits(Permission.REVIEWING_MANAGE)
def withdraw(code: str, application_id: int) -> ResponseReturnValue:
    """Make it an ordinary dossier again, while nobody has begun."""
    batch = _batch(code)
    try:
        returned = reviewing.withdraw_calibration(
            actor=current_actor(), batch_id=batch.id, application_id=application_id
        )
    except RuleViolation as refusal:
        return _overview_page(batch, refusal.reason), 422
    flash(
        ngettext(
            "It is an ordinary dossier again. %(num)s review is no longer asked for.",
            "It is an ordinary dossier again. %(num)s reviews are no longer asked for.",
            returned,
        )
    )
    return redirect(url_for(".show", code=code))


@bp.route("/batches/<code>/calibration/<int:application_id>/note", methods=["GET", "POST"])
@permits(Permission.REVIEWING_MANAGE)
def note(code: str, application_id: int) -> ResponseReturnValue:
    """Say what reviewers should look at in it."""
    batch = _batch(code)
    found = calibration.chosen_note(batch.id, application_id)
    form = bind(NoteForm, note=found.note)
    if accepted(form):
        reviewing.set_calibration_note(
            actor=current_actor(), batch_id=batch.id, application_id=application_id, note=form.note.data or ""
        )
        flash(_("The note is kept."))
        return redirect(url_for(".show", code=code))
    return page("staff/calibration/note.html", form=form, batch=batch, found=found)


def _batch(code: str) -> BatchSummary:
    return batches.batch(code, clock.now())


def _overview_page(batch: BatchSummary, refusal: str = "") -> str:
    form = bind_query(PickForm)
    found = calibration.overview(batch.id, batch.rubric_id)
    verdict = reviewing_rules.can_assign(batch.state, batch.rubric_id is not None, batch.reviews_due_at, clock.now())
    proposal = None
    if verdict and found.left > 0:
        proposal = calibration.candidates(batch.id, search=form.search(), picked=form.picked())
    return str(
        page(
            "staff/calibration/show.html",
            batch=batch,
            refusal=refusal,
            found=found,
            verdict=verdict,
            proposal=proposal,
            pick_form=form,
            most=rules.MOST,
        )[0]  # type: ignore[index]
    )


def _recap_page(batch: BatchSummary, form: PickForm | None = None, refusal: str = "") -> str:
    picked = (form or bind_query(PickForm)).picked()
    found = calibration.recap(batch.id, picked)
    return str(
        page(
            "staff/calibration/recap.html",
            batch=batch,
            refusal=refusal,
            found=found,
            left_out=len(picked) - len(found.dossiers),
            verdict=reviewing_rules.can_assign(
                batch.state, batch.rubric_id is not None, batch.reviews_due_at, clock.now()
            ),
        )[0]  # type: ignore[index]
    )
