"""Web · Staff · Applications — the intake of a batch: the list, one dossier, the screening."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.forms.screening import IntakeFilterForm, ScreenForm
from accelerator.kernel import clock
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.permissions import Permission
from accelerator.queries import batches, dossiers
from accelerator.queries import intake as queries
from accelerator.queries.discussion import readers
from accelerator.rules.applications import STEPS
from accelerator.services import screening
from accelerator.web import tables
from accelerator.web.binding import accepted, asked, bind, bind_query, page, page_number, request_key
from accelerator.web.security import current_actor, permits

bp = Blueprint("applications", __name__)

STEP_TITLES = dict(enumerate(STEPS, start=1))


@bp.get("/batches/<code>/applications")
@permits(Permission.APPLICATION_READ)
def intake(code: str) -> ResponseReturnValue:
    """What came in, filtered by the address, a hundred rows a page."""
    batch = batches.batch(code, clock.now())
    form = bind_query(IntakeFilterForm)
    found = queries.intake(batch.id, _wanted(form), page_number())
    return page(
        "staff/applications/intake.html",
        batch=batch,
        filters=form,
        intake=found,
        page=page_number(),
        asked=asked(form),
    )


@bp.get("/batches/<code>/applications.<any(csv, xlsx):kind>")
@permits(Permission.APPLICATION_READ)
def export(code: str, kind: str) -> ResponseReturnValue:
    """The filtered list as a table to take away; that it left is on the record."""
    batch = batches.batch(code, clock.now())
    rows = queries.export(batch.id, _wanted(bind_query(IntakeFilterForm)))
    screening.note_export(actor=current_actor(), batch_id=batch.id, rows=len(rows))
    return tables.file_answer(tables.intake_table(rows), batch.code, kind)


@bp.get("/applications/<int:application_id>")
@permits(Permission.APPLICATION_READ)
def show(application_id: int) -> ResponseReturnValue:
    """One dossier with everything the screening needs."""
    return _dossier_page(application_id, ScreenForm())


@bp.post("/applications/<int:application_id>/screen")
@permits(Permission.APPLICATION_SCREEN)
def screen(application_id: int) -> ResponseReturnValue:
    """Admissible or not; then on to the next that waits."""
    form = bind(ScreenForm)
    if not accepted(form):
        return _dossier_page(application_id, form)
    try:
        done = _screen(application_id, form)
    except RuleViolation as violation:
        form.refuse(violation)
        return _dossier_page(application_id, form)
    flash(
        _("%(name)s is admissible.", name=done.startup)
        if form.is_admissible
        else _("%(name)s is not admissible. The e-mail waits as a draft.", name=done.startup)
    )
    return redirect(url_for(".show", application_id=done.next_application_id or application_id))


@bp.post("/applications/<int:application_id>/undo")
@permits(Permission.APPLICATION_SCREEN)
def undo(application_id: int) -> ResponseReturnValue:
    """Put a screened application back among those that wait."""
    screening.undo_screening(actor=current_actor(), application_id=application_id)
    flash(_("The screening is undone."))
    return redirect(url_for(".show", application_id=application_id))


@bp.get("/batches/<code>/screen-together")
@permits(Permission.APPLICATION_SCREEN)
def recap(code: str) -> ResponseReturnValue:
    """The ticked applications by name, before they are found admissible together."""
    batch = batches.batch(code, clock.now())
    return page(
        "staff/applications/recap.html", batch=batch, rows=queries.chosen(batch.id, _ticked(request.args.getlist("id")))
    )


@bp.post("/batches/<code>/screen-together")
@permits(Permission.APPLICATION_SCREEN)
def screen_together(code: str) -> ResponseReturnValue:
    """Find the recapped applications admissible."""
    done = screening.admit_many(
        actor=current_actor(),
        batch_code=code,
        application_ids=_ticked(request.form.getlist("id")),
        request_key=request_key(),
    )
    flash(_("Found admissible: %(done)s. Changed meanwhile and left alone: %(left)s.", done=done.done, left=done.left))
    return redirect(url_for(".intake", code=code))


@bp.get("/applications/<int:application_id>/deck")
@permits(Permission.APPLICATION_READ)
def deck(application_id: int) -> ResponseReturnValue:
    """The deck; each access is on the record."""
    found = screening.open_deck(actor=current_actor(), application_id=application_id)
    response: Response = send_file(
        found.path, mimetype="application/pdf", as_attachment=True, download_name=found.file_name
    )
    return response


def _screen(application_id: int, form: ScreenForm) -> screening.Screened:
    actor = current_actor()
    if form.is_admissible:
        return screening.admit_to_review(actor=actor, application_id=application_id)
    return screening.turn_down(actor=actor, application_id=application_id, reason=form.reason())


def _dossier_page(application_id: int, form: ScreenForm) -> ResponseReturnValue:
    dossier = dossiers.dossier(application_id)
    around = dossiers.neighbours(dossier.batch_id, dossier.id, dossier.submitted_at)
    talk = readers.find_talk(application_id, current_actor().user_id or 0)
    return page("staff/applications/show.html", form=form, dossier=dossier, around=around, steps=STEP_TITLES, talk=talk)


def _wanted(form: IntakeFilterForm) -> queries.IntakeFilter:
    return queries.IntakeFilter(
        state=form.state_chosen(),
        region_code=form.region_chosen(),
        sector=form.sector_chosen(),
        search=form.search(),
        screened=form.screened_chosen(),
    )


def _ticked(texts: list[str]) -> list[int]:
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) <= 18][:1000]
