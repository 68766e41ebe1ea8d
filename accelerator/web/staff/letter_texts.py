"""Web · Staff · Letter texts — the texts of the e-mails on decisions: read, written, looked at, given back."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.forms.letter_texts import LetterTextForm
from accelerator.kernel.errors import Conflict, NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.queries import letter_texts as queries
from accelerator.queries.decision_letters import KIND_OF
from accelerator.rules.letter_texts import PLACEHOLDERS
from accelerator.services import letter_texts
from accelerator.web import words
from accelerator.web.binding import accepted, bind, page
from accelerator.web.security import current_actor, permits

bp = Blueprint("letter_texts", __name__)

LOCALES = ("fr", "en")


@bp.get("/letters/texts")
@permits(Permission.LETTER_MANAGE)
def index() -> ResponseReturnValue:
    """Every text of a decision, in both languages, and whether it is the one that ships."""
    in_use = queries.in_use()
    rows = [(kind, locale, in_use.get((kind, locale))) for kind in KIND_OF.values() for locale in LOCALES]
    return page("staff/letter_texts/index.html", rows=rows, kinds=words.LETTERS)


@bp.route("/letters/texts/<kind>/<locale>", methods=["GET", "POST"])
@permits(Permission.LETTER_MANAGE)
def edit(kind: str, locale: str) -> ResponseReturnValue:
    """One text: written, or only looked at with a real startup in it."""
    versions, status, shown = _versions(kind, locale), 0, None
    subject, body = letter_texts.text_in_use(kind, locale, versions)
    version = versions[0].version if versions else 0
    form = bind(LetterTextForm, subject=subject, body=body, version=version)
    if accepted(form):
        typed = {"kind": kind, "locale": locale, "subject": form.subject.data, "body": form.body.data}
        try:
            if form.asks_preview:
                shown = letter_texts.preview(actor=current_actor(), **typed)
            else:
                letter_texts.save_text(actor=current_actor(), version=form.version_seen(), **typed)
                flash(_("The text is used for e-mails written from now on."))
                return redirect(url_for(".edit", kind=kind, locale=locale))
        except RuleViolation as violation:
            form.refuse(violation)
        except Conflict as conflict:
            form.refuse_with(conflict.reason)
            status = 409
    drawn, code = page(
        "staff/letter_texts/edit.html",
        form=form,
        kind=kind,
        locale=locale,
        kinds=words.LETTERS,
        versions=versions,
        older=queries.older_drafts(kind, locale, versions[0].written_at) if versions else [],
        placeholders=PLACEHOLDERS[kind],
        preview=shown,
        is_preview=form.asks_preview and not form.is_refused,
    )
    return drawn, status or code


@bp.post("/letters/texts/<kind>/<locale>/shipped")
@permits(Permission.LETTER_MANAGE)
def ship_again(kind: str, locale: str) -> ResponseReturnValue:
    """Back to the text that ships."""
    letter_texts.ship_again(
        actor=current_actor(), kind=kind, locale=locale, version=bind(LetterTextForm).version_seen()
    )
    flash(_("The text that ships is used again."))
    return redirect(url_for(".edit", kind=kind, locale=locale))


def _versions(kind: str, locale: str) -> list[queries.Version]:
    if kind not in PLACEHOLDERS or locale not in LOCALES:
        raise NotFound(Message("There is nothing at this address."))
    return queries.versions(kind, locale)
