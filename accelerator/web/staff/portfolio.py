"""Web · Staff · Portfolio — the composition board: the cohort by hand and by rule, and what each rule costs."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.forms.base import BaseForm
from accelerator.forms.portfolio import ActForm, CountRuleForm, MoveForm, NameRuleForm, RestFilterForm
from accelerator.forms.selection import ChoicesForm, choices_form, posted_rows
from accelerator.kernel import clock
from accelerator.kernel.enums import Outcome
from accelerator.kernel.errors import Conflict, DomainError, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.queries import batches, rankings
from accelerator.queries import board as queries
from accelerator.queries import selection as selection_queries
from accelerator.services import portfolio, selection
from accelerator.web.binding import accepted, asked, bind, bind_query, page, page_number, request_key
from accelerator.web.filters import translated
from accelerator.web.security import current_actor, permits

bp = Blueprint("portfolio", __name__)


@bp.route("/batches/<code>/board", methods=["GET", "POST"])
@permits(Permission.SELECTION_DECIDE)
def board(code: str) -> ResponseReturnValue:
    """The board; posted to, it keeps the reasons of the off-rank choices."""
    batch = batches.batch(code, clock.now())
    if request.method == "GET":
        if batch.state not in ("reviewing", "decided"):
            return redirect(url_for("staff.selection.ranking", code=code))
        return _board_page(batch)
    form = bind(choices_form(posted_rows(request.form)))
    if not accepted(form):
        return _board_page(batch, form, reasons=form)
    try:
        owed = selection.save_choices(
            actor=current_actor(), code=code, choices=form.choices(), version=form.version.data or ""
        )
    except (RuleViolation, Conflict) as refusal:
        return _refused(batch, form, refusal, reasons=form)
    flash(_("Saved. Off-rank choices that need a reason: %(count)s.", count=owed) if owed else _("Saved."))
    return redirect(_back(code))


@bp.post("/batches/<code>/board/move")
@permits(Permission.SELECTION_DECIDE)
def move(code: str) -> ResponseReturnValue:
    """Put one startup among the admitted, on the waitlist or with the rest."""
    batch, form = batches.batch(code, clock.now()), bind(MoveForm)
    wanted = form.wanted()
    if wanted is None:
        form.refuse_with(Message("This move cannot be read. Try again."))
        return _board_page(batch, form)
    application_id, outcome, position = wanted
    names = rankings.names_of([application_id])
    try:
        portfolio.move_application(
            actor=current_actor(),
            code=code,
            application_id=application_id,
            outcome=outcome,
            position=position,
            version=form.version.data or "",
        )
    except Conflict as conflict:
        form.refuse_with(
            Message("Not done: %(name)s, %(outcome)s.", name=names.get(application_id, "–"), outcome=outcome)
        )
        return _refused(batch, form, conflict)
    said = {
        Outcome.ADMIT: _("%(name)s is admitted.", name=names[application_id]),
        Outcome.WAITLIST: _("%(name)s is on the waitlist.", name=names[application_id]),
        Outcome.REFUSE: _("%(name)s is neither admitted nor on the waitlist.", name=names[application_id]),
    }
    flash(said[outcome])
    return redirect(_back(code, f"application-{application_id}"))


@bp.post("/batches/<code>/board/rules/count")
@permits(Permission.SELECTION_DECIDE)
def count_rule(code: str) -> ResponseReturnValue:
    """Set a minimum or a maximum."""
    batch, form = batches.batch(code, clock.now()), bind(CountRuleForm)
    if not accepted(form):
        return _board_page(batch, form, counting=form)
    try:
        portfolio.add_rule(
            actor=current_actor(),
            code=code,
            kind=form.kind(),
            trait=form.counted(),
            bound=form.bound.data,
            version=form.rules_version.data or "",
            request_key=request_key(),
        )
    except (RuleViolation, Conflict) as refusal:
        return _refused(batch, form, refusal, counting=form)
    flash(_("The rule is set."))
    return redirect(_back(code, "rules"))


@bp.post("/batches/<code>/board/rules/name")
@permits(Permission.SELECTION_DECIDE)
def name_rule(code: str) -> ResponseReturnValue:
    """Set a rule about one startup or a pair."""
    batch, form = batches.batch(code, clock.now()), bind(NameRuleForm)
    if not accepted(form):
        return _board_page(batch, form, naming=form)
    try:
        portfolio.add_rule(
            actor=current_actor(),
            code=code,
            kind=form.kind(),
            names=form.names(),
            version=form.rules_version.data or "",
            request_key=request_key(),
        )
    except (RuleViolation, Conflict) as refusal:
        return _refused(batch, form, refusal, naming=form)
    flash(_("The rule is set."))
    return redirect(_back(code, "rules"))


@bp.post("/batches/<code>/board/rules/<int:rule_id>/drop")
@permits(Permission.SELECTION_DECIDE)
def drop_rule(code: str, rule_id: int) -> ResponseReturnValue:
    """Take a rule away."""
    batch, form = batches.batch(code, clock.now()), bind(ActForm)
    try:
        portfolio.drop_rule(actor=current_actor(), code=code, rule_id=rule_id, version=form.rules_version.data or "")
    except Conflict as conflict:
        return _refused(batch, form, conflict)
    flash(_("The rule is dropped."))
    return redirect(_back(code, "rules"))


@bp.post("/batches/<code>/board/proposal")
@permits(Permission.SELECTION_DECIDE)
def propose(code: str) -> ResponseReturnValue:
    """Prepare the best cohort under the rules, each departure from the ranking with its reason."""
    batch, form = batches.batch(code, clock.now()), bind(ActForm)
    try:
        count = portfolio.propose_under_rules(
            actor=current_actor(),
            code=code,
            version=form.version.data or "",
            rules_version=form.rules_version.data or "",
            say=translated,
        )
    except (RuleViolation, Conflict) as refusal:
        return _refused(batch, form, refusal)
    flash(_("The best cohort under the rules is prepared. Admitted: %(count)s.", count=count))
    return redirect(_back(code))


def _back(code: str, anchor: str | None = None) -> str:
    """The board as it was looked at."""
    looked_at = asked(bind_query(RestFilterForm))
    return url_for(".board", code=code, page=page_number() if page_number() > 1 else None, **looked_at, _anchor=anchor)


def _refused(
    batch: batches.BatchSummary, form: BaseForm, refusal: DomainError, **shown: BaseForm
) -> ResponseReturnValue:
    """The board with what was typed and why it was not done; 409 when somebody else was first."""
    if isinstance(refusal, RuleViolation):
        form.refuse(refusal)
        return _board_page(batch, form, **shown)
    form.refuse_with(refusal.reason)
    return _board_page(batch, form, newer=True, **shown)[0], 409


def _board_page(
    batch: batches.BatchSummary,
    form: BaseForm | None = None,
    *,
    reasons: ChoicesForm | None = None,
    counting: CountRuleForm | None = None,
    naming: NameRuleForm | None = None,
    newer: bool = False,
) -> tuple[str, int]:
    """The board with what is stored, and with what was typed in a form that was refused."""
    filters, is_final = bind_query(RestFilterForm), batch.state == "decided"
    search, places = queries.Search(*filters.search()), batch.places - (0 if is_final else batch.places_taken)
    seen = (
        queries.decided(batch.id, search, page_number())
        if is_final
        else queries.board(batch.id, places, search, page_number())
    )
    rows = seen.departed
    if reasons is not None:
        told = {*reasons.application_ids, *(row.application_id for row in rows)}
        rows = selection_queries.rows(batch.id, sorted(told))
        reasons.version.data = seen.version if newer else reasons.version.data
    return page(
        "staff/portfolio/board.html",
        form=form,
        batch=batch,
        board=seen,
        places=places,
        is_final=is_final,
        filters=filters,
        asked=asked(filters),
        run=rankings.find_run(batch.id),
        rows=rows,
        reasons=reasons or ChoicesForm(),
        counting=counting or CountRuleForm(),
        naming=naming or NameRuleForm(),
        newer=newer,
    )
