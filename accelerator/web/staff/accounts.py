"""Web · Staff · Accounts — people and their roles."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.forms.choices import chosen_code, chosen_region
from accelerator.forms.desk import InviteForm, PeopleFilterForm
from accelerator.kernel.enums import Role
from accelerator.kernel.errors import NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.queries import people as queries
from accelerator.services import accounts
from accelerator.web.binding import accepted, asked, bind, bind_query, page, page_number
from accelerator.web.security import current_actor, permits

bp = Blueprint("accounts", __name__)


@bp.get("/people")
@permits(Permission.ACCOUNT_MANAGE)
def people() -> ResponseReturnValue:
    """Everybody with a role, filtered by the address."""
    form = bind_query(PeopleFilterForm)
    found = queries.people(role=form.role_chosen(), search=form.search(), page=page_number())
    return page("staff/accounts/people.html", filters=form, people=found, page=page_number(), asked=asked(form))


@bp.route("/people/invite", methods=["GET", "POST"])
@permits(Permission.ACCOUNT_MANAGE)
def invite() -> ResponseReturnValue:
    """Give a role to a person, known or new."""
    form = bind(InviteForm)
    if accepted(form):
        try:
            accounts.invite(
                actor=current_actor(),
                email=form.email.data,
                name=form.name.data,
                grants=form.grants(),
                locale=form.locale.data,
            )
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(
                _(
                    "%(email)s has the role. A new person receives an e-mail to choose a password.",
                    email=form.email.data,
                )
            )
            return redirect(url_for(".people"))
    return page("staff/accounts/invite.html", form=form)


@bp.post("/people/<int:user_id>/revoke")
@permits(Permission.ACCOUNT_MANAGE)
def revoke(user_id: int) -> ResponseReturnValue:
    """Take one role away."""
    role = chosen_code(Role, request.form.get("role"))
    if role is None:
        raise NotFound(Message("This person does not hold this role."))
    region_code = chosen_region(request.form.get("region_code"))
    accounts.revoke_role(actor=current_actor(), user_id=user_id, role=role, region_code=region_code)
    flash(_("The role is taken away. It counts from the next page on."))
    return redirect(url_for(".people"))
