"""Web · Public · Home — the programme in one page."""

from __future__ import annotations

from functools import lru_cache

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from accelerator.kernel import clock
from accelerator.queries import home
from accelerator.web import locale
from accelerator.web.binding import page
from accelerator.web.maps import drawn_regions
from accelerator.web.security import public

bp = Blueprint("home", __name__)


@bp.get("/")
@public
def index() -> ResponseReturnValue:
    """The programme, the open call, the next workshops, the counter."""
    front = home.front_page(now=clock.now())
    return page("public/home/index.html", content=_drawn(front, locale.current(), request.script_root))


@lru_cache(maxsize=8)
def _drawn(front: home.FrontPage, _language: str, _root: str) -> Markup:
    """The page's content, the same for everybody: drawn once for the same facts, language and place of the site."""
    return Markup(render_template("public/home/_front.html", front=front, regions=drawn_regions(front.counts)))
