"""Web · Staff · Usage — cost exports sent, followed and stopped; what they said, and whose account it is."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.forms.credits import LinkForm, UsageForm
from accelerator.kernel.errors import NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.queries import credits as credit_queries
from accelerator.queries import usage as queries
from accelerator.queries import usage_uploads
from accelerator.rules import access
from accelerator.services import usage
from accelerator.web import filters
from accelerator.web.binding import accepted, bind, page, page_number, request_key
from accelerator.web.security import current_actor, permits

bp = Blueprint("usage", __name__)


@bp.url_value_preprocessor
def _let_large_files_in(endpoint: str | None, _values: object) -> None:
    """A manager's cost export may be larger than what others may send; it goes to disk, not into memory."""
    if (
        endpoint == "staff.usage.index"
        and request.method == "POST"
        and access.may(current_actor(), Permission.CREDIT_MANAGE)
    ):
        request.max_content_length = current_app.config["USAGE_MAX_BYTES"]


@bp.route("/credits/usage", methods=["GET", "POST"])
@permits(Permission.CREDIT_MANAGE)
def index() -> ResponseReturnValue:
    """Send a cost export to be read; the exports read so far."""
    form = bind(UsageForm)
    if accepted(form):
        try:
            asked = usage.ask_upload(
                actor=current_actor(),
                stream=form.file.data.stream,
                file_name=form.file_name(),
                currency=form.currency.data or "",
                refuse_whole=form.refuse_whole(),
                request_key=request_key(),
            )
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            if asked.is_repeat:
                flash(_("This file is on its way already."))
            return redirect(url_for(".upload", upload_id=asked.upload_id))
    imports, pages = queries.imports(page=page_number())
    return page(
        "staff/usage/index.html",
        form=form,
        uploads=usage_uploads.open_uploads(),
        imports=imports,
        page=page_number(),
        pages=pages,
    )


@bp.get("/credits/usage/uploads/<int:upload_id>")
@permits(Permission.CREDIT_MANAGE)
def upload(upload_id: int) -> ResponseReturnValue:
    """How far one file is; then the way to what it said, or why nothing was stored."""
    return page("staff/usage/upload.html", found=usage_uploads.upload(upload_id))


@bp.get("/credits/usage/uploads/<int:upload_id>/progress")
@permits(Permission.CREDIT_MANAGE)
def progress(upload_id: int) -> ResponseReturnValue:
    """How far one file is, for the page that waits."""
    row = usage_uploads.upload(upload_id).row
    return {
        "state": row.state.value if row.is_waited_for else "done",
        "done": row.done,
        "total": row.total,
        "step": _(
            "%(step)s: %(read)s of %(size)s",
            step=filters.translated(row.step_name),
            read=filters.shown_size(row.read_bytes),
            size=filters.shown_size(row.size_bytes),
        )
        if row.step_name
        else "",
    }, {"Cache-Control": "no-store"}


@bp.post("/credits/usage/uploads/<int:upload_id>/stop")
@permits(Permission.CREDIT_MANAGE)
def stop(upload_id: int) -> ResponseReturnValue:
    """Give one file up."""
    usage.stop_upload(actor=current_actor(), upload_id=upload_id)
    flash(_("The file is stopped and deleted. Nothing of it was stored."))
    return redirect(url_for(".upload", upload_id=upload_id))


@bp.get("/credits/usage/<int:import_id>")
@permits(Permission.CREDIT_MANAGE)
def show(import_id: int) -> ResponseReturnValue:
    """What one export said: sums by account, refused lines with their reasons."""
    found = queries.find_import(import_id)
    if found is None:
        raise NotFound(Message("There is nothing at this address."))
    return page("staff/usage/show.html", found=found)


@bp.get("/credits/accounts")
@permits(Permission.CREDIT_MANAGE)
def unmatched() -> ResponseReturnValue:
    """Accounts that no grant can pay for."""
    accounts, pages = queries.unmatched(page=page_number())
    return page("staff/usage/unmatched.html", accounts=accounts, page=page_number(), pages=pages)


@bp.route("/credits/accounts/link", methods=["GET", "POST"])
@permits(Permission.CREDIT_MANAGE)
def link() -> ResponseReturnValue:
    """Say whose account it is."""
    form = bind(LinkForm, sub_account=request.args.get("account", ""), startup_id=request.args.get("startup", type=int))
    form.offer_startups(credit_queries.grant_holders())
    if accepted(form):
        try:
            usage.link_cloud_account(
                actor=current_actor(), sub_account=form.sub_account.data, startup_id=form.startup_id.data
            )
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(_("The account is linked, and its usage counted."))
            return redirect(url_for(".unmatched"))
    return page("staff/usage/link.html", form=form)


@bp.post("/credits/accounts/<int:cloud_account_id>/unlink")
@permits(Permission.CREDIT_MANAGE)
def unlink(cloud_account_id: int) -> ResponseReturnValue:
    """Undo a wrong link."""
    usage.unlink_cloud_account(actor=current_actor(), cloud_account_id=cloud_account_id)
    flash(_("The account is no longer linked; what it had used is given back."))
    return redirect(url_for(".unmatched"))
