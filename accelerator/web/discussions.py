"""Web · Discussions — what the two pages of a discussion, the reviewer's and the staff's, have in common."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.forms.discussion import RemarkForm, remark_number
from accelerator.kernel.errors import RuleViolation
from accelerator.queries.discussion import pages, readers
from accelerator.queries.discussion.pages import Discussion
from accelerator.services import discussion
from accelerator.services.discussion import Written
from accelerator.web.binding import accepted, bind, page, page_number, request_key
from accelerator.web.filters import translated
from accelerator.web.security import current_actor


def shown(
    template: str, application_id: int, *, is_blind: bool, form: RemarkForm | None = None, **more: object
) -> ResponseReturnValue:
    """The page of a discussion, with the box where it is asked for; that it was read is remembered."""
    actor = current_actor()
    place = readers.place(application_id, actor.user_id or 0)
    number = page_number() if "page" in request.args else None
    found = pages.page(place, actor.user_id or 0, is_blind=is_blind, number=number)
    if place.last_seen_at is None or (found.newest_at is not None and found.newest_at > place.last_seen_at):
        discussion.note_read(actor=actor, application_id=application_id, newest_at=found.newest_at)
    asked = form.reply_to.data if form is not None else request.args.get("reply_to", "")
    return page(
        template,
        form=form or RemarkForm(data={"reply_to": asked}),
        place=place,
        discussion=found,
        answering=_answered(found, asked or ""),
        **more,
    )


def write(application_id: int, form: RemarkForm) -> Written | None:
    """Post what was typed; None when it was refused, and the form says why."""
    if not accepted(form):
        return None
    try:
        return discussion.write_remark(
            actor=current_actor(),
            application_id=application_id,
            body=form.body.data or "",
            reply_to_id=form.reply_to_id(),
            request_key=request_key(),
        )
    except RuleViolation as violation:
        form.refuse(violation)
        return None


def bound() -> RemarkForm:
    """The form as it was posted."""
    return bind(RemarkForm)


def back(endpoint: str, written: Written, form: RemarkForm, **ids: int) -> ResponseReturnValue:
    """To the remark on its page, saying who is told of it."""
    flash(_("Your remark is posted."))
    if written.told:
        flash(_("Told by e-mail: %(names)s.", names=", ".join(written.told)))
    if written.leaves_a_name:
        flash(_("Only the people listed below the box can be told. Another name after an @ stays as you typed it."))
    number = request.args.get("page") if form.reply_to_id() else None
    return redirect(url_for(endpoint, **ids, page=number, _anchor=f"remark-{written.remark_id}"))


def withdraw(application_id: int, remark_id: int) -> None:
    """Take the person's own remark back, and say so."""
    try:
        discussion.withdraw_remark(actor=current_actor(), application_id=application_id, remark_id=remark_id)
    except RuleViolation as violation:
        flash(translated(violation.reason))
    else:
        flash(_("Your remark is withdrawn. Its place stays."))


def _answered(found: Discussion, asked: str) -> int | None:
    number = remark_number(asked)
    return number if found.has_strand(number) else None
