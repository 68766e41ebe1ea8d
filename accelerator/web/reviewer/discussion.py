"""Web · Reviewer · Discussion — what the others wrote about a dossier that one has reviewed, and what is said of it."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from accelerator.forms.discussion import RemarkForm
from accelerator.kernel.permissions import Permission
from accelerator.queries.discussion import readers
from accelerator.web import discussions
from accelerator.web.security import current_actor, permits

bp = Blueprint("discussion", __name__)


@bp.get("/assignments/<int:assignment_id>/discussion")
@permits(Permission.REVIEW_SUBMIT)
def show(assignment_id: int) -> ResponseReturnValue:
    """The discussion of a dossier, under its number."""
    return _page(assignment_id)


@bp.post("/assignments/<int:assignment_id>/discussion")
@permits(Permission.REVIEW_SUBMIT)
def write(assignment_id: int) -> ResponseReturnValue:
    """Say something about the dossier, or answer somebody."""
    form = discussions.bound()
    written = discussions.write(_application_id(assignment_id), form)
    if written is None:
        return _page(assignment_id, form)
    return discussions.back(".show", written, form, assignment_id=assignment_id)


@bp.post("/assignments/<int:assignment_id>/discussion/<int:remark_id>/withdraw")
@permits(Permission.REVIEW_SUBMIT)
def withdraw(assignment_id: int, remark_id: int) -> ResponseReturnValue:
    """Take one's own remark back."""
    discussions.withdraw(_application_id(assignment_id), remark_id)
    return redirect(url_for(".show", assignment_id=assignment_id, page=request.args.get("page")))


def _application_id(assignment_id: int) -> int:
    return readers.application_of(assignment_id, current_actor().user_id or 0)


def _page(assignment_id: int, form: RemarkForm | None = None) -> ResponseReturnValue:
    return discussions.shown(
        "reviewer/discussion/show.html",
        _application_id(assignment_id),
        is_blind=True,
        form=form,
        assignment_id=assignment_id,
    )
