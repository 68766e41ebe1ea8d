"""Web · Staff · Discussion — what the committee says about an application; the programme team takes part."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from accelerator.forms.discussion import RemarkForm
from accelerator.kernel.permissions import Permission
from accelerator.queries import rankings
from accelerator.web import discussions
from accelerator.web.security import permits

bp = Blueprint("discussion", __name__)


@bp.get("/applications/<int:application_id>/discussion")
@permits(Permission.SELECTION_READ)
def show(application_id: int) -> ResponseReturnValue:
    """The discussion of an application, under its startup's name."""
    return _page(application_id)


@bp.post("/applications/<int:application_id>/discussion")
@permits(Permission.SELECTION_DECIDE)
def write(application_id: int) -> ResponseReturnValue:
    """Say something to the committee, or answer somebody."""
    form = discussions.bound()
    written = discussions.write(application_id, form)
    if written is None:
        return _page(application_id, form)
    return discussions.back(".show", written, form, application_id=application_id)


@bp.post("/applications/<int:application_id>/discussion/<int:remark_id>/withdraw")
@permits(Permission.SELECTION_DECIDE)
def withdraw(application_id: int, remark_id: int) -> ResponseReturnValue:
    """Take one's own remark back."""
    discussions.withdraw(application_id, remark_id)
    return redirect(url_for(".show", application_id=application_id, page=request.args.get("page")))


def _page(application_id: int, form: RemarkForm | None = None) -> ResponseReturnValue:
    return discussions.shown(
        "staff/discussion/show.html",
        application_id,
        is_blind=False,
        form=form,
        startup=rankings.names_of([application_id]).get(application_id, ""),
    )
