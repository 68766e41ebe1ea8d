"""Web · Staff · Blindness — what says whose a dossier is, and whether reviewers see it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from accelerator.forms.blindness import PhraseForm, listed
from accelerator.kernel import clock
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.permissions import Permission
from accelerator.queries import batches
from accelerator.queries import blindness as queries
from accelerator.queries.batches import BatchSummary
from accelerator.services import blindness
from accelerator.web.binding import accepted, bind, page, page_number
from accelerator.web.security import current_actor, permits

bp = Blueprint("blindness", __name__)


@bp.get("/batches/<code>/blindness")
@permits(Permission.REVIEWING_MANAGE)
def dossiers(code: str) -> ResponseReturnValue:
    """The dossiers that say whose they are, with the phrases that do."""
    return _page(_batch(code))


@bp.post("/batches/<code>/blindness/phrases/<int:phrase_id>/show")
@permits(Permission.REVIEWING_MANAGE)
def show(code: str, phrase_id: int) -> ResponseReturnValue:
    """Let reviewers read a phrase that identifies nobody."""
    phrase = blindness.show_phrase(actor=current_actor(), batch_id=_batch(code).id, phrase_id=phrase_id)
    flash(_("Reviewers now read “%(phrase)s”.", phrase=phrase))
    return _back(code)


@bp.post("/batches/<code>/blindness/phrases/<int:phrase_id>/mask")
@permits(Permission.REVIEWING_MANAGE)
def mask(code: str, phrase_id: int) -> ResponseReturnValue:
    """Keep a phrase from reviewers again."""
    phrase = blindness.mask_phrase(actor=current_actor(), batch_id=_batch(code).id, phrase_id=phrase_id)
    flash(_("“%(phrase)s” is masked.", phrase=phrase))
    return _back(code)


@bp.post("/batches/<code>/blindness/<int:application_id>/phrases")
@permits(Permission.REVIEWING_MANAGE)
def add(code: str, application_id: int) -> ResponseReturnValue:
    """Mask one more phrase of a dossier."""
    batch, form = _batch(code), bind(PhraseForm)
    if accepted(form):
        try:
            blindness.add_phrase(
                actor=current_actor(), batch_id=batch.id, application_id=application_id, phrase=form.phrase.data
            )
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(_("“%(phrase)s” is masked.", phrase=form.phrase.data))
            return _back(code)
    return _page(batch, form, application_id)


@bp.post("/batches/<code>/blindness/<int:application_id>/withhold")
@permits(Permission.REVIEWING_MANAGE)
def withhold(code: str, application_id: int) -> ResponseReturnValue:
    """Keep the deck of a dossier from reviewers."""
    blindness.withhold_deck(actor=current_actor(), batch_id=_batch(code).id, application_id=application_id)
    flash(_("Reviewers no longer get this deck."))
    return _back(code)


@bp.post("/batches/<code>/blindness/<int:application_id>/hand")
@permits(Permission.REVIEWING_MANAGE)
def hand(code: str, application_id: int) -> ResponseReturnValue:
    """Let reviewers have the deck of a dossier."""
    blindness.hand_deck(actor=current_actor(), batch_id=_batch(code).id, application_id=application_id)
    flash(_("Reviewers get this deck."))
    return _back(code)


@bp.post("/batches/<code>/blindness/withhold")
@permits(Permission.REVIEWING_MANAGE)
def withhold_all(code: str) -> ResponseReturnValue:
    """Keep every deck that names somebody, or cannot be searched, from reviewers."""
    count = blindness.withhold_decks(actor=current_actor(), batch_id=_batch(code).id)
    flash(ngettext("%(num)s deck is held back.", "%(num)s decks are held back.", count))
    return _back(code)


def _batch(code: str) -> BatchSummary:
    return batches.batch(code, clock.now())


def _back(code: str) -> ResponseReturnValue:
    asked = listed(request.args.get("show", ""))
    return redirect(url_for(".dossiers", code=code, show=asked or None, page=request.args.get("page")))


def _page(batch: BatchSummary, form: PhraseForm | None = None, application_id: int = 0) -> ResponseReturnValue:
    asked, number = listed(request.args.get("show", "")), page_number()
    return page(
        "staff/blindness/dossiers.html",
        form=form,
        refused_id=application_id,
        empty_form=PhraseForm(),
        batch=batch,
        show=asked,
        page_now=number,
        figures=queries.figures(batch.id),
        found=queries.page(batch.id, asked, number),
    )
