"""Web · Staff · Audit — who did what, and whether the chain of entries is whole."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.forms.desk import AuditFilterForm
from accelerator.kernel.permissions import Permission
from accelerator.queries import audit as queries
from accelerator.services import audit
from accelerator.web import trail
from accelerator.web.binding import asked, bind_query, page
from accelerator.web.security import permits

bp = Blueprint("audit", __name__)


@bp.get("/audit")
@permits(Permission.AUDIT_READ)
def index() -> ResponseReturnValue:
    """The trail, newest first, filtered by the address."""
    form = bind_query(AuditFilterForm)
    found = queries.trail(subject=form.subject_chosen(), person=form.person_chosen(), older_than=form.older_than())
    return page("staff/audit/index.html", filters=form, trail=found, lines=trail.lines(found.rows), asked=asked(form))


@bp.post("/audit/check")
@permits(Permission.AUDIT_READ)
def check() -> ResponseReturnValue:
    """Compute every hash of the chain again."""
    broken = audit.first_broken_entry()
    flash(
        _("The chain is intact: every entry follows from the one before.")
        if broken is None
        else _("The chain is broken at entry %(number)s. Tell the administrator and keep a copy now.", number=broken)
    )
    return redirect(url_for(".index"))
