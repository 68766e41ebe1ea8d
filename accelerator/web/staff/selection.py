"""Web · Staff · Selection — the ranking, the choice of the cohort and its waitlist, the recap, the offers."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.forms.selection import (
    ChoicesForm,
    ConfirmForm,
    OfferPlaceForm,
    RankingFilterForm,
    RescindForm,
    choices_form,
    posted_rows,
    shown_choices,
)
from accelerator.kernel import clock
from accelerator.kernel.errors import Conflict, RuleViolation
from accelerator.kernel.permissions import Permission
from accelerator.queries import batches, portfolio, rankings
from accelerator.queries import certainty as certainty_queries
from accelerator.queries import decision_letters as letter_queries
from accelerator.queries import offers as offer_queries
from accelerator.queries import selection as queries
from accelerator.queries.meeting import chair, conclusions
from accelerator.rules import selection as rules
from accelerator.rules.reviewing import is_round_open
from accelerator.services import offers as offer_services
from accelerator.services import rankings as ranking_services
from accelerator.services import selection
from accelerator.web.binding import accepted, asked, bind, bind_query, page, page_number, request_key
from accelerator.web.filters import PROGRAMME_ZONE
from accelerator.web.security import current_actor, permits
from accelerator.web.tables import file_answer, ranking_table, score_texts

bp = Blueprint("selection", __name__)

NAMES_SHOWN = 12


@bp.get("/batches/<code>/ranking")
@permits(Permission.SELECTION_READ)
def ranking(code: str) -> ResponseReturnValue:
    """The stored ranking, a hundred lines a page."""
    batch, form = batches.batch(code, clock.now()), bind_query(RankingFilterForm)
    run, view = rankings.find_run(batch.id), rankings.Filters(**form.view())
    everyone = request.args.get("reviewers") == "all"
    shown = rankings.page(batch.id, run, view, page_number()) if run else None
    return page(
        "staff/selection/ranking.html",
        batch=batch,
        filters=form,
        asked=asked(form),
        run=run,
        shown=shown,
        scores=score_texts(shown.lines, run.places) if shown and run else [],
        severities=rankings.severities(batch.id, run.reviewers if run else 0, everyone=everyone),
        everyone=everyone,
        **_apart(run),
    )


def _apart(run: rankings.Run | None) -> dict[str, object]:
    """Some of the applications that share no reviewer with the rest, by name, and whether there are more."""
    shown = run.apart[:NAMES_SHOWN] if run else []
    return {
        "islands": rankings.names_of(shown) if shown else {},
        "more_islands": bool(run and len(run.apart) > NAMES_SHOWN),
    }


@bp.post("/batches/<code>/ranking")
@permits(Permission.SELECTION_DECIDE)
def compute(code: str) -> ResponseReturnValue:
    """Compute the ranking of the reviews as they are now."""
    count = ranking_services.compute_ranking(actor=current_actor(), code=code)
    flash(_("The ranking is computed. Applications: %(count)s.", count=count))
    return redirect(url_for(".ranking", code=code))


@bp.get("/batches/<code>/ranking.<any(csv, xlsx):kind>")
@permits(Permission.SELECTION_READ)
def export(code: str, kind: str) -> ResponseReturnValue:
    """The ranking as filtered and sorted, as a file."""
    batch, form = batches.batch(code, clock.now()), bind_query(RankingFilterForm)
    run = rankings.find_run(batch.id)
    lines = rankings.every_line(batch.id, run, rankings.Filters(**form.view())) if run else []
    return file_answer(ranking_table(lines, run), f"ranking-{batch.code}", kind)


@bp.get("/batches/<code>/ranking/certainty")
@permits(Permission.SELECTION_READ)
def certainty(code: str) -> ResponseReturnValue:
    """How sure the ranking is: what is too close to call, what hangs on a method or a reviewer, what would help."""
    batch = batches.batch(code, clock.now())
    run = rankings.find_run(batch.id)
    is_known = run is not None and run.places > 0 and run.applications > 0
    lines = certainty_queries.around_the_line(batch.id, run) if run and is_known else []
    return page(
        "staff/selection/certainty.html",
        batch=batch,
        run=run,
        is_known=is_known,
        lines=lines,
        chart=certainty_queries.interval_chart(lines, run) if run and is_known else None,
        advice=certainty_queries.advice(run) if run and is_known else [],
        shape=certainty_queries.shape(batch.id) if is_known else None,
        **_apart(run),
    )


@bp.route("/batches/<code>/choose", methods=["GET", "POST"])
@permits(Permission.SELECTION_DECIDE)
def choose(code: str) -> ResponseReturnValue:
    """Prepare an outcome for each candidate, and a reason where the choice is off rank."""
    batch = batches.batch(code, clock.now())
    if batch.state != "reviewing" and request.method == "GET":
        return redirect(url_for(".ranking", code=code))
    form = bind(choices_form(posted_rows(request.form)))
    if request.method == "GET" or not accepted(form):
        return _board(batch, form)
    try:
        owed = selection.save_choices(
            actor=current_actor(), code=code, choices=form.choices(), version=form.version.data or ""
        )
    except RuleViolation as violation:
        form.refuse(violation)
        return _board(batch, form)
    except Conflict as conflict:
        form.refuse_with(conflict.reason)
        return _board(batch, form, newer=True)[0], 409
    flash(_("Saved. Off-rank choices that need a reason: %(count)s.", count=owed) if owed else _("Saved."))
    return redirect(url_for(".choose", code=code, page=page_number()))


def _board(batch: batches.BatchSummary, form: ChoicesForm, *, newer: bool = False) -> tuple[str, int]:
    """The candidates of a page with what was typed, or what is stored."""
    prepared = queries.prepared(batch.id)
    board = queries.board(batch.id, page_number())
    if request.method == "POST":
        board = queries.Board(queries.rows(batch.id, form.application_ids), board.page, board.pages)
    else:
        shown = shown_choices([(row.application_id, row.outcome, row.position, row.reason) for row in board.rows])
        form = bind(choices_form([row.application_id for row in board.rows]), version=prepared.version, **shown)
    if newer:
        form.version.data = prepared.version
    return page(
        "staff/selection/choose.html",
        form=form,
        batch=batch,
        board=board,
        prepared=prepared,
        run=rankings.find_run(batch.id),
        newer=newer,
    )


@bp.post("/batches/<code>/choose/proposal")
@permits(Permission.SELECTION_DECIDE)
def propose(code: str) -> ResponseReturnValue:
    """Fill the places and the waitlist from the ranking."""
    try:
        count = selection.propose_from_ranking(
            actor=current_actor(), code=code, version=request.form.get("version", "")
        )
    except RuleViolation as violation:
        flash(str(violation.reason))
    else:
        flash(_("Filled from the ranking. Admitted: %(count)s.", count=count))
    return redirect(url_for(".choose", code=code))


@bp.get("/batches/<code>/recap")
@permits(Permission.SELECTION_DECIDE)
def recap(code: str) -> ResponseReturnValue:
    """Everything that will be final, by number and name, before it is."""
    now = clock.now()
    batch = batches.batch(code, now)
    if batch.state == "decided":
        return redirect(url_for(".offers", code=code))
    prepared = queries.prepared(batch.id)
    respond_by = rules.answer_by(now, batch.starts_on, PROGRAMME_ZONE)
    return _recap_page(batch, bind(ConfirmForm, version=prepared.version, respond_by=respond_by), prepared)


@bp.post("/batches/<code>/recap")
@permits(Permission.SELECTION_DECIDE)
def confirm(code: str) -> ResponseReturnValue:
    """Make the choice final."""
    batch, form, status = batches.batch(code, clock.now()), bind(ConfirmForm), 422
    if accepted(form):
        try:
            count = selection.confirm(
                actor=current_actor(),
                code=code,
                version=form.version.data or "",
                typed_places=form.places.data,
                respond_by=form.respond_by.data,
                request_key=request_key(),
            )
        except RuleViolation as violation:
            form.refuse(violation)
        except Conflict as conflict:
            form.refuse_with(conflict.reason)
            status = 409
        else:
            flash(_("The selection is final. Offers drafted: %(count)s.", count=count))
            return redirect(url_for(".offers", code=code))
    prepared = queries.prepared(batch.id)
    form.version.data = prepared.version
    return _recap_page(batch, form, prepared)[0], status


def _recap_page(batch: batches.BatchSummary, form: ConfirmForm, prepared: queries.Prepared) -> tuple[str, int]:
    chosen = [*prepared.admitted, *prepared.waitlist]
    return page(
        "staff/selection/recap.html",
        form=form,
        batch=batch,
        prepared=prepared,
        run=rankings.find_run(batch.id),
        doubts=queries.doubts(batch.id, batch.reviews_per_application, chosen),
        overturned=conclusions.overturned(batch.id),
        is_meeting=chair.is_open(batch.id),
        is_reading=is_round_open(batch.state, batch.reviews_due_at, clock.now()),
    )


@bp.get("/batches/<code>/offers")
@permits(Permission.SELECTION_READ)
def offers(code: str) -> ResponseReturnValue:
    """Who was offered a place, what was answered, who waits, which letters are still here."""
    return _offers_page(code, OfferPlaceForm())


def _offers_page(code: str, form: OfferPlaceForm) -> tuple[str, int]:
    batch = batches.batch(code, clock.now())
    next_in_turn = offer_queries.next_in_turn(batch.id)
    return page(
        "staff/selection/offers.html",
        form=form,
        batch=batch,
        offers=offer_queries.offers(batch.id),
        waitlist=offer_queries.waitlist(batch.id),
        next_in_turn=next_in_turn,
        strains=portfolio.strains(batch.id, next_in_turn),
        waves=offer_queries.waves(batch.id),
        frozen=queries.find_frozen(batch.id),
    )


@bp.post("/batches/<code>/offers")
@permits(Permission.SELECTION_DECIDE)
def offer_place(code: str) -> ResponseReturnValue:
    """Offer a free place by hand."""
    form = bind(OfferPlaceForm)
    if not accepted(form):
        return _offers_page(code, form)
    try:
        offer_services.offer_place(
            actor=current_actor(),
            code=code,
            application_id=form.application.data,
            reason=form.reason.data or "",
            request_key=request_key(),
        )
    except RuleViolation as violation:
        form.refuse(violation)
        return _offers_page(code, form)
    flash(_("The place is offered."))
    return redirect(url_for(".offers", code=code))


@bp.route("/batches/<code>/offers/<int:offer_id>/rescind", methods=["GET", "POST"])
@permits(Permission.SELECTION_DECIDE)
def rescind(code: str, offer_id: int) -> ResponseReturnValue:
    """Take an offer back, with a reason."""
    batch = batches.batch(code, clock.now())
    offer = offer_queries.offer(batch.id, offer_id)
    form = bind(RescindForm)
    if accepted(form):
        try:
            offer_services.rescind(actor=current_actor(), offer_id=offer_id, reason=form.reason.data)
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(_("The offer to %(name)s is withdrawn.", name=offer.name))
            return redirect(url_for(".offers", code=code))
    left_at = letter_queries.left_at(offer.application_id, "offer")
    return page("staff/selection/rescind.html", form=form, batch=batch, offer=offer, left_at=left_at)
