"""Web · Reviewer · Meeting — a member in the committee's room: the dossier under discussion, the vote, stepping out."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.forms.meeting import StepOutForm, VoteForm
from accelerator.kernel.errors import Conflict, NotAllowed
from accelerator.kernel.permissions import Permission
from accelerator.queries.meeting import room as queries
from accelerator.services import meeting as services
from accelerator.web.binding import accepted, bind, page
from accelerator.web.filters import translated
from accelerator.web.polling import stamped
from accelerator.web.security import current_actor, permits

bp = Blueprint("meeting", __name__)


@bp.get("/meetings/<int:meeting_id>")
@permits(Permission.REVIEW_SUBMIT)
def room(meeting_id: int) -> ResponseReturnValue:
    """What this member sees now: the dossier under discussion, or that they have to step out."""
    return _room_page(meeting_id, StepOutForm())


def _room_page(meeting_id: int, form: StepOutForm) -> ResponseReturnValue:
    screen = queries.screen(meeting_id, current_actor().user_id or 0)
    dossier = queries.discussed(screen) if screen.shows_dossier else None
    return page("reviewer/meeting/room.html", form=form, screen=screen, dossier=dossier)


@bp.get("/meetings/<int:meeting_id>/state")
@permits(Permission.REVIEW_SUBMIT)
def state(meeting_id: int) -> ResponseReturnValue:
    """Whether this member's screen has anything new; nothing of what it is."""
    return stamped(queries.screen(meeting_id, current_actor().user_id or 0).stamp)


@bp.post("/meetings/<int:meeting_id>/here")
@permits(Permission.REVIEW_SUBMIT)
def arrive(meeting_id: int) -> ResponseReturnValue:
    """I am here."""
    services.arrive(actor=current_actor(), meeting_id=meeting_id)
    return redirect(url_for(".room", meeting_id=meeting_id))


@bp.post("/meetings/<int:meeting_id>/left")
@permits(Permission.REVIEW_SUBMIT)
def leave(meeting_id: int) -> ResponseReturnValue:
    """I have left."""
    services.leave(actor=current_actor(), meeting_id=meeting_id)
    return redirect(url_for(".room", meeting_id=meeting_id))


@bp.post("/meetings/<int:meeting_id>/vote")
@permits(Permission.REVIEW_SUBMIT)
def vote(meeting_id: int) -> ResponseReturnValue:
    """One vote on the dossier under discussion; the last one counts."""
    form = bind(VoteForm)
    choice = form.ballot()
    if choice is None:
        flash(_("This vote cannot be read. Try again."))
        return redirect(url_for(".room", meeting_id=meeting_id))
    try:
        services.cast_vote(actor=current_actor(), meeting_id=meeting_id, seen=form.turn(), choice=choice)
    except (Conflict, NotAllowed) as refusal:
        flash(translated(refusal.reason))
    return redirect(url_for(".room", meeting_id=meeting_id))


@bp.post("/meetings/<int:meeting_id>/step-out")
@permits(Permission.REVIEW_SUBMIT)
def step_out(meeting_id: int) -> ResponseReturnValue:
    """I have a tie to this startup; it is on record from now on."""
    form = bind(StepOutForm)
    if not accepted(form):
        return _room_page(meeting_id, form)
    try:
        services.step_out(actor=current_actor(), meeting_id=meeting_id, seen=form.turn(), reason=form.reason.data or "")
    except Conflict as refusal:
        flash(translated(refusal.reason))
    return redirect(url_for(".room", meeting_id=meeting_id))
