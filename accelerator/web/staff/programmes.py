"""Web · Staff · Programmes — the batches: the list, the cockpit of one, making and editing it, its two acts."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.forms.programmes import BatchForm
from accelerator.kernel import clock
from accelerator.kernel.errors import Conflict, RuleViolation
from accelerator.kernel.permissions import Permission
from accelerator.queries import batches as queries
from accelerator.rules import programmes as rules
from accelerator.services import programmes
from accelerator.web.binding import accepted, bind, page, request_key
from accelerator.web.filters import translated
from accelerator.web.security import current_actor, permits

bp = Blueprint("programmes", __name__)


@bp.get("/batches")
@permits(Permission.PROGRAMME_READ)
def batches() -> ResponseReturnValue:
    """Every batch, the latest first."""
    return page("staff/programmes/batches.html", batches=queries.batches(clock.now()))


@bp.get("/batches/<code>")
@permits(Permission.PROGRAMME_READ)
def batch(code: str) -> ResponseReturnValue:
    """One batch: where it is, how far, what comes next."""
    now = clock.now()
    at_work = queries.with_figures(queries.batch(code, now), now)
    return page("staff/programmes/batch.html", at_work=at_work, batch=at_work.batch)


@bp.route("/batches/new", methods=["GET", "POST"])
@permits(Permission.BATCH_MANAGE)
def new() -> ResponseReturnValue:
    """Make a batch; the fields start from the last edition, half a year later."""
    form = _offered(bind(BatchForm, **_suggestion()))
    if accepted(form):
        try:
            code = programmes.create_batch(actor=current_actor(), plan=form.plan(None), request_key=request_key())
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(_("The batch is made. Check it, then publish the call."))
            return redirect(url_for(".batch", code=code))
    return page("staff/programmes/new.html", form=form)


@bp.route("/batches/<code>/edit", methods=["GET", "POST"])
@permits(Permission.BATCH_MANAGE)
def edit(code: str) -> ResponseReturnValue:
    """Change what may still be changed; somebody else's newer text is shown beside one's own."""
    stored, current = queries.plan_of(code), queries.batch(code, clock.now())
    locked = rules.locked_fields(current.phase)
    form = _offered(bind(BatchForm, **_shown(stored), version=current.version)).lock(locked)
    if accepted(form):
        try:
            plan = form.plan(stored)
            code = programmes.edit_batch(actor=current_actor(), code=code, version=form.seen_version(), plan=plan)
        except RuleViolation as violation:
            form.refuse(violation)
        except Conflict as conflict:
            return _beside_newer(form, conflict, current, locked), 409
        else:
            flash(_("Saved."))
            return redirect(url_for(".batch", code=code))
    return page("staff/programmes/edit.html", form=form, batch=current, locked=locked, newer=False)


@bp.post("/batches/<code>/publish")
@permits(Permission.BATCH_MANAGE)
def publish(code: str) -> ResponseReturnValue:
    """Open the call to the public."""
    programmes.publish(actor=current_actor(), code=code)
    flash(_("The call is published."))
    return redirect(url_for(".batch", code=code))


@bp.post("/batches/<code>/start-review")
@permits(Permission.BATCH_MANAGE)
def start_review(code: str) -> ResponseReturnValue:
    """Hand the admissible applications to the committee."""
    programmes.start_review(actor=current_actor(), code=code)
    flash(_("The review has started. Name the committee and assign the applications."))
    return redirect(url_for(".batch", code=code))


def _suggestion() -> dict[str, object]:
    code = request.args.get("from") or queries.last_edition()
    return _shown(rules.next_edition(queries.plan_of(code))) if code else {"reviews_per_application": 3, "places": 15}


def _shown(plan: rules.BatchPlan) -> dict[str, object]:
    return {**asdict(plan), "rubric_id": plan.rubric_id or 0}


def _offered(form: BatchForm) -> BatchForm:
    return form.offer(
        tracks={track.id: translated(track.name) for track in queries.tracks()},
        rubrics={rubric.id: translated(rubric.name) for rubric in queries.rubrics()},
    )


def _beside_newer(
    form: BatchForm, conflict: Conflict, current: queries.BatchSummary, locked: frozenset[str]
) -> ResponseReturnValue:
    """The form with what was typed, what is stored now beside it, and the version that saving again replaces."""
    form.refuse(RuleViolation(conflict.reason))
    form.version.data = str(current.version)
    answer = page("staff/programmes/edit.html", form=form, batch=current, locked=locked, newer=True)
    return answer[0] if isinstance(answer, tuple) else answer
