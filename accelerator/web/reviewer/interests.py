"""Web · Reviewer · Interests — my register: declare, correct, end, say that it is complete; questions about names."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from accelerator.forms.interests import EvidenceForm, InterestForm, StatementForm
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.permissions import Permission
from accelerator.queries.interests import findings, register
from accelerator.rules.conflicts import COOLING_YEARS
from accelerator.services import interests
from accelerator.web.binding import accepted, bind, page, request_key
from accelerator.web.security import current_actor, is_local_path, permits

bp = Blueprint("interests", __name__)


@bp.route("/interests", methods=["GET", "POST"])
@permits(Permission.REVIEW_SUBMIT)
def index() -> ResponseReturnValue:
    """The register; declare one more tie."""
    form = bind(InterestForm)
    if accepted(form):
        try:
            interests.declare_interest(actor=current_actor(), entry=form.entry(), request_key=request_key())
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(_("Declared. Dossiers it speaks against are not given to you."))
            return redirect(url_for(".index", next=_wanted()))
    return _register_page(form)


@bp.route("/interests/<int:interest_id>", methods=["GET", "POST"])
@permits(Permission.REVIEW_SUBMIT)
def edit(interest_id: int) -> ResponseReturnValue:
    """Correct one of my entries."""
    row = register.interest(_my_id(), interest_id)
    form = bind(InterestForm, **asdict(row))
    if accepted(form):
        try:
            interests.edit_interest(actor=current_actor(), interest_id=interest_id, entry=form.entry())
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(_("Saved."))
            return redirect(url_for(".index"))
    return page("reviewer/interests/edit.html", form=form, row=row)


@bp.post("/interests/<int:interest_id>/end")
@permits(Permission.REVIEW_SUBMIT)
def end(interest_id: int) -> ResponseReturnValue:
    """Say that a tie ended this year."""
    year = interests.end_interest(actor=current_actor(), interest_id=interest_id)
    flash(_("Ended in %(year)s. It counts until the end of %(last)s.", year=year, last=year + COOLING_YEARS))
    return redirect(url_for(".index"))


@bp.post("/interests/<int:interest_id>/remove")
@permits(Permission.REVIEW_SUBMIT)
def remove(interest_id: int) -> ResponseReturnValue:
    """Take out an entry that was a mistake."""
    interests.remove_interest(actor=current_actor(), interest_id=interest_id)
    flash(_("The entry is taken out."))
    return redirect(url_for(".index"))


@bp.post("/interests/complete")
@permits(Permission.REVIEW_SUBMIT)
def complete() -> ResponseReturnValue:
    """Say that the register is complete as it stands, or that there is nothing to declare."""
    form = bind(StatementForm)
    try:
        interests.state_register(actor=current_actor(), interests_seen=form.seen())
    except RuleViolation as violation:
        form.refuse(violation)
        return _register_page(InterestForm(), refused=form)
    flash(_("Thank you. Your statement is kept with today’s date."))
    return redirect(_wanted() or url_for("reviewer.reviewing.desk"))


@bp.post("/interests/confirm")
@permits(Permission.REVIEW_SUBMIT)
def confirm() -> ResponseReturnValue:
    """Yes, this is the organisation I am tied to."""
    closed = interests.confirm_own_suspicion(actor=current_actor(), evidence=bind(EvidenceForm).digest())
    if closed:
        flash(
            ngettext(
                "Thank you. %(num)s dossier has left your desk.",
                "Thank you. %(num)s dossiers have left your desk.",
                closed,
            )
        )
    else:
        flash(_("Thank you. These dossiers will not be given to you."))
    return redirect(url_for(".index"))


def _my_id() -> int:
    return current_actor().user_id or 0


def _wanted() -> str | None:
    """Where the reviewer was going when the register was asked for."""
    target = request.args.get("next", "")
    return target if is_local_path(target) else None


def _register_page(form: InterestForm, refused: StatementForm | None = None) -> ResponseReturnValue:
    return page(
        "reviewer/interests/index.html",
        form=refused or form,
        entry_form=form,
        rows=register.interests(_my_id()),
        statement=register.find_statement(_my_id()),
        asked=findings.waiting_evidence(_my_id()),
        cooling_years=COOLING_YEARS,
        next=_wanted(),
    )
