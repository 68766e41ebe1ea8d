"""Web · Public · Home — the programme in one page."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from accelerator.web.binding import page
from accelerator.web.security import public

bp = Blueprint("home", __name__)


@bp.get("/")
@public
def index() -> ResponseReturnValue:
    """The programme, the open call, the next workshops, the counter."""
    return page("public/home/index.html")
