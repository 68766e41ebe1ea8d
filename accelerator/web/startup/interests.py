"""Web · Startup · Interests — who holds shares in the startup, sits on its board, advises it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.forms.interests import TieForm
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.permissions import Permission
from accelerator.queries import startups
from accelerator.queries.interests import register
from accelerator.services import interests
from accelerator.web.binding import accepted, bind, page, request_key
from accelerator.web.security import current_actor, permits

bp = Blueprint("interests", __name__)


@bp.route("/startups/<int:startup_id>/ties", methods=["GET", "POST"])
@permits(Permission.STARTUP_OWN)
def ties(startup_id: int) -> ResponseReturnValue:
    """Whom the startup names; name one more."""
    startup, form = startups.own(current_actor().user_id, startup_id), bind(TieForm)
    if accepted(form):
        try:
            interests.name_tie(
                actor=current_actor(), startup_id=startup_id, entry=form.entry(), request_key=request_key()
            )
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(_("Added. Reviewers tied to it will not read your dossier."))
            return redirect(url_for(".ties", startup_id=startup_id))
    return page("startup/interests/ties.html", form=form, startup=startup, rows=register.ties(startup.id))


@bp.post("/startups/<int:startup_id>/ties/<int:tie_id>/drop")
@permits(Permission.STARTUP_OWN)
def drop(startup_id: int, tie_id: int) -> ResponseReturnValue:
    """Take one entry out."""
    interests.drop_tie(actor=current_actor(), startup_id=startup_id, tie_id=tie_id)
    flash(_("The entry is taken out."))
    return redirect(url_for(".ties", startup_id=startup_id))
