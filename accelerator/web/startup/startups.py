"""Web · Startup · Startups — register a startup, say what it is, choose its people."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.extensions import limiter
from accelerator.forms.startups import MemberForm, PersonForm, StartupForm
from accelerator.kernel.errors import Conflict, RuleViolation
from accelerator.kernel.permissions import Permission
from accelerator.queries import startups as queries
from accelerator.services import startups
from accelerator.web.binding import accepted, bind, page, request_key
from accelerator.web.security import current_actor, is_local_path, permits

bp = Blueprint("startups", __name__)


def _wanted(default: str) -> str:
    target = request.args.get("next", "")
    return target if is_local_path(target) else default


@bp.route("/startups/new", methods=["GET", "POST"])
@permits(Permission.STARTUP_OWN)
@limiter.limit("30 per hour", methods=["POST"])
def new() -> ResponseReturnValue:
    """Register a startup and go on to what was wanted."""
    form = bind(StartupForm)
    if accepted(form):
        try:
            startups.register_startup(
                actor=current_actor(),
                siren=form.siren.data or "",
                details=form.details(),
                is_another=bool(form.is_another.data),
                request_key=request_key(),
            )
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(_("Your startup is registered."))
            return redirect(_wanted(url_for("startup.home.index")))
    return page("startup/startups/new.html", form=form, next=request.args.get("next"))


@bp.route("/startups/<int:startup_id>", methods=["GET", "POST"])
@permits(Permission.STARTUP_OWN)
def edit(startup_id: int) -> ResponseReturnValue:
    """Change what the startup says of itself."""
    startup = queries.own(current_actor().user_id, startup_id)
    form = bind(StartupForm, **_shown(startup))
    if accepted(form):
        try:
            _save(form, startup_id)
        except RuleViolation as violation:
            form.refuse(violation)
        except Conflict as conflict:
            form.refuse_with(conflict.reason)
            return _edit_page(form, startup_id), 409
        else:
            flash(_("Your startup is saved."))
            return redirect(_wanted(url_for("startup.home.index")))
    return page("startup/startups/edit.html", form=form, startup=startup, now=None, next=request.args.get("next"))


def _shown(startup: queries.Startup) -> dict[str, object]:
    said = {True: "yes", False: "no", None: ""}
    names = ("siren", "name", "pitch", "postcode", "city", "sector", "stage", "website", "is_stealth", "version")
    return {name: getattr(startup, name) for name in names} | {"women_founders": said[startup.women_founders]}


def _save(form: StartupForm, startup_id: int) -> None:
    startups.edit_startup(
        actor=current_actor(),
        startup_id=startup_id,
        version=form.version_seen(),
        siren=form.siren.data or "",
        details=form.details(),
    )


def _edit_page(form: StartupForm, startup_id: int) -> str:
    """The page with both texts: what was typed in the fields, what is stored beside them."""
    startup = queries.own(current_actor().user_id, startup_id)
    form.version.data, form.version.raw_data = startup.version, [str(startup.version)]
    stored = [(form[name].label.text, str(value)) for name, value in _shown(startup).items() if name in form and value]
    return page("startup/startups/edit.html", form=form, startup=startup, now=stored[:-1], next=None)[0]


@bp.get("/startups/<int:startup_id>/people")
@permits(Permission.STARTUP_OWN)
def people(startup_id: int) -> ResponseReturnValue:
    """Who belongs to the startup."""
    return _people_page(MemberForm(), startup_id)


@bp.post("/startups/<int:startup_id>/people")
@permits(Permission.STARTUP_OWN)
@limiter.limit("30 per hour")
def add_person(startup_id: int) -> ResponseReturnValue:
    """Let somebody in."""
    form = bind(MemberForm)
    if accepted(form):
        try:
            startups.add_member(
                actor=current_actor(), startup_id=startup_id, email=form.email.data, name=form.name.data or ""
            )
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(_("Done. We have written to this person."))
            return redirect(url_for(".people", startup_id=startup_id))
    return _people_page(form, startup_id)


@bp.post("/startups/<int:startup_id>/people/remove")
@permits(Permission.STARTUP_OWN)
def remove_person(startup_id: int) -> ResponseReturnValue:
    """Take somebody out, or leave."""
    user_id = bind(PersonForm).person()
    startups.remove_member(actor=current_actor(), startup_id=startup_id, user_id=user_id)
    if user_id == current_actor().user_id:
        flash(_("You have left the startup."))
        return redirect(url_for("startup.home.index"))
    flash(_("This person no longer belongs to the startup."))
    return redirect(url_for(".people", startup_id=startup_id))


@bp.post("/startups/<int:startup_id>/people/owner")
@permits(Permission.STARTUP_OWN)
def make_owner(startup_id: int) -> ResponseReturnValue:
    """Hand the startup over to another of its people."""
    startups.hand_over(actor=current_actor(), startup_id=startup_id, user_id=bind(PersonForm).person())
    flash(_("The startup has a new owner."))
    return redirect(url_for(".people", startup_id=startup_id))


def _people_page(form: MemberForm, startup_id: int) -> ResponseReturnValue:
    startup = queries.own(current_actor().user_id, startup_id)
    people_now = queries.people(startup_id)
    is_owner = any(one.is_owner for one in people_now if one.user_id == current_actor().user_id)
    return page("startup/startups/people.html", form=form, startup=startup, people=people_now, is_owner=is_owner)
