"""Web · Locale — the language of the page: asked in the address, chosen before, the browser's, French."""

from __future__ import annotations

from flask import g, has_request_context, request
from flask_babel import get_locale
from flask_login import current_user

from accelerator.kernel.message import LOCALES

COOKIE = "lang"


def selected() -> str:
    """`fr` or `en`: `?lang=` first, then the cookie, the account, the browser, French."""
    if not has_request_context():
        return LOCALES[0]
    for wish in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if wish in LOCALES:
            return wish
    if "_login_user" in g and current_user.is_authenticated:
        return str(current_user.actor.locale)
    return request.accept_languages.best_match(LOCALES) or LOCALES[0]


def zone() -> str:
    """Instants are shown in the programme's zone, by name."""
    return "Europe/Paris"


def current() -> str:
    """The language this page is written in."""
    return str(get_locale() or LOCALES[0])[:2]
