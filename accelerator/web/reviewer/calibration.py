"""Web · Reviewer · Calibration — one's own calibration reviews beside the group's, for oneself alone."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from accelerator.kernel import clock
from accelerator.kernel.permissions import Permission
from accelerator.queries.reviewing import comparison
from accelerator.web.binding import page
from accelerator.web.security import current_actor, permits

bp = Blueprint("calibration", __name__)


@bp.get("/calibration/<code>")
@permits(Permission.REVIEW_SUBMIT)
def show(code: str) -> ResponseReturnValue:
    """How the reviewer scored beside the group, dossier by dossier and over all of them."""
    found = comparison.feedback(code, current_actor().user_id or 0, clock.now())
    return page("reviewer/calibration/show.html", found=found)
