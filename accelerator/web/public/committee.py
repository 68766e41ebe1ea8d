"""Web · Public · Committee — the link of an invitation: accept for so many dossiers, or decline with a reason."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.extensions import limiter
from accelerator.forms.reviewing import AcceptForm, DeclineForm
from accelerator.kernel import clock
from accelerator.kernel.errors import RuleViolation
from accelerator.rules import reviewing as rules
from accelerator.services import reviewing
from accelerator.web.binding import accepted, bind, page
from accelerator.web.security import current_actor, public

bp = Blueprint("committee", __name__)


@bp.get("/committee/<token>")
@public
def invitation(token: str) -> ResponseReturnValue:
    """What is asked, and the two answers; opening it changes nothing, because mail scanners open links."""
    return _invitation_page(token)


@bp.post("/committee/<token>/accept")
@public
@limiter.limit("30 per hour")
def accept(token: str) -> ResponseReturnValue:
    """Sit on the committee; somebody new goes on to choose a password."""
    form = bind(AcceptForm)
    if accepted(form):
        try:
            done = reviewing.accept_invitation(token=token, capacity=form.capacity.data)
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            return _on_from(done)
    return _invitation_page(token, accept_form=form)


@bp.post("/committee/<token>/decline")
@public
@limiter.limit("30 per hour")
def decline(token: str) -> ResponseReturnValue:
    """Say no; the programme team reads the reason."""
    form = bind(DeclineForm)
    if accepted(form):
        try:
            reviewing.decline_invitation(token=token, reason=form.decline_reason.data)
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(_("Thank you for your answer. The programme team has been told."))
            return redirect(url_for(".invitation", token=token))
    return _invitation_page(token, decline_form=form)


def _on_from(done: reviewing.Accepted) -> ResponseReturnValue:
    if done.password_token:
        flash(
            _("Thank you: you are on the committee. Choose a password; a letter will tell you when dossiers are ready.")
        )
        return redirect(url_for("public.accounts.new_password", token=done.password_token))
    flash(_("Thank you: you are on the committee. An e-mail will tell you when dossiers are ready."))
    if current_actor().user_id == done.user_id:
        return redirect(url_for("reviewer.reviewing.desk"))
    return redirect(url_for("public.accounts.sign_in", next=url_for("reviewer.reviewing.desk")))


def _invitation_page(
    token: str, *, accept_form: AcceptForm | None = None, decline_form: DeclineForm | None = None
) -> ResponseReturnValue:
    g.no_store = True
    asked = reviewing.opened_invitation(token)
    return page(
        "public/committee/invitation.html",
        form=accept_form or decline_form,
        accept_form=accept_form or AcceptForm(data={"capacity": asked.asked}),
        decline_form=decline_form or DeclineForm(),
        asked=asked,
        verdict=rules.can_answer(asked.state, asked.batch_state, asked.due_at, clock.now()),
        token=token,
    )
