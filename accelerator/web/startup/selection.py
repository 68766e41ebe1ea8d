"""Web · Startup · Selection — the place a startup is offered: accept it, or pass it on."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.forms.selection import DeclineForm
from accelerator.kernel import clock
from accelerator.kernel.errors import Conflict, RuleViolation
from accelerator.kernel.permissions import Permission
from accelerator.queries import offers as queries
from accelerator.services import offers
from accelerator.web.binding import accepted, bind, page
from accelerator.web.security import current_actor, permits

bp = Blueprint("selection", __name__)


def _offer_page(offer_id: int, form: DeclineForm) -> ResponseReturnValue:
    return page(
        "startup/selection/offer.html",
        form=form,
        offer=queries.founder_offer(current_actor(), offer_id),
        now=clock.now(),
    )


@bp.get("/offers/<int:offer_id>")
@permits(Permission.OFFER_ANSWER)
def offer(offer_id: int) -> ResponseReturnValue:
    """The offer, until when it stands, and what was answered."""
    return _offer_page(offer_id, bind(DeclineForm))


@bp.post("/offers/<int:offer_id>/accept")
@permits(Permission.OFFER_ANSWER)
def accept(offer_id: int) -> ResponseReturnValue:
    """Take the place."""
    form = bind(DeclineForm)
    try:
        offers.accept(actor=current_actor(), offer_id=offer_id)
    except (RuleViolation, Conflict) as refusal:
        form.refuse_with(refusal.reason)
        return _offer_page(offer_id, form)
    flash(_("The place is yours. Welcome."))
    return redirect(url_for(".offer", offer_id=offer_id))


@bp.post("/offers/<int:offer_id>/decline")
@permits(Permission.OFFER_ANSWER)
def decline(offer_id: int) -> ResponseReturnValue:
    """Give the place back."""
    form = bind(DeclineForm)
    if not accepted(form):
        return _offer_page(offer_id, form)
    try:
        offers.decline(actor=current_actor(), offer_id=offer_id, reason=form.reason.data or "")
    except (RuleViolation, Conflict) as refusal:
        form.refuse_with(refusal.reason)
        return _offer_page(offer_id, form)
    flash(_("You have declined. Thank you for answering."))
    return redirect(url_for(".offer", offer_id=offer_id))
