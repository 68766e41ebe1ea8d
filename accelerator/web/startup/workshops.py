"""Web · Startup · Workshops — a founder's bookings: make one, see one's place in the queue, give it back."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.forms.workshops import BookingForm
from accelerator.kernel.enums import BookingState
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.permissions import Permission
from accelerator.queries import workshops as queries
from accelerator.services import bookings, workshops
from accelerator.web import locale
from accelerator.web.binding import accepted, bind, page, page_number, request_key
from accelerator.web.public.workshops import calendar_answer
from accelerator.web.security import current_actor, permits

bp = Blueprint("workshops", __name__, url_prefix="/workshops")


@bp.get("/")
@permits(Permission.BOOKING_MAKE)
def index() -> ResponseReturnValue:
    """Bookings to come with the place in the queue, then those behind."""
    actor = current_actor()
    return page(
        "startup/workshops/index.html",
        ahead=queries.bookings_to_come(actor),
        behind=queries.bookings_behind(actor, page_number()),
        several_startups=len(actor.startup_ids) > 1,
        url_of=lambda number: url_for(".index", page=number),
    )


@bp.route("/sessions/<int:workshop_session_id>/book", methods=["GET", "POST"])
@permits(Permission.BOOKING_MAKE)
def book(workshop_session_id: int) -> ResponseReturnValue:
    """A place for one person of the founder's startup."""
    actor = current_actor()
    session = queries.public_session(workshop_session_id)
    startups = queries.startups_of(actor)
    form = bind(BookingForm, person_name=actor.name)
    form.offer(startups)
    if accepted(form):
        try:
            booking_id = bookings.book(
                actor=actor,
                workshop_session_id=workshop_session_id,
                request_key=request_key(),
                **form.values(),
            )
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            _say_how_it_went(booking_id)
            return redirect(url_for(".index"))
    return page("startup/workshops/book.html", form=form, session=session, startups=startups)


def _say_how_it_went(booking_id: int) -> None:
    made = queries.booking(current_actor(), booking_id)
    if made.state is BookingState.BOOKED:
        flash(_("Your seat is booked. An e-mail confirms it."))
    else:
        flash(_("You are number %(position)s on the waiting list. An e-mail confirms it.", position=made.position))


@bp.route("/bookings/<int:booking_id>/cancel", methods=["GET", "POST"])
@permits(Permission.BOOKING_MAKE)
def cancel(booking_id: int) -> ResponseReturnValue:
    """Give a place back, after looking at what is given."""
    actor = current_actor()
    booking = queries.booking(actor, booking_id)
    if request.method == "GET":
        return page("startup/workshops/cancel.html", booking=booking)
    bookings.cancel_booking(actor=actor, booking_id=booking_id)
    flash(_("The booking is cancelled."))
    return redirect(url_for(".index"))


@bp.get("/bookings/<int:booking_id>.ics")
@permits(Permission.BOOKING_MAKE)
def calendar(booking_id: int) -> ResponseReturnValue:
    """The session of a booking for one's own calendar."""
    file = workshops.booking_calendar_file(actor=current_actor(), booking_id=booking_id, locale=locale.current())
    return calendar_answer(file, f"booking-{booking_id}.ics")
