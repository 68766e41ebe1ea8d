"""Web · Staff · Feedback — what the refused of a batch are told: the list, one of them, the proposal for the rest."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.forms.feedback import FeedbackFilterForm, FeedbackForm
from accelerator.forms.waves import ROWS_SHOWN, AnewForm, whole_number
from accelerator.kernel import clock
from accelerator.kernel.errors import Conflict, RuleViolation
from accelerator.kernel.permissions import Permission
from accelerator.queries import batches, decision_letters, ways_on
from accelerator.queries import feedback as queries
from accelerator.queries.batches import BatchSummary
from accelerator.queries.decision_letters import Recipient
from accelerator.queries.ways_on import Traveller
from accelerator.rules.ways_on import WayOn
from accelerator.services import feedback
from accelerator.web.binding import accepted, asked, bind, bind_query, page, page_number, request_key
from accelerator.web.security import current_actor, permits

bp = Blueprint("feedback", __name__)


@bp.get("/batches/<code>/feedback")
@permits(Permission.SELECTION_DECIDE)
def refused(code: str) -> ResponseReturnValue:
    """The refused of a batch by name, and where their feedback stands."""
    batch, form = batches.batch(code, clock.now()), bind_query(FeedbackFilterForm)
    found = queries.refused(batch.id, state=form.state_chosen(), search=form.search(), page=page_number())
    return page(
        "staff/feedback/refused.html", batch=batch, filters=form, asked=asked(form), found=found, page=page_number()
    )


@bp.route("/batches/<code>/feedback/<int:application_id>", methods=["GET", "POST"])
@permits(Permission.SELECTION_DECIDE)
def write(code: str, application_id: int) -> ResponseReturnValue:
    """The feedback on one application: the proposal, the reviewers' advice to quote, the text."""
    batch, status = batches.batch(code, clock.now()), 0
    written = queries.written(batch.id, application_id)
    form = bind(FeedbackForm, is_ready=written.is_ready, version=written.version)
    if request.method == "GET":
        form.text.data = _first_text(batch, written)
    if accepted(form):
        try:
            feedback.save_feedback(
                actor=current_actor(),
                code=code,
                application_id=application_id,
                text=form.text.data or "",
                is_ready=form.is_ready.data,
                version=form.version_seen(),
            )
        except RuleViolation as violation:
            form.refuse(violation)
        except Conflict as conflict:
            form.refuse_with(conflict.reason)
            status = 409
        else:
            flash(_("The feedback is in the draft.") if form.is_ready.data else _("Kept. It is not told yet."))
            return redirect(url_for(".write", code=code, application_id=application_id))
    to = decision_letters.recipients([application_id]).get(application_id)
    shown, code_of_form = page(
        "staff/feedback/write.html",
        form=form,
        batch=batch,
        written=written,
        to=to,
        way_on=_way_on(batch, to),
        advice=queries.advice(application_id),
        quoted=_quoted(),
        is_proposal=request.method == "GET" and _asks_proposal(written),
    )
    return shown, status or code_of_form


@bp.route("/batches/<code>/feedback/rest", methods=["GET", "POST"])
@permits(Permission.SELECTION_DECIDE)
def rest(code: str) -> ResponseReturnValue:
    """The proposal for all who have no feedback yet: seen first, by number and name, then taken."""
    batch, form = batches.batch(code, clock.now()), bind(AnewForm)
    if accepted(form):
        count = feedback.use_proposals(
            actor=current_actor(), code=code, expected=form.expected_letters(), request_key=request_key()
        )
        flash(_("Feedback taken from the proposal: %(count)s.", count=count))
        return redirect(url_for(".refused", code=code))
    texts, without = feedback.open_proposals(actor=current_actor(), code=code)
    people = decision_letters.recipients(list(texts)[:ROWS_SHOWN])
    return page(
        "staff/feedback/rest.html",
        form=form,
        batch=batch,
        count=len(texts),
        without=without,
        rows=[(people[one], texts[one]) for one in people],
    )


def _asks_proposal(written: queries.Written) -> bool:
    return not written.version or "propose" in request.args


def _quoted() -> list[int]:
    return [number for text in request.args.getlist("quote") if (number := whole_number(text)) >= 0]


def _first_text(batch: BatchSummary, written: queries.Written) -> str:
    """What is stored; the proposal with the advice ticked where nothing is, or where it is asked for."""
    if not _asks_proposal(written):
        return written.text
    ticked, one = _quoted(), written.application_id
    quotes = [text for review, text in queries.advice(one).items() if review in ticked]
    return feedback.proposed(batch.id, [one], quoted={one: quotes}).get(one, "")


def _way_on(batch: BatchSummary, to: Recipient | None) -> WayOn | None:
    if to is None:
        return None
    at_home = Traveller(to.startup_id, to.region_code, to.department_code)
    return ways_on.ways_on([at_home], batch.id)[to.startup_id]
