"""Web · Staff · Counter — the evidence behind the figure, and its corrections."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.forms.counter import CountedFilterForm, WithdrawForm
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.permissions import Permission
from accelerator.queries import evidence as queries
from accelerator.rules import engagement
from accelerator.services import counter
from accelerator.web import trail
from accelerator.web.binding import accepted, asked, bind, bind_query, page, page_number
from accelerator.web.security import current_actor, permits

bp = Blueprint("counter", __name__, url_prefix="/counter")


@bp.get("/")
@permits(Permission.COUNTER_DRILL)
def index() -> ResponseReturnValue:
    """The startups that count, filtered by the address."""
    form = bind_query(CountedFilterForm)
    wanted = queries.CountedFilter(
        search=form.search(),
        region_code=form.region_chosen(),
        kind=form.kind_chosen(),
        month=form.month_chosen(),
        sees_stealth=engagement.sees_stealth(current_actor()),
    )
    found = queries.counted_startups(wanted, page=page_number())
    return page("staff/counter/index.html", filters=form, counted=found, asked=asked(form))


@bp.get("/<int:startup_id>")
@permits(Permission.COUNTER_DRILL)
def show(startup_id: int) -> ResponseReturnValue:
    """One startup: every fact that makes or made it count."""
    found = queries.counted_startup(startup_id, sees_stealth=engagement.sees_stealth(current_actor()))
    sources = trail.links(fact.reference for fact in found.evidence) if found.name else {}
    return page("staff/counter/show.html", counted=found, sources=sources)


@bp.route("/<int:startup_id>/evidence/<int:evidence_id>/withdraw", methods=["GET", "POST"])
@permits(Permission.COUNTER_CORRECT)
def withdraw(startup_id: int, evidence_id: int) -> ResponseReturnValue:
    """Say that a fact was not one, and why."""
    found = queries.counted_startup(startup_id, sees_stealth=engagement.sees_stealth(current_actor()))
    form = bind(WithdrawForm)
    if accepted(form):
        try:
            counter.correct_evidence(
                actor=current_actor(), startup_id=startup_id, evidence_id=evidence_id, reason=form.reason.data
            )
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(_("The evidence is withdrawn and the counter corrected."))
            return redirect(url_for(".show", startup_id=startup_id))
    fact = found.standing_fact(evidence_id)
    sources = trail.links([fact.reference]) if found.name else {}
    return page("staff/counter/withdraw.html", form=form, counted=found, fact=fact, sources=sources)
