"""Web · Errors — one table from refusals to pages; a page for each status, in the reader's language."""

from __future__ import annotations

import logging
import secrets
from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from accelerator.database import OperationalError
from accelerator.extensions import db
from accelerator.kernel.errors import Conflict, DomainError, NotAllowed, NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.web import navigation
from accelerator.web.security import current_actor

log = logging.getLogger(__name__)

STATUS_OF: Final[dict[type[DomainError], int]] = {
    RuleViolation: 422,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
}

SENTENCES: Final[dict[int, Message]] = {
    400: Message("This request could not be read. Go back, reload the page and try again."),
    403: Message("You may not open this page."),
    404: Message("There is nothing at this address."),
    405: Message("This address is not opened that way."),
    409: Message("Somebody changed this meanwhile. Reload the page and look again."),
    413: Message("What you sent is too large."),
    422: Message("This cannot be done."),
    429: Message("Too many tries. Wait a few minutes and try again."),
    500: Message("Something went wrong on our side. Nothing was changed."),
    503: Message("The service is busy. Try again in a moment."),
}


ADVICE: Final[dict[int, Message]] = {
    403: Message("If you think this is a mistake, write to the programme team."),
    404: Message("It may have been moved or removed, or the address was mistyped."),
    405: Message("Go back to the page before and use its buttons."),
    409: Message("Nothing was changed. Go back and look again before you try once more."),
    413: Message("Nothing was stored. Send a smaller file."),
    422: Message("Nothing was changed. Go back to the page before and look again."),
    500: Message("Try again in a few minutes."),
}
"""What to do next, one sentence a status; the other sentences say it themselves."""


def register(app: Flask) -> None:
    """Every refusal and every failure ends on a page that says what to do."""
    app.register_error_handler(DomainError, _refusal)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _database_busy)
    app.register_error_handler(Exception, _failure)


def _error_page(status: int, reason: str, reference: str = "") -> Response:
    db.session.rollback()
    if request.accept_mimetypes.best == "application/json" or request.path.startswith("/api/"):
        response = make_response({"error": str(reason)}, status)
    else:
        response = make_response(
            render_template(
                "errors/error.html",
                status=status,
                reason=reason,
                advice=ADVICE.get(status),
                reference=reference,
                layout=f"layouts/{navigation.audience()}.html",
                is_signed_in=current_actor().user_id is not None,
                home=navigation.home_of_actor(),
            ),
            status,
        )
    if status in (429, 503):
        response.headers["Retry-After"] = "5" if status == 503 else "300"
    return response


def _refusal(error: DomainError) -> Response:
    return _error_page(STATUS_OF[type(error)], error.reason)


def _stale_form(error: CSRFError) -> Response:
    """A form that is not ours to take. Somebody who was signed out meanwhile signs in and is back on the page."""
    if current_actor().user_id is None and request.accept_mimetypes.best == "text/html" and request.referrer:
        flash(_("You had been signed out. Sign in, then send it again."))
        page = urlsplit(request.referrer)
        return make_response(redirect(url_for("public.accounts.sign_in", next=page.path)))
    return _error_page(400, Message("This form is too old or was opened in another browser. Reload the page."))


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    if 300 <= status < 400:
        return error.get_response()  # type: ignore[return-value]
    response = _error_page(status, SENTENCES.get(status, SENTENCES[400 if status < 500 else 500]))
    if status == 405 and (allowed := getattr(error, "valid_methods", None)):
        response.headers["Allow"] = ", ".join(allowed)
    return response


def _database_busy(error: OperationalError) -> Response:
    if "locked" in str(error) or "busy" in str(error):
        log.warning("database busy: %s %s", request.method, request.path)
        return _error_page(503, SENTENCES[503])
    return _failure(error)


def _failure(error: Exception) -> Response:
    reference = secrets.token_hex(4)
    log.exception("failure %s on %s %s", reference, request.method, request.endpoint, exc_info=error)
    return _error_page(500, SENTENCES[500], reference)
