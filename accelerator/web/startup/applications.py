"""Web · Startup · Applications — start, write in steps, check, submit, follow, withdraw."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, current_app, flash, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.extensions import limiter
from accelerator.forms.applications import StepForm, SubmitForm, shown_answers, step_form, typed_answers
from accelerator.kernel import clock
from accelerator.kernel.enums import ApplicationState
from accelerator.kernel.errors import NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.queries import applications as queries
from accelerator.queries import calls, startups
from accelerator.queries.ways_on import ways_on
from accelerator.rules import lifecycle
from accelerator.rules.applications import LAST_STEP, STEPS, count_words, field_name
from accelerator.rules.calls import clock_time, time_left
from accelerator.rules.ways_on import WayOn
from accelerator.services import application_dates, applications, decks
from accelerator.web import filters, locale
from accelerator.web.binding import accepted, bind, page
from accelerator.web.security import current_actor, permits

bp = Blueprint("applications", __name__)


@bp.get("/applications/start/<batch_code>")
@permits(Permission.APPLICATION_APPLY)
def start(batch_code: str) -> ResponseReturnValue:
    """Choose the startup that applies; without one, register it first and come back."""
    call = calls.call(batch_code)
    mine = startups.mine(current_actor().user_id)
    if not mine:
        return redirect(url_for("startup.startups.new", next=url_for(".start", batch_code=batch_code)))
    started = queries.started_for(call.batch_id, current_actor().startup_ids)
    return page("startup/applications/start.html", call=call, startups=mine, started=started)


@bp.post("/applications/start/<batch_code>/<int:startup_id>")
@permits(Permission.APPLICATION_APPLY)
def open_draft(batch_code: str, startup_id: int) -> ResponseReturnValue:
    """Start the application of a startup, or go on with it."""
    application_id = applications.start_application(actor=current_actor(), batch_code=batch_code, startup_id=startup_id)
    return redirect(url_for(".step", application_id=application_id, step=1))


@bp.get("/applications/<int:application_id>")
@permits(Permission.APPLICATION_APPLY)
def show(application_id: int) -> ResponseReturnValue:
    """A draft: where to go on. Later: where the application stands, what comes next, its history."""
    sheet = queries.sheet(current_actor().user_id, application_id)
    mine = sheet.dossier.application
    return page(
        "startup/applications/resume.html" if sheet.dossier.is_draft else "startup/applications/show.html",
        sheet=sheet,
        dossier=sheet.dossier,
        mine=mine,
        steps=STEPS,
        left=time_left(mine.call.closes_at, clock.now()),
        way=lifecycle.way(mine.state, is_rolling=mine.call.is_rolling),
        can_withdraw=lifecycle.can_withdraw(mine.state),
        history=queries.history(application_id),
        way_on=_way_on(sheet.dossier),
        arrived=clock_time(mine.submitted_at),
    )


def _way_on(dossier: queries.Dossier) -> WayOn | None:
    """Where a startup that was told it is not selected can go on today."""
    if dossier.application.state is not ApplicationState.REFUSED:
        return None
    return ways_on([dossier.home], dossier.application.call.batch_id)[dossier.home.startup_id]


@bp.route("/applications/<int:application_id>/steps/<int:step>", methods=["GET", "POST"])
@permits(Permission.APPLICATION_APPLY)
def step(application_id: int, step: int) -> ResponseReturnValue:
    """One step of the form; saving keeps whatever was typed, `?check=1` shows what is still missing."""
    sheet = queries.sheet(current_actor().user_id, application_id)
    if not 1 <= step <= LAST_STEP:
        raise NotFound(Message("There is nothing at this address."))
    if not sheet.dossier.is_draft and request.method == "GET":
        return redirect(url_for(".show", application_id=application_id))
    asked = sheet.questions_of(step)
    form = bind(step_form(asked, has_deck=step == LAST_STEP), **shown_answers(asked, sheet.answers))
    if not accepted(form):
        if "check" in request.args:
            form.show_problems()
        return _step_page(form, sheet, step, {})[0]
    try:
        saved = _save(form, application_id)
    except RuleViolation as violation:
        form.refuse(violation)
        return _step_page(form, queries.sheet(current_actor().user_id, application_id), step, {})
    if saved.conflicts:
        return _step_page(form, sheet, step, saved.conflicts)[0], 409
    return redirect(_after_saving(application_id, step))


def _save(form: StepForm, application_id: int) -> applications.Saved:
    """Keep the answers, then do what the pressed button says about the deck."""
    actor = current_actor()
    saved = applications.save_answers(actor=actor, application_id=application_id, typed=form.typed())
    form.keep_typed_over(saved.fingerprints)
    upload = form["deck"].data if "deck" in form else None
    if request.form.get("go") == "remove-deck":
        decks.remove_deck(actor=actor, application_id=application_id)
    elif upload:
        decks.attach_deck(
            actor=actor,
            application_id=application_id,
            file_name=upload.filename,
            content=upload.read(),
            max_bytes=current_app.config["DECK_MAX_BYTES"],
            max_pages=current_app.config["DECK_MAX_PAGES"],
        )
    return saved


def _after_saving(application_id: int, step: int) -> str:
    if request.form.get("go") != "on":
        flash(_("Saved."))
        return url_for(".step", application_id=application_id, step=step)
    if step == LAST_STEP:
        return url_for(".check", application_id=application_id)
    return url_for(".step", application_id=application_id, step=step + 1)


def _step_page(form: StepForm, sheet: queries.Sheet, step: int, conflicts: Mapping[int, str]) -> tuple[str, int]:
    return page(
        "startup/applications/step.html",
        form=form,
        sheet=sheet,
        dossier=sheet.dossier,
        mine=sheet.dossier.application,
        questions=sheet.questions_of(step),
        step=step,
        steps=STEPS,
        conflicts=conflicts,
        words={one.id: count_words(form[field_name(one.id)].data or "") for one in sheet.questions_of(step)},
        left=time_left(sheet.dossier.application.call.closes_at, clock.now()),
        max_bytes=current_app.config["DECK_MAX_BYTES"],
        max_pages=current_app.config["DECK_MAX_PAGES"],
    )


@bp.post("/applications/<int:application_id>/autosave")
@permits(Permission.APPLICATION_APPLY)
@limiter.limit("120 per minute")
def autosave(application_id: int) -> ResponseReturnValue:
    """Keep what is being typed; 409 with the other text where a co-founder changed the same answer."""
    try:
        saved = applications.save_answers(
            actor=current_actor(), application_id=application_id, typed=typed_answers(request.get_json(silent=True))
        )
    except RuleViolation as violation:
        return {"error": filters.translated(violation.reason), "field": violation.field}, 422
    answer = {
        "saved_at": filters.shown_time(clock.now()),
        "marks": {str(key): mark for key, mark in saved.fingerprints.items()},
        "conflicts": {str(key): text for key, text in saved.conflicts.items()},
    }
    return answer, 409 if saved.conflicts else 200


@bp.get("/applications/<int:application_id>/deck")
@permits(Permission.APPLICATION_APPLY)
def deck(application_id: int) -> ResponseReturnValue:
    """The deck as it is kept, to download."""
    handed = decks.own_deck(actor=current_actor(), application_id=application_id)
    return send_file(handed.path, mimetype="application/pdf", as_attachment=True, download_name=handed.file_name)


@bp.get("/applications/<int:application_id>/check")
@permits(Permission.APPLICATION_APPLY)
def check(application_id: int) -> ResponseReturnValue:
    """Everything that will be sent, with a way back to each answer."""
    sheet = queries.sheet(current_actor().user_id, application_id)
    if not sheet.dossier.is_draft:
        return redirect(url_for(".show", application_id=application_id))
    return _check_page(SubmitForm(), sheet)


@bp.post("/applications/<int:application_id>/submit")
@permits(Permission.APPLICATION_APPLY)
def submit(application_id: int) -> ResponseReturnValue:
    """Send the application in; the server's clock decides."""
    arrived_at = clock.now()
    form = bind(SubmitForm)
    try:
        applications.submit_application(
            actor=current_actor(),
            application_id=application_id,
            is_true=bool(form.is_true.data),
            may_contact=bool(form.may_contact.data),
            arrived_at=arrived_at,
        )
    except RuleViolation as violation:
        form.refuse(violation)
        return _check_page(form, queries.sheet(current_actor().user_id, application_id))
    return redirect(url_for(".show", application_id=application_id))


def _check_page(form: SubmitForm, sheet: queries.Sheet) -> ResponseReturnValue:
    mine = sheet.dossier.application
    return page(
        "startup/applications/check.html",
        form=form,
        sheet=sheet,
        dossier=sheet.dossier,
        mine=mine,
        steps=STEPS,
        left=time_left(mine.call.closes_at, clock.now()),
    )


@bp.get("/applications/<int:application_id>/dates.ics")
@permits(Permission.APPLICATION_APPLY)
def dates(application_id: int) -> ResponseReturnValue:
    """The next dates for one's own calendar."""
    content = application_dates.dates_file(
        actor=current_actor(), application_id=application_id, locale=locale.current()
    )
    headers = {
        "Content-Type": "text/calendar; charset=utf-8",
        "Content-Disposition": 'attachment; filename="dates.ics"',
    }
    return content, 200, headers


@bp.route("/applications/<int:application_id>/withdraw", methods=["GET", "POST"])
@permits(Permission.APPLICATION_APPLY)
def withdraw(application_id: int) -> ResponseReturnValue:
    """Take the application back, after a page that says what that means."""
    if request.method == "POST":
        applications.withdraw_application(actor=current_actor(), application_id=application_id)
        flash(_("The application has been withdrawn."))
        return redirect(url_for(".show", application_id=application_id))
    dossier = queries.dossier(current_actor().user_id, application_id)
    if not lifecycle.can_withdraw(dossier.application.state):
        return redirect(url_for(".show", application_id=application_id))
    return page("startup/applications/withdraw.html", dossier=dossier, mine=dossier.application)
