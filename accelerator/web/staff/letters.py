"""Web · Staff · Letters — the outbox: read, release in waves, discard, try again."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.forms.desk import OutboxFilterForm
from accelerator.kernel.permissions import Permission
from accelerator.queries import outbox as queries
from accelerator.services import letters
from accelerator.web import trail, words
from accelerator.web.binding import asked, bind_query, page, page_number
from accelerator.web.security import current_actor, permits

bp = Blueprint("letters", __name__)


@bp.get("/letters")
@permits(Permission.LETTER_MANAGE)
def outbox() -> ResponseReturnValue:
    """The letters, newest first, filtered by the address."""
    form = bind_query(OutboxFilterForm)
    found = queries.outbox(state=form.state_chosen(), search=form.search(), page=page_number())
    return page(
        "staff/letters/outbox.html",
        filters=form,
        outbox=found,
        page=page_number(),
        asked=asked(form),
        kinds=words.LETTERS,
    )


@bp.get("/letters/<int:letter_id>")
@permits(Permission.LETTER_MANAGE)
def show(letter_id: int) -> ResponseReturnValue:
    """One letter as it goes out."""
    letter = queries.letter(letter_id)
    return page("staff/letters/show.html", letter=letter, about=trail.named_link(letter.about))


@bp.get("/letters/waves/<kind>")
@permits(Permission.LETTER_MANAGE)
def wave(kind: str) -> ResponseReturnValue:
    """How many drafts of one kind would go out, and to whom."""
    return page("staff/letters/wave.html", wave=queries.wave(kind), kinds=words.LETTERS)


@bp.post("/letters/waves/<kind>")
@permits(Permission.LETTER_MANAGE)
def release_wave(kind: str) -> ResponseReturnValue:
    """Send the drafts the recap counted."""
    upto = request.form.get("upto_id", "")
    upto_id = int(upto) if upto.isascii() and upto.isdigit() and len(upto) <= 18 else 0
    released = letters.release_wave(actor=current_actor(), kind=kind, upto_id=upto_id)
    flash(_("E-mails on their way: %(count)s.", count=released))
    return redirect(url_for(".outbox"))


@bp.post("/letters/<int:letter_id>/release")
@permits(Permission.LETTER_MANAGE)
def release(letter_id: int) -> ResponseReturnValue:
    """Send one draft."""
    letters.release_letter(actor=current_actor(), letter_id=letter_id)
    flash(_("The e-mail is on its way."))
    return redirect(url_for(".show", letter_id=letter_id))


@bp.post("/letters/<int:letter_id>/discard")
@permits(Permission.LETTER_MANAGE)
def discard(letter_id: int) -> ResponseReturnValue:
    """Keep one letter from going out."""
    letters.discard_letter(actor=current_actor(), letter_id=letter_id)
    flash(_("The e-mail is discarded. Nobody receives it."))
    return redirect(url_for(".show", letter_id=letter_id))


@bp.post("/letters/<int:letter_id>/retry")
@permits(Permission.LETTER_MANAGE)
def retry(letter_id: int) -> ResponseReturnValue:
    """Try a letter again that could not be sent."""
    letters.retry_letter(actor=current_actor(), letter_id=letter_id)
    flash(_("The e-mail is on its way."))
    return redirect(url_for(".show", letter_id=letter_id))


@bp.post("/letters/retry")
@permits(Permission.LETTER_MANAGE)
def retry_failed() -> ResponseReturnValue:
    """Try every letter again that could not be sent."""
    flash(_("E-mails on their way: %(count)s.", count=letters.retry_failed(actor=current_actor())))
    return redirect(url_for(".outbox"))
