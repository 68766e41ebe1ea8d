"""Web · Startup · Credits — what is left, until when, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.kernel import clock
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.queries import credit_overview, usage
from accelerator.queries import credits as queries
from accelerator.queries.usage import DayReading
from accelerator.web import tables
from accelerator.web.binding import page
from accelerator.web.filters import PROGRAMME_ZONE
from accelerator.web.security import current_actor, permits

bp = Blueprint("credits", __name__)


def _chosen_startup(startups: Sequence[tuple[int, str]]) -> tuple[int, str]:
    """The startup the address names, else the first; another's is not there."""
    text = request.args.get("startup")
    chosen = [startup for startup in startups if text is None or text == str(startup[0])]
    if not chosen:
        raise NotFound(Message("There is nothing at this address."))
    return chosen[0]


@bp.get("/credits")
@permits(Permission.CREDIT_OWN)
def index() -> ResponseReturnValue:
    """One glance: left, until when, what to do next; then the figures behind it."""
    startups = queries.startups_named(current_actor().startup_ids)
    if not startups:
        return page("startup/credits/index.html", startups=[], startup=None, overviews=[], accounts=[])
    startup = _chosen_startup(startups)
    return page(
        "startup/credits/index.html",
        startups=startups,
        startup=startup,
        overviews=credit_overview.overviews(startup[0], today=clock.today_in(PROGRAMME_ZONE)),
        accounts=usage.linked_accounts(startup[0]),
    )


@bp.get("/credits/usage.<any(csv, xlsx):kind>")
@permits(Permission.CREDIT_OWN)
def usage_table(kind: str) -> ResponseReturnValue:
    """Usage by day, to take away."""
    startup_id, _name = _chosen_startup(queries.startups_named(current_actor().startup_ids))
    return tables.file_answer(_rows(usage.readings_by_day(startup_id)), "credits", kind)


def _rows(days: Iterable[DayReading]) -> Iterable[Sequence[object]]:
    yield _("Day"), _("Currency"), _("Covered by credits"), _("Not covered")
    for day in days:
        yield day.day, day.currency, day.covered, day.not_covered
