"""Web · Locale — the language of the page: asked in the address, chosen before, the browser's, French."""

from __future__ import annotations

from contextvars import ContextVar
from functools import cache
from pathlib import Path

from babel.support import NullTranslations, Translations
from flask import Flask, has_request_context, request
from flask_babel import get_locale
from flask_login import current_user

from accelerator.kernel.message import LOCALES

COOKIE = "lang"
_present: ContextVar[str | None] = ContextVar("present_language", default=None)
TRANSLATIONS = Path(__file__).resolve().parents[1] / "translations"


def selected() -> str:
    """`fr` or `en`: `?lang=` first, then the cookie, the account, the browser, French."""
    if not has_request_context():
        return LOCALES[0]
    for wish in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if wish in LOCALES:
            return wish
    if current_user.is_authenticated:
        return str(current_user.actor.locale)
    return request.accept_languages.best_match(LOCALES) or LOCALES[0]


def zone() -> str:
    """Instants are shown in the programme's zone, by name."""
    return "Europe/Paris"


def current() -> str:
    """The language this page is written in; found out once a request."""
    return _present.get() or str(get_locale() or LOCALES[0])[:2]


def register(app: Flask) -> None:
    """Find the language out when a request comes in, forget it when it has gone."""

    @app.before_request
    def _enter() -> None:
        _present.set(selected())

    @app.teardown_request
    def _leave(_error: BaseException | None) -> None:
        _present.set(None)


def sentence(msgid: str, **values: object) -> str:
    """A marked sentence in the page's language with its values filled in (the templates' `_`)."""
    text = _catalogue(current()).gettext(msgid)
    return text % values if values else text


def counted(singular: str, plural: str, num: int, **values: object) -> str:
    """The same for a sentence that counts (the templates' `ngettext`)."""
    return _catalogue(current()).ngettext(singular, plural, num) % {"num": num, **values}


@cache
def _catalogue(locale: str) -> NullTranslations:
    return Translations.load(str(TRANSLATIONS), [locale])
