"""Web · Public · Accounts — sign up, sign in, sign out, a new password, the language and the colours."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.extensions import limiter
from accelerator.forms.accounts import ForgottenForm, NewPasswordForm, SignInForm, SignUpForm
from accelerator.kernel.errors import NotFound, RuleViolation
from accelerator.kernel.message import LOCALES, Message
from accelerator.services import accounts
from accelerator.web import locale, navigation, security
from accelerator.web.binding import accepted, bind, page
from accelerator.web.security import current_actor, public

bp = Blueprint("accounts", __name__)

THEMES = ("light", "dark", "auto")
YEAR_SECONDS = 365 * 24 * 3600


def _next_or_home() -> str:
    target = request.args.get("next", "")
    return target if security.is_local_path(target) and target != "/" else navigation.home_of_actor()


def _account_key() -> str:
    return "account:" + accounts.normal_email(request.form.get("email", ""))[:254]


@bp.route("/sign-in", methods=["GET", "POST"])
@public
@limiter.limit("10 per 15 minutes", key_func=_account_key, methods=["POST"])
@limiter.limit("100 per 15 minutes", methods=["POST"])
def sign_in() -> ResponseReturnValue:
    """Sign in by password."""
    form = bind(SignInForm)
    if accepted(form):
        found = accounts.check_password(email=form.email.data, password=form.password.data)
        if found is not None:
            security.sign_in(found[0])
            return redirect(_next_or_home())
        form.refuse_with(Message("Address and password do not match. Check both, or ask for a new password."))
    target = request.args.get("next", "")
    return page("public/accounts/sign_in.html", form=form, next=target, why=navigation.reason_to_sign_in(target))


@bp.route("/sign-up", methods=["GET", "POST"])
@public
@limiter.limit("30 per hour", methods=["POST"])
def sign_up() -> ResponseReturnValue:
    """Open a founder's account and go on to what was wanted."""
    form = bind(SignUpForm)
    if accepted(form):
        try:
            user_id = accounts.sign_up(
                email=form.email.data, name=form.name.data, password=form.password.data, locale=locale.current()
            )
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            security.sign_in(user_id)
            flash(_("Welcome. Your account is open."))
            return redirect(_next_or_home())
    return page("public/accounts/sign_up.html", form=form, next=request.args.get("next", ""))


@bp.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """End every copy of this sign-in."""
    if current_actor().user_id is not None:
        accounts.sign_out_everywhere(actor=current_actor())
    security.sign_out()
    return redirect(url_for("public.home.index"))


@bp.route("/forgotten", methods=["GET", "POST"])
@public
@limiter.limit("5 per hour", key_func=_account_key, methods=["POST"])
@limiter.limit("60 per hour", methods=["POST"])
def forgotten() -> ResponseReturnValue:
    """Ask for a reset letter; the answer does not tell whether the address is known."""
    form = bind(ForgottenForm)
    if accepted(form):
        accounts.ask_password_reset(email=form.email.data)
        flash(_("If this address has an account, an e-mail with a link is on its way. It is valid for one hour."))
        return redirect(url_for(".sign_in"))
    return page("public/accounts/forgotten.html", form=form)


@bp.route("/new-password/<token>", methods=["GET", "POST"])
@public
@limiter.limit("30 per hour", methods=["POST"])
def new_password(token: str) -> ResponseReturnValue:
    """Choose a password with the link of a letter; opening the link changes nothing."""
    if not accounts.token_is_good(token):
        raise NotFound(Message("This link has been used or is too old. Ask for a new one."))
    form = bind(NewPasswordForm)
    if accepted(form):
        try:
            user_id, _epoch = accounts.set_password(token=token, password=form.password.data)
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            security.sign_in(user_id)
            flash(_("Your new password is set."))
            return redirect(navigation.home_of_actor())
    return page("public/accounts/new_password.html", form=form, token=token)


@bp.post("/language/<code>")
@public
def language(code: str) -> ResponseReturnValue:
    """Read the site in French or English from now on."""
    if code not in LOCALES:
        raise NotFound(Message("There is nothing at this address."))
    if current_actor().user_id is not None:
        accounts.choose_locale(actor=current_actor(), locale=code)
    return _back_with_cookie(locale.COOKIE, code)


@bp.post("/colours/<theme>")
@public
def colours(theme: str) -> ResponseReturnValue:
    """Light, dark, or as the device says."""
    if theme not in THEMES:
        raise NotFound(Message("There is nothing at this address."))
    return _back_with_cookie("theme", theme)


def _back_with_cookie(name: str, value: str) -> ResponseReturnValue:
    target = request.form.get("back", "")
    response = redirect(target if security.is_local_path(target) else url_for("public.home.index"))
    response.set_cookie(
        name, value, max_age=YEAR_SECONDS, samesite="Lax", httponly=True, secure=current_app.config["HTTPS"]
    )
    return response
