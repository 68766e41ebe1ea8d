"""Web · Staff · Startups — every startup the programme knows, and the timeline of each."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from accelerator.forms.startup_files import StartupFilterForm
from accelerator.kernel.permissions import Permission
from accelerator.queries import startup_files as queries
from accelerator.web.binding import asked, bind_query, page, page_number
from accelerator.web.security import permits

bp = Blueprint("startups", __name__)


@bp.get("/startups")
@permits(Permission.STARTUP_READ)
def index() -> ResponseReturnValue:
    """The startups by name, filtered by the address."""
    form = bind_query(StartupFilterForm)
    wanted = queries.StartupFilter(form.search(), form.region_chosen(), form.sector_chosen(), form.counted_chosen())
    found = queries.startups(wanted, page_number())
    return page("staff/startups/index.html", filters=form, startups=found, page=page_number(), asked=asked(form))


@bp.get("/startups/<int:startup_id>")
@permits(Permission.STARTUP_READ)
def show(startup_id: int) -> ResponseReturnValue:
    """One startup: who it is, and everything that happened to it."""
    return page("staff/startups/show.html", file=queries.startup_file(startup_id))
