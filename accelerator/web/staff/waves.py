"""Web · Staff · Waves — the e-mails on decisions: chosen, looked at again, sent or planned, held, written anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.forms.choices import chosen_code
from accelerator.forms.waves import (
    ROWS_SHOWN,
    AnewForm,
    HoldForm,
    OffersWaveForm,
    WaveFilterForm,
    WaveForm,
    whole_number,
)
from accelerator.kernel import clock
from accelerator.kernel.enums import Outcome
from accelerator.kernel.errors import NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.queries import batches, feedback
from accelerator.queries import decision_letters as queries
from accelerator.queries import offers as offer_queries
from accelerator.queries.batches import BatchSummary
from accelerator.queries.decision_letters import ToSend
from accelerator.rules import selection as rules
from accelerator.services import decision_letters, waves
from accelerator.web.binding import accepted, asked, bind, bind_query, page, request_key
from accelerator.web.filters import PROGRAMME_ZONE
from accelerator.web.security import current_actor, permits

bp = Blueprint("waves", __name__)


@bp.route("/batches/<code>/offers/send/<outcome>", methods=["GET", "POST"])
@permits(Permission.SELECTION_DECIDE)
def send(code: str, outcome: str) -> ResponseReturnValue:
    """The e-mails of one outcome by name: chosen, looked at again, then off they go, now or later."""
    batch, kind = batches.batch(code, clock.now()), _outcome(outcome)
    waiting = queries.to_send(batch.id, kind)
    if not waiting and request.method == "GET":
        return redirect(url_for("staff.selection.offers", code=code))
    form_class = OffersWaveForm if kind is Outcome.ADMIT else WaveForm
    found = _filtered(waiting, bind_query(WaveFilterForm))
    form = bind(form_class, **_shown_first(batch, kind, found, waiting))
    if accepted(form):
        chosen = _chosen(batch, form, waiting, found)
        if not form.is_refused and form.expected_letters() is None:
            return page("staff/waves/look_again.html", form=form, **_recap(batch, kind, chosen, waiting))
        if not form.is_refused:
            try:
                count = _send(code, kind, form, chosen)
            except RuleViolation as violation:
                form.refuse(violation)
            else:
                flash(_done(kind, count, is_later=form.is_later))
                return redirect(url_for("staff.selection.offers", code=code))
    filters = bind_query(WaveFilterForm)
    return page(
        "staff/waves/send.html",
        form=form,
        filters=filters,
        asked=asked(filters),
        rows=found[:ROWS_SHOWN],
        found=len(found),
        **_recap(batch, kind, [], waiting),
    )


@bp.post("/batches/<code>/offers/hold/<outcome>")
@permits(Permission.SELECTION_DECIDE)
def hold(code: str, outcome: str) -> ResponseReturnValue:
    """Keep a planned wave from leaving."""
    at = datetime.fromtimestamp(bind(HoldForm).seconds(), UTC)
    count = waves.hold_wave(actor=current_actor(), code=code, outcome=_outcome(outcome), leaves_at=at)
    flash(_("E-mails held back: %(count)s. They are drafts again.", count=count))
    return redirect(url_for("staff.selection.offers", code=code))


@bp.route("/batches/<code>/offers/anew/<outcome>", methods=["GET", "POST"])
@permits(Permission.SELECTION_DECIDE)
def anew(code: str, outcome: str) -> ResponseReturnValue:
    """Which drafts would read otherwise today, whose, and what of them; then they are written anew."""
    batch, kind = batches.batch(code, clock.now()), _outcome(outcome)
    letter_id = whole_number(request.args.get("letter")) if "letter" in request.args else None
    form = bind(AnewForm)
    if accepted(form):
        count = decision_letters.write_anew(
            actor=current_actor(),
            code=code,
            outcome=kind,
            expected=form.expected_letters(),
            letter_id=letter_id,
            request_key=request_key(),
        )
        flash(_("E-mails written anew: %(count)s.", count=count))
        return redirect(
            url_for("staff.letters.show", letter_id=letter_id)
            if letter_id
            else url_for("staff.selection.offers", code=code)
        )
    drafts, changed = decision_letters.read_changes(actor=current_actor(), code=code, outcome=kind, letter_id=letter_id)
    return page(
        "staff/waves/anew.html",
        form=form,
        batch=batch,
        outcome=kind,
        drafts=drafts,
        changed=len(changed),
        rows=changed[:ROWS_SHOWN],
        letter_id=letter_id,
    )


def _outcome(text: str) -> Outcome:
    if (found := chosen_code(Outcome, text)) is None:
        raise NotFound(Message("There is nothing at this address."))
    return found


def _filtered(waiting: Sequence[ToSend], filters: WaveFilterForm) -> list[ToSend]:
    words, region = filters.search().casefold(), filters.region_chosen()
    found = [one for one in waiting if words in one.startup.casefold() and (not region or one.region_code == region)]
    return found[: filters.number()]


def _shown_first(
    batch: BatchSummary, kind: Outcome, found: Sequence[ToSend], waiting: Sequence[ToSend]
) -> dict[str, object]:
    shown: dict[str, object] = {"scope": "all" if len(found) == len(waiting) else "found"}
    shown["ticked"] = [one.application_id for one in found[:ROWS_SHOWN]]
    if kind is Outcome.ADMIT:
        drafted = [offer.respond_by for offer in offer_queries.offers(batch.id) if offer.state == "draft"]
        shown["respond_by"] = drafted[0] if drafted else None
    return shown


def _chosen(batch: BatchSummary, form: WaveForm, waiting: Sequence[ToSend], found: Sequence[ToSend]) -> list[ToSend]:
    """Those the form names; what is wrong with its dates, and an empty choice, stand on the form."""
    ids = set(form.chosen([one.application_id for one in waiting], [one.application_id for one in found]))
    chosen = [one for one in waiting if one.application_id in ids]
    if not chosen and form.expected_letters() is None:
        form.refuse_with(Message("Tick at least one startup."))
    if not form.refuse_missing_time():
        leaves_at, now = form.leaves_at.data if form.is_later else None, clock.now()
        try:
            rules.refuse_leaving_time(leaves_at, now, batch.starts_on, PROGRAMME_ZONE)
            if isinstance(form, OffersWaveForm):
                rules.refuse_answer_date(form.respond_by.data, leaves_at or now, batch.starts_on, PROGRAMME_ZONE)
        except RuleViolation as violation:
            form.refuse(violation)
    return chosen


def _send(code: str, kind: Outcome, form: WaveForm, chosen: Sequence[ToSend]) -> int:
    leaves_at = form.leaves_at.data if form.is_later else None
    only = None if form.scope.data == "all" else [one.application_id for one in chosen]
    expected = form.expected_letters() or 0
    if isinstance(form, OffersWaveForm):
        return waves.send_offers(
            actor=current_actor(),
            code=code,
            respond_by=form.respond_by.data,
            expected=expected,
            only=only,
            leaves_at=leaves_at,
            request_key=request_key(),
        )
    return waves.send_answers(
        actor=current_actor(),
        code=code,
        outcome=kind,
        expected=expected,
        only=only,
        leaves_at=leaves_at,
        request_key=request_key(),
    )


def _recap(
    batch: BatchSummary, kind: Outcome, chosen: Sequence[ToSend], waiting: Sequence[ToSend]
) -> dict[str, object]:
    return {
        "batch": batch,
        "outcome": kind,
        "chosen": chosen,
        "shown": chosen[:ROWS_SHOWN],
        "waiting": len(waiting),
        "without_feedback": feedback.without([one.application_id for one in chosen or waiting])
        if kind is Outcome.REFUSE
        else 0,
        "here": url_for(".send", code=batch.code, outcome=kind.value, **request.args.to_dict()),
    }


def _done(kind: Outcome, count: int, *, is_later: bool) -> str:
    if is_later:
        return _("E-mails that leave by themselves: %(count)s.", count=count)
    if kind is Outcome.ADMIT:
        return _("Offers sent: %(count)s.", count=count)
    return _("E-mails on their way: %(count)s.", count=count)
