"""Web · Staff · Meeting — a committee's meeting as its chair leads it, and the minutes."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from flask import Blueprint, flash, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from accelerator.forms.meeting import ConcludeForm, PresenceForm, StartForm, TurnForm
from accelerator.kernel import clock
from accelerator.kernel.enums import Conclusion
from accelerator.kernel.errors import Conflict, DomainError, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.queries import batches, rankings
from accelerator.queries.meeting import chair as queries
from accelerator.queries.meeting import minutes as minutes_queries
from accelerator.services import meeting as services
from accelerator.web import locale
from accelerator.web.binding import accepted, bind, page, request_key
from accelerator.web.filters import translated
from accelerator.web.polling import stamped
from accelerator.web.security import current_actor, permits

bp = Blueprint("meeting", __name__)


@bp.route("/batches/<code>/meeting", methods=["GET", "POST"])
@permits(Permission.SELECTION_DECIDE)
def meeting(code: str) -> ResponseReturnValue:
    """The open meeting, or the form that opens one."""
    batch = batches.batch(code, clock.now())
    form = bind(StartForm, title=_("Selection committee"))
    if accepted(form):
        try:
            services.start_meeting(
                actor=current_actor(),
                code=code,
                title=form.title.data,
                place=form.place.data or "",
                application_ids=form.application_ids(),
                request_key=request_key(),
            )
        except RuleViolation as violation:
            form.refuse(violation)
        except Conflict as conflict:
            flash(translated(conflict.reason))
            return redirect(url_for(".meeting", code=code))
        else:
            flash(_("The meeting is open. Members find it on their desk."))
            return redirect(url_for(".meeting", code=code))
    return _meeting_page(batch, form)


def _meeting_page(
    batch: batches.BatchSummary, start: StartForm, *, refused: ConcludeForm | None = None
) -> ResponseReturnValue:
    found = queries.find_open(batch.id)
    if found is not None:
        return page("staff/meeting/chair.html", form=refused, batch=batch, meeting=found, **_conclusion(found, refused))
    if batch.state != "reviewing":
        return redirect(
            url_for(".minutes" if minutes_queries.has_minutes(batch.id) else "staff.selection.ranking", code=batch.code)
        )
    run = rankings.find_run(batch.id)
    lines = queries.agenda_lines(batch.id, run, batch.places - batch.places_taken) if run else []
    ticked = set(start.application_ids()) if request.method == "POST" else None
    return page(
        "staff/meeting/start.html",
        form=start,
        batch=batch,
        run=run,
        lines=lines,
        ticked=ticked if ticked is not None else {line.application_id for line in lines if line.is_proposed},
        has_minutes=minutes_queries.has_minutes(batch.id),
    )


def _conclusion(found: queries.OpenMeeting, refused: ConcludeForm | None) -> dict[str, object]:
    """The form of the conclusion with what was typed, or what is stored."""
    at_hand = found.at_hand
    stored = at_hand.item.conclusion if at_hand else None
    shown = {
        "conclusion": stored.value if stored else None,
        "note": at_hand.note if at_hand else "",
        "reason": at_hand.reason if at_hand else "",
    }
    return {"conclusion": refused or ConcludeForm(data=shown)}


@bp.get("/batches/<code>/meeting/state")
@permits(Permission.SELECTION_DECIDE)
def state(code: str) -> ResponseReturnValue:
    """Whether the chair's page has anything new, for the page's script."""
    return stamped(queries.pulse(batches.batch(code, clock.now()).id))


@bp.post("/batches/<code>/meeting/call")
@permits(Permission.SELECTION_DECIDE)
def call(code: str) -> ResponseReturnValue:
    """Bring another dossier on all screens."""
    form = bind(TurnForm)
    return _act(
        code, lambda: services.call_dossier(actor=current_actor(), code=code, seen=form.turn(), to=form.to.data or "")
    )


@bp.post("/batches/<code>/meeting/vote")
@permits(Permission.SELECTION_DECIDE)
def vote(code: str) -> ResponseReturnValue:
    """Open the vote on the dossier at hand, or close it."""
    form = bind(TurnForm)
    act = services.close_vote if form.to.data == "close" else services.open_vote
    return _act(code, lambda: act(actor=current_actor(), code=code, seen=form.turn()))


@bp.post("/batches/<code>/meeting/presence")
@permits(Permission.SELECTION_DECIDE)
def presence(code: str) -> ResponseReturnValue:
    """Note that a member came, or left."""
    form = bind(PresenceForm)
    return _act(
        code,
        lambda: services.mark_presence(
            actor=current_actor(), code=code, user_id=form.user_id(), is_here=form.here.data == "yes"
        ),
    )


@bp.post("/batches/<code>/meeting/conclude")
@permits(Permission.SELECTION_DECIDE)
def conclude(code: str) -> ResponseReturnValue:
    """Write what the committee concludes on the dossier at hand."""
    batch, form = batches.batch(code, clock.now()), bind(ConcludeForm)
    chosen = Conclusion.LATER if form.then.data == "later" else form.chosen()
    if not accepted(form):
        return _meeting_page(batch, StartForm(), refused=form)
    if chosen is None:
        form.refuse(RuleViolation(Message("Choose a conclusion."), field="conclusion"))
        return _meeting_page(batch, StartForm(), refused=form)

    try:
        owed = services.conclude(
            actor=current_actor(),
            code=code,
            seen=form.turn(),
            conclusion=chosen,
            note=form.note.data or "",
            reason=form.reason.data or "",
            then_next=form.then.data in ("next", "later"),
        )
    except (Conflict, RuleViolation) as refusal:
        return _not_concluded(batch, form, refusal)
    said = _("Put off.") if chosen is Conclusion.LATER else _("The conclusion is kept.")
    flash(f"{said} {_owed(owed)}".strip())
    return redirect(url_for(".meeting", code=code))


def _not_concluded(batch: batches.BatchSummary, form: ConcludeForm, refusal: DomainError) -> ResponseReturnValue:
    """The refusal with what was typed, unless another dossier is at hand by now."""
    found = queries.find_open(batch.id)
    if found is None or found.seen != form.turn():
        flash(translated(refusal.reason))
        return redirect(url_for(".meeting", code=batch.code))
    form.refuse_with(refusal.reason)
    return _meeting_page(batch, StartForm(), refused=form)


def _owed(count: int) -> str:
    if not count:
        return ""
    return ngettext(
        "%(num)s off-rank choice still needs a reason.", "%(num)s off-rank choices still need a reason.", count
    )


@bp.route("/batches/<code>/meeting/close", methods=["GET", "POST"])
@permits(Permission.SELECTION_DECIDE)
def close(code: str) -> ResponseReturnValue:
    """Ask once more, then end the meeting for good."""
    batch, form = batches.batch(code, clock.now()), bind(TurnForm)
    found = queries.find_open(batch.id)
    if found is None:
        return redirect(url_for(".meeting", code=code))
    if accepted(form):
        services.close_meeting(actor=current_actor(), code=code, seen=form.turn())
        flash(_("The meeting is closed. Its minutes are below."))
        return redirect(url_for(".minutes", code=code))
    return page("staff/meeting/close.html", form=form, batch=batch, meeting=found)


def _act(code: str, act: Callable[[], None]) -> ResponseReturnValue:
    """Do it and show the meeting; what came too late is said on the page as it stands now."""
    try:
        act()
    except (Conflict, RuleViolation) as refusal:
        flash(translated(refusal.reason))
    return redirect(url_for(".meeting", code=code))


@bp.get("/batches/<code>/minutes")
@permits(Permission.SELECTION_READ)
def minutes(code: str) -> ResponseReturnValue:
    """The minutes of every meeting of the batch."""
    batch = batches.batch(code, clock.now())
    return page("staff/meeting/minutes.html", batch=batch, minutes=minutes_queries.minutes(batch))


@bp.get("/batches/<code>/minutes.pdf")
@permits(Permission.SELECTION_READ)
def minutes_pdf(code: str) -> ResponseReturnValue:
    """The same as a document to sign."""
    printed = services.print_minutes(actor=current_actor(), code=code, locale=locale.current())
    return send_file(
        BytesIO(printed.content), mimetype="application/pdf", as_attachment=True, download_name=printed.file_name
    )
