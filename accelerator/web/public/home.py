"""Web · Public · Home — the programme in one page."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from accelerator.kernel import clock
from accelerator.queries import home
from accelerator.web.binding import page
from accelerator.web.maps import drawn_regions
from accelerator.web.security import public

bp = Blueprint("home", __name__)


@bp.get("/")
@public
def index() -> ResponseReturnValue:
    """The programme, the open call, the next workshops, the counter."""
    front = home.front_page(now=clock.now())
    return page("public/home/index.html", front=front, regions=drawn_regions(front.counts))
