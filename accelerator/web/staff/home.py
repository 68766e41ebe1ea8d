"""Web · Staff · Home — what needs a decision now."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from accelerator.kernel import clock
from accelerator.kernel.permissions import Permission
from accelerator.queries import batches, outbox
from accelerator.web.binding import page
from accelerator.web.security import permits

bp = Blueprint("home", __name__)


@bp.get("/")
@permits(Permission.PROGRAMME_READ)
def index() -> ResponseReturnValue:
    """Every batch that is alive with its next step, and the letters that wait."""
    return page("staff/home/index.html", at_work=batches.at_work(clock.now()), letters=outbox.counts())
