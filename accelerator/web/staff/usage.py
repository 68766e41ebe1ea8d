"""Web · Staff · Usage — cost exports in, and whose account it is."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.forms.credits import LinkForm, UsageForm
from accelerator.kernel.errors import NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.queries import credits as credit_queries
from accelerator.queries import usage as queries
from accelerator.services import usage
from accelerator.web.binding import accepted, bind, page, page_number
from accelerator.web.security import current_actor, permits

bp = Blueprint("usage", __name__)


@bp.route("/credits/usage", methods=["GET", "POST"])
@permits(Permission.CREDIT_MANAGE)
def index() -> ResponseReturnValue:
    """Read a cost export; the exports read so far."""
    form = bind(UsageForm)
    if accepted(form):
        try:
            imported, _read = usage.import_usage(
                actor=current_actor(),
                stream=form.file.data.stream,
                file_name=form.file.data.filename,
                currency=form.currency.data or "",
            )
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(
                _("This file had been read before. Nothing was changed.")
                if imported.is_repeat
                else _("The file is read.")
            )
            return redirect(url_for(".show", import_id=imported.import_id))
    imports, pages = queries.imports(page=page_number())
    return page("staff/usage/index.html", form=form, imports=imports, page=page_number(), pages=pages)


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
