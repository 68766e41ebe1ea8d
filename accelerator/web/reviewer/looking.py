"""Web · Reviewer · Looking — some of one's dossiers given back at once; those that look for a reader, to take."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from accelerator.forms.reviewing import GiveSomeBackForm
from accelerator.kernel import clock
from accelerator.kernel.errors import Conflict, RuleViolation
from accelerator.kernel.permissions import Permission
from accelerator.queries.interests import register
from accelerator.queries.reviewing import looking as queries
from accelerator.services import reviewing
from accelerator.web.binding import accepted, bind, page
from accelerator.web.security import current_actor, permits

bp = Blueprint("looking", __name__)


@bp.route("/batches/<code>/give-back", methods=["GET", "POST"])
@permits(Permission.REVIEW_SUBMIT)
def give_some_back(code: str) -> ResponseReturnValue:
    """Hand some of the open dossiers back at once; others may take them."""
    place = queries.seat(code, _reviewer_id())
    rows = queries.own_open(place, _reviewer_id())
    beyond = place.out_of_reach(clock.now())
    untouched = [str(assignment_id) for assignment_id, _dossier, is_begun in rows if not is_begun]
    ticked = untouched[-beyond:] if beyond else []
    form = bind(GiveSomeBackForm, dossiers=ticked, reason=_("I do not have enough time.") if ticked else "")
    if accepted(form):
        try:
            count = reviewing.give_some_back(
                actor=current_actor(), code=code, assignment_ids=form.chosen(), reason=form.reason.data
            )
        except (Conflict, RuleViolation) as refusal:
            form.refuse_with(refusal.reason)
        else:
            flash(
                ngettext(
                    "%(num)s dossier is given back. The programme team has been told.",
                    "%(num)s dossiers are given back. The programme team has been told.",
                    count,
                )
            )
            return redirect(url_for("reviewer.reviewing.desk"))
    return page("reviewer/looking/give_some_back.html", form=form, place=place, rows=rows, ticked_at_first=len(ticked))


@bp.get("/batches/<code>/looking")
@permits(Permission.REVIEW_SUBMIT)
def dossiers(code: str) -> ResponseReturnValue:
    """The dossiers that look for a reader and could be this member's; interests are asked for first."""
    if not register.has_stated(_reviewer_id()):
        return redirect(url_for("reviewer.interests.index", next=request.full_path.rstrip("?")))
    return _list(code)


@bp.post("/batches/<code>/looking/<int:application_id>/take")
@permits(Permission.REVIEW_SUBMIT)
def take(code: str, application_id: int) -> ResponseReturnValue:
    """Put one of them on one's own desk, and open it."""
    try:
        assignment_id = reviewing.take_dossier(actor=current_actor(), code=code, application_id=application_id)
    except Conflict as refusal:
        return _list(code, refusal.reason), 409
    flash(_("The dossier is yours."))
    return redirect(url_for("reviewer.reviewing.review", assignment_id=assignment_id))


def _list(code: str, refusal: str = "") -> str:
    place = queries.seat(code, _reviewer_id())
    is_open = place.is_open(clock.now())
    return str(
        page(
            "reviewer/looking/dossiers.html",
            place=place,
            is_open=is_open,
            rows=queries.looking(place, _reviewer_id()) if is_open else [],
            refusal=refusal,
        )[0]  # type: ignore[index]
    )


def _reviewer_id() -> int:
    return current_actor().user_id or 0
