"""Web · Navigation — the menus, as data: what each audience finds in the header."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Flask, current_app, request
from jinja2 import pass_context
from jinja2.runtime import Context
from werkzeug.exceptions import HTTPException

from accelerator.kernel.message import N_
from accelerator.kernel.permissions import Permission
from accelerator.rules import access
from accelerator.web.links import url_for
from accelerator.web.security import current_actor


@dataclass(frozen=True)
class MenuItem:
    """One entry: shown to people whose roles hold the permission (None: to anyone)."""

    label: str
    endpoint: str
    permission: Permission | None = None


MENUS: Final[dict[str, tuple[MenuItem, ...]]] = {
    "public": (
        MenuItem(N_("The calls"), "public.programmes.calls"),
        MenuItem(N_("Workshops"), "public.workshops.index"),
        MenuItem(N_("The counter"), "public.counter.index"),
    ),
    "startup": (
        MenuItem(N_("My space"), "startup.home.index", Permission.STARTUP_OWN),
        MenuItem(N_("Credits"), "startup.credits.index", Permission.CREDIT_OWN),
        MenuItem(N_("Workshops"), "startup.workshops.index", Permission.BOOKING_MAKE),
    ),
    "reviewer": (
        MenuItem(N_("My desk"), "reviewer.reviewing.desk", Permission.REVIEW_SUBMIT),
        MenuItem(N_("My interests"), "reviewer.interests.index", Permission.REVIEW_SUBMIT),
    ),
    "coordinator": (MenuItem(N_("My sessions"), "coordinator.workshops.index", Permission.WORKSHOP_MANAGE),),
    "staff": (
        MenuItem(N_("Batches"), "staff.programmes.batches", Permission.PROGRAMME_READ),
        MenuItem(N_("Startups"), "staff.startups.index", Permission.STARTUP_READ),
        MenuItem(N_("Credits"), "staff.credits.pools", Permission.CREDIT_READ),
        MenuItem(N_("Sessions"), "coordinator.workshops.index", Permission.WORKSHOP_MANAGE),
        MenuItem(N_("Counter"), "staff.counter.index", Permission.COUNTER_DRILL),
        MenuItem(N_("Reports"), "staff.reports.index", Permission.REPORT_READ),
        MenuItem(N_("E-mails"), "staff.letters.outbox", Permission.LETTER_MANAGE),
        MenuItem(N_("People"), "staff.accounts.people", Permission.ACCOUNT_MANAGE),
        MenuItem(N_("Audit trail"), "staff.audit.index", Permission.AUDIT_READ),
    ),
}

SPACES: Final[tuple[tuple[str, MenuItem], ...]] = (
    ("startup", MenuItem(N_("Founder space"), "startup.home.index", Permission.STARTUP_OWN)),
    ("reviewer", MenuItem(N_("Selection committee"), "reviewer.reviewing.desk", Permission.REVIEW_SUBMIT)),
    ("coordinator", MenuItem(N_("Regions"), "coordinator.workshops.index", Permission.WORKSHOP_MANAGE)),
    ("staff", MenuItem(N_("Programme team"), "staff.home.index", Permission.PROGRAMME_READ)),
)
"""Where a person can go: one space a role."""


@dataclass(frozen=True)
class Link:
    """One entry ready to draw."""

    label: str
    url: str
    is_current: bool


def _links(items: tuple[MenuItem, ...]) -> list[Link]:
    actor, views, here = current_actor(), current_app.view_functions, request.endpoint
    return [
        Link(item.label, url_for(item.endpoint), here == item.endpoint)
        for item in items
        if item.endpoint in views and (item.permission is None or access.permitted(actor, item.permission))
    ]


def menu(audience: str) -> list[Link]:
    """The entries of an audience's menu that this person may open."""
    return _links(MENUS[audience])


def spaces() -> list[Link]:
    """The spaces this person may enter."""
    return _links(tuple(item for _, item in SPACES))


_ORDER: Final = ("staff", "reviewer", "coordinator", "startup")


def _own_spaces() -> list[str]:
    """The names of the spaces this person may enter, the one to land in first."""
    actor, views, by_name = current_actor(), current_app.view_functions, dict(SPACES)
    return [
        name
        for name in _ORDER
        if by_name[name].endpoint in views
        and (permission := by_name[name].permission)
        and access.permitted(actor, permission)
    ]


def home_of_actor() -> str:
    """Where a person lands after signing in."""
    own = _own_spaces()
    return url_for(dict(SPACES)[own[0]].endpoint if own else "public.home.index")


def audience() -> str:
    """Whose menu a page without one of its own wears: of the space asked for if it is the person's, else of their own."""
    own = _own_spaces()
    asked = (request.blueprint or "").partition(".")[0] or request.path.strip("/").partition("/")[0]
    if asked in own:
        return asked
    return own[0] if own else "public"


_WAYS_IN: Final[dict[str, str]] = {
    "startup.applications.start": N_("Sign in, or open an account, to apply to this call."),
    "startup.workshops.book": N_("Sign in, or open an account, to book a seat in this workshop."),
}


def reason_to_sign_in(target: str) -> str:
    """Why the sign-in page stands in the way of the page asked for; empty where nothing was asked for."""
    path = target.partition("?")[0]
    if not path.startswith("/") or path == "/":
        return ""
    try:
        endpoint, _values = current_app.url_map.bind("").match(path)
    except HTTPException:
        return ""
    return _WAYS_IN.get(endpoint, N_("Sign in to go on to the page you asked for."))


@pass_context
def may_open(_context: Context, endpoint: str) -> bool:
    """True when the page exists and this person's roles hold its permission.

    It takes the context so that the template compiler asks it at every drawing: without, the first answer would
    be kept for everybody.
    """
    view = current_app.view_functions.get(endpoint)
    permission: Permission | None = getattr(view, "permission", None)
    return view is not None and (permission is None or access.permitted(current_actor(), permission))


def register(app: Flask) -> None:
    """The menus, for the layouts; the tests `is endpoint` (the page exists) and `is openable` (and for this person)."""
    app.jinja_env.globals.update(menu=menu, spaces=spaces, current_actor=current_actor)
    app.jinja_env.tests["endpoint"] = app.view_functions.__contains__
    app.jinja_env.tests["openable"] = may_open
