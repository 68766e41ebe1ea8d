"""Web · Startup · Home — what a founder has to do today."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from accelerator.kernel.permissions import Permission
from accelerator.queries import applications, calls
from accelerator.web.binding import page
from accelerator.web.security import current_actor, permits

bp = Blueprint("home", __name__)


@bp.get("/")
@permits(Permission.STARTUP_OWN)
def index() -> ResponseReturnValue:
    """One's startups, each application with its next act, and the calls that are open."""
    startups = applications.home(current_actor().user_id)
    return page("startup/home/index.html", startups=startups, calls=calls.current())
