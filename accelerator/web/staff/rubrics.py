"""Web · Staff · Rubrics — the scoring sheets: their versions, an editor, a preview, the batch that uses one."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.forms.rubrics import ChooseForm, RubricForm
from accelerator.kernel.errors import Conflict, RuleViolation
from accelerator.kernel.permissions import Permission
from accelerator.queries import rubrics as queries
from accelerator.queries.reviewing import dossier
from accelerator.rules.rubrics import RubricPlan
from accelerator.services import rubrics
from accelerator.web.binding import accepted, bind, page, request_key
from accelerator.web.security import current_actor, permits

bp = Blueprint("rubrics", __name__)

FIRST_LINES = 3


@bp.get("/rubrics")
@permits(Permission.REVIEWING_MANAGE)
def index() -> ResponseReturnValue:
    """Every version of every rubric."""
    return page("staff/rubrics/index.html", rows=queries.rubrics())


@bp.route("/rubrics/new", methods=["GET", "POST"])
@permits(Permission.REVIEWING_MANAGE)
def new() -> ResponseReturnValue:
    """Make a rubric."""
    form = bind(RubricForm, scale_min=1, scale_max=5)
    if request.method == "GET":
        form.resize(more=FIRST_LINES)
    elif _only_draws(form):
        return page("staff/rubrics/new.html", form=form)
    elif form.validate():
        try:
            rubric_id = rubrics.create_rubric(
                actor=current_actor(), code=form.code.data or "", plan=form.plan(), request_key=request_key()
            )
        except RuleViolation as violation:
            form.resize().refuse(violation)
        else:
            flash(_("The rubric is made. Choose the batches that are scored with it."))
            return redirect(url_for(".show", rubric_id=rubric_id))
    return page("staff/rubrics/new.html", form=form)


@bp.get("/rubrics/<int:rubric_id>")
@permits(Permission.REVIEWING_MANAGE)
def show(rubric_id: int) -> ResponseReturnValue:
    """One version: criteria, weights, anchors, who uses it."""
    return _show_page(rubric_id, ChooseForm())


@bp.route("/rubrics/<int:rubric_id>/edit", methods=["GET", "POST"])
@permits(Permission.REVIEWING_MANAGE)
def edit(rubric_id: int) -> ResponseReturnValue:
    """Change it, or make its next version where somebody has scored with it."""
    sheet = queries.sheet(rubric_id)
    form = bind(RubricForm, **({} if request.method == "POST" else _shown(sheet.plan, sheet.fingerprint)))
    if request.method == "GET":
        form.resize()
    elif not _only_draws(form) and form.validate():
        try:
            saved = _save(form, rubric_id)
        except RuleViolation as violation:
            form.resize().refuse(violation)
        except Conflict as conflict:
            form.refuse_with(conflict.reason)
            return page("staff/rubrics/edit.html", form=form, sheet=sheet)[0], 409
        else:
            flash(
                _("Saved as a new version. Batches keep theirs until you choose.")
                if saved != rubric_id
                else _("Saved.")
            )
            return redirect(url_for(".show", rubric_id=saved))
    return page("staff/rubrics/edit.html", form=form, sheet=sheet)


@bp.get("/rubrics/<int:rubric_id>/preview")
@permits(Permission.REVIEWING_MANAGE)
def preview(rubric_id: int) -> ResponseReturnValue:
    """The scorecard as a reviewer sees it; it scores nothing."""
    criteria, _scale = dossier.rubric(rubric_id)
    return page("staff/rubrics/preview.html", sheet=queries.sheet(rubric_id), criteria=criteria)


@bp.post("/rubrics/<int:rubric_id>/choose")
@permits(Permission.REVIEWING_MANAGE)
def choose(rubric_id: int) -> ResponseReturnValue:
    """Let a batch be scored with this version."""
    form = bind(ChooseForm)
    if accepted(form):
        try:
            code = rubrics.choose_rubric(actor=current_actor(), rubric_id=rubric_id, batch_id=form.batch_id.data)
        except RuleViolation as violation:
            form.refuse_with(violation.reason)
        else:
            flash(_("%(batch)s is scored with this version.", batch=code))
            return redirect(url_for(".show", rubric_id=rubric_id))
    return _show_page(rubric_id, form)


def _only_draws(form: RubricForm) -> bool:
    """True when the form was sent for one more line, or for another scale, and is drawn again so; nothing is stored."""
    act = request.form.get("act", "save")
    if act in ("add", "redraw"):
        form.resize(more=int(act == "add"))
        return True
    return False


def _save(form: RubricForm, rubric_id: int) -> int:
    return rubrics.save_rubric(
        actor=current_actor(),
        rubric_id=rubric_id,
        plan=form.plan(),
        fingerprint=form.fingerprint.data or "",
        request_key=request_key(),
    )


def _show_page(rubric_id: int, form: ChooseForm) -> ResponseReturnValue:
    sheet = queries.sheet(rubric_id)
    return page("staff/rubrics/show.html", form=form.offer(sheet.choices), sheet=sheet)


def _shown(plan: RubricPlan, fingerprint: str) -> dict[str, object]:
    return {
        "fingerprint": fingerprint,
        "name_fr": plan.name.fr,
        "name_en": plan.name.en,
        "scale_min": plan.scale_min,
        "scale_max": plan.scale_max,
        "criteria": [
            {
                "position": place,
                "code": line.code,
                "weight": line.weight,
                "label_fr": line.label.fr,
                "label_en": line.label.en,
                "help_fr": line.help.fr,
                "help_en": line.help.en,
                "anchors": [{"fr": anchor.fr, "en": anchor.en} for anchor in line.anchors],
            }
            for place, line in enumerate(plan.criteria, start=1)
        ],
    }
