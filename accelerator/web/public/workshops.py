"""Web · Public · Workshops — the calendar of sessions, one session, its calendar file."""

from __future__ import annotations

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue

from accelerator.forms.workshops import CalendarFilterForm
from accelerator.kernel.permissions import Permission
from accelerator.queries import workshops as queries
from accelerator.rules import access
from accelerator.services import workshops
from accelerator.web import locale
from accelerator.web.binding import asked, bind_query, page, page_number
from accelerator.web.security import current_actor, public

bp = Blueprint("workshops", __name__)


def calendar_answer(file: bytes, file_name: str) -> Response:
    """A calendar file that a browser hands to the calendar."""
    response = Response(file, content_type="text/calendar; charset=utf-8; method=PUBLISH")
    response.headers.set("Content-Disposition", "attachment", filename=file_name)
    return response


@bp.get("/workshops")
@public
def index() -> ResponseReturnValue:
    """Sessions to come, filtered by the address, twenty a page, under their days."""
    form = bind_query(CalendarFilterForm)
    filters = queries.Filters(
        region_code=form.region_chosen(),
        from_on=form.since_chosen(),
        language=form.language_chosen(),
        level=form.level_chosen(),
    )
    calendar = queries.public_calendar(filters, page_number())
    kept = asked(form)
    return page(
        "public/workshops/index.html",
        filters=form,
        calendar=calendar,
        is_filtered=bool(kept),
        url_of=lambda number: url_for(".index", page=number, **kept),
    )


@bp.get("/workshops/<int:workshop_session_id>")
@public
def show(workshop_session_id: int) -> ResponseReturnValue:
    """What, where, when, how many seats are left; the visitor's own bookings."""
    actor = current_actor()
    bookings = queries.bookings_in(actor, workshop_session_id)
    holds_one = any(booking.is_mine for booking in bookings)
    return page(
        "public/workshops/show.html",
        session=queries.public_session(workshop_session_id),
        bookings=bookings,
        may_ask=not holds_one and (actor.user_id is None or access.permitted(actor, Permission.BOOKING_MAKE)),
    )


@bp.get("/workshops/<int:workshop_session_id>.ics")
@public
def calendar(workshop_session_id: int) -> ResponseReturnValue:
    """The session for the visitor's own calendar."""
    file = workshops.calendar_file(workshop_session_id=workshop_session_id, locale=locale.current())
    return calendar_answer(file, f"workshop-{workshop_session_id}.ics")
