"""Web · Coordinator · Workshops — the sessions of one's regions: plan, publish, call off, and who came."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.forms.workshops import CancelSessionForm, GuestSearchForm, SessionForm, WalkInForm
from accelerator.kernel.errors import Conflict, RuleViolation
from accelerator.kernel.permissions import Permission
from accelerator.queries import regional_sessions as queries
from accelerator.services import attendance as attendances
from accelerator.services import bookings, workshops
from accelerator.services.attendance import WalkIn
from accelerator.services.workshops import SessionPlan
from accelerator.web.binding import accepted, bind, bind_query, page, page_number, request_key
from accelerator.web.coordinator.session_pages import guest_table, session_values
from accelerator.web.security import current_actor, permits
from accelerator.web.tables import file_answer

bp = Blueprint("workshops", __name__)


@bp.get("/")
@permits(Permission.WORKSHOP_MANAGE)
def index() -> ResponseReturnValue:
    """Sessions to come with their seats, those to take attendance of, and the past."""
    actor, is_past = current_actor(), request.args.get("when") == "past"
    sessions = (queries.sessions_behind if is_past else queries.sessions_to_come)(actor, page_number())
    return page(
        "coordinator/workshops/index.html",
        sessions=sessions,
        at_the_door=[] if is_past else queries.sessions_at_the_door(actor),
        regions=queries.managed_regions(actor),
        is_past=is_past,
        url_of=lambda number: url_for(".index", page=number, when="past" if is_past else None),
    )


@bp.route("/sessions/new", methods=["GET", "POST"])
@permits(Permission.WORKSHOP_MANAGE)
def new() -> ResponseReturnValue:
    """Plan a session at a venue of one's own region."""
    actor = current_actor()
    form = _session_form(closing_hours=2, seats_per_startup=2)
    if accepted(form):
        try:
            session_id = workshops.create_session(actor=actor, plan=_plan(form), request_key=request_key())
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(_("The session is planned. Publish it when it may be booked."))
            return redirect(url_for(".show", workshop_session_id=session_id))
    return page("coordinator/workshops/new.html", form=form)


@bp.get("/sessions/<int:workshop_session_id>")
@permits(Permission.WORKSHOP_MANAGE)
def show(workshop_session_id: int) -> ResponseReturnValue:
    """One session: its state, its bookings, its waiting list."""
    session = queries.session(current_actor(), workshop_session_id)
    return page(
        "coordinator/workshops/show.html",
        session=session,
        acts=queries.acts(session),
        guests=queries.booked_guests(workshop_session_id),
    )


@bp.route("/sessions/<int:workshop_session_id>/edit", methods=["GET", "POST"])
@permits(Permission.WORKSHOP_MANAGE)
def edit(workshop_session_id: int) -> ResponseReturnValue:
    """Change a session; what somebody else changed meanwhile is shown beside what was typed."""
    actor, stale = current_actor(), None
    session = queries.session(actor, workshop_session_id)
    form = _session_form(**session_values(session))
    if accepted(form):
        try:
            workshops.edit_session(
                actor=actor, workshop_session_id=workshop_session_id, plan=_plan(form), version=form.version_read()
            )
        except RuleViolation as violation:
            form.refuse(violation)
        except Conflict as conflict:
            form.refuse_with(conflict.reason)
            stale = session
        else:
            flash(_("The session is changed."))
            return redirect(url_for(".show", workshop_session_id=workshop_session_id))
    return page("coordinator/workshops/edit.html", form=form, session=session, stale=stale)


@bp.post("/sessions/<int:workshop_session_id>/publish")
@permits(Permission.WORKSHOP_MANAGE)
def publish(workshop_session_id: int) -> ResponseReturnValue:
    """Open a session to bookings."""
    workshops.publish_session(actor=current_actor(), workshop_session_id=workshop_session_id)
    flash(_("The session is published."))
    return redirect(url_for(".show", workshop_session_id=workshop_session_id))


@bp.route("/sessions/<int:workshop_session_id>/cancel", methods=["GET", "POST"])
@permits(Permission.WORKSHOP_MANAGE)
def cancel(workshop_session_id: int) -> ResponseReturnValue:
    """Call a session off, with a sentence for those who booked."""
    actor = current_actor()
    session = queries.session(actor, workshop_session_id)
    form = bind(CancelSessionForm)
    if accepted(form):
        try:
            workshops.cancel_session(actor=actor, workshop_session_id=workshop_session_id, reason=form.reason.data)
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(_("The session is cancelled. Everybody who booked gets an e-mail."))
            return redirect(url_for(".show", workshop_session_id=workshop_session_id))
    return page("coordinator/workshops/cancel.html", form=form, session=session)


@bp.post("/sessions/<int:workshop_session_id>/bookings/<int:booking_id>/cancel")
@permits(Permission.WORKSHOP_MANAGE)
def cancel_booking(workshop_session_id: int, booking_id: int) -> ResponseReturnValue:
    """Cancel a booking for somebody who called."""
    queries.session(current_actor(), workshop_session_id)
    bookings.cancel_booking(actor=current_actor(), booking_id=booking_id)
    flash(_("The booking is cancelled."))
    return redirect(url_for(".show", workshop_session_id=workshop_session_id))


@bp.get("/sessions/<int:workshop_session_id>/attendance")
@permits(Permission.ATTENDANCE_RECORD)
def attendance(workshop_session_id: int) -> ResponseReturnValue:
    """The list at the door, for the phone."""
    return _attendance_page(workshop_session_id, bind(WalkInForm))


@bp.post("/sessions/<int:workshop_session_id>/bookings/<int:booking_id>/came")
@permits(Permission.ATTENDANCE_RECORD)
def came(workshop_session_id: int, booking_id: int) -> ResponseReturnValue:
    """The person of this booking is here."""
    attendances.record_came(actor=current_actor(), workshop_session_id=workshop_session_id, booking_id=booking_id)
    return _back_to_the_list(workshop_session_id)


@bp.post("/sessions/<int:workshop_session_id>/attendance/<int:attendance_id>/undo")
@permits(Permission.ATTENDANCE_RECORD)
def undo(workshop_session_id: int, attendance_id: int) -> ResponseReturnValue:
    """The mark was a mistake."""
    attendances.undo_attendance(
        actor=current_actor(), workshop_session_id=workshop_session_id, attendance_id=attendance_id
    )
    return _back_to_the_list(workshop_session_id)


@bp.post("/sessions/<int:workshop_session_id>/walk-in")
@permits(Permission.ATTENDANCE_RECORD)
def walk_in(workshop_session_id: int) -> ResponseReturnValue:
    """Somebody without a booking is here."""
    actor = current_actor()
    queries.session(actor, workshop_session_id)
    form = bind(WalkInForm)
    if accepted(form):
        try:
            attendances.record_walk_in(
                actor=actor, workshop_session_id=workshop_session_id, walk_in=WalkIn(**form.values())
            )
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(_("%(person)s is on the list.", person=form.person_name.data))
            return _back_to_the_list(workshop_session_id)
    return _attendance_page(workshop_session_id, form)


@bp.post("/sessions/<int:workshop_session_id>/close")
@permits(Permission.ATTENDANCE_RECORD)
def close(workshop_session_id: int) -> ResponseReturnValue:
    """Attendance is complete: the session was held."""
    attendances.close_attendance(actor=current_actor(), workshop_session_id=workshop_session_id)
    flash(_("Attendance is closed. The session counts as held."))
    return redirect(url_for(".show", workshop_session_id=workshop_session_id))


@bp.get("/sessions/<int:workshop_session_id>/sheet")
@permits(Permission.ATTENDANCE_RECORD)
def sheet(workshop_session_id: int) -> ResponseReturnValue:
    """The list to print and sign."""
    return page(
        "coordinator/workshops/sheet.html",
        session=queries.session(current_actor(), workshop_session_id),
        guests=queries.expected_guests(workshop_session_id),
    )


@bp.get("/sessions/<int:workshop_session_id>/attendance.<any(csv, xlsx):kind>")
@permits(Permission.ATTENDANCE_RECORD)
def export(workshop_session_id: int, kind: str) -> ResponseReturnValue:
    """Everybody who booked or came, for a spreadsheet."""
    session = queries.session(current_actor(), workshop_session_id)
    rows = guest_table(session, queries.guests(workshop_session_id))
    return file_answer(rows, f"attendance-{workshop_session_id}", kind)


def _attendance_page(workshop_session_id: int, form: WalkInForm) -> ResponseReturnValue:
    search = bind_query(GuestSearchForm)
    session = queries.session(current_actor(), workshop_session_id)
    return page(
        "coordinator/workshops/attendance.html",
        form=form,
        search=search,
        session=session,
        acts=queries.acts(session),
        door=queries.door(workshop_session_id, search=search.search()),
    )


def _back_to_the_list(workshop_session_id: int) -> ResponseReturnValue:
    search = request.form.get("q", "")[:80]
    return redirect(url_for(".attendance", workshop_session_id=workshop_session_id, q=search or None, _anchor="guests"))


def _session_form(**shown: object) -> SessionForm:
    form = bind(SessionForm, **shown)
    form.offer(
        queries.workshops(),
        [(venue.id, f"{venue.city} – {venue.name} ({venue.capacity})") for venue in queries.venues(current_actor())],
    )
    return form


def _plan(form: SessionForm) -> SessionPlan:
    return SessionPlan(
        workshop_id=form.workshop_id.data,
        venue_id=form.venue_id.data,
        timetable=form.timetable(),
        language=form.language.data,
        capacity=form.capacity.data,
        seats_per_startup=form.seats_per_startup.data,
        trainer_name=form.trainer_name.data or "",
    )
