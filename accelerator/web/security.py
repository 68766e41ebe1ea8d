"""Web · Security — who is asking, what the page asks of them, and the headers of every answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from flask import Flask, Response, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import UserMixin, current_user, login_user, logout_user

from accelerator.extensions import login_manager
from accelerator.kernel.actor import Actor
from accelerator.kernel.errors import NotAllowed
from accelerator.kernel.permissions import Permission
from accelerator.queries import accounts
from accelerator.rules import access

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer", bound=ResponseReturnValue)

ANONYMOUS = Actor(user_id=None, name="")

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


EMBEDDABLE_POLICY = CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")
"""For the few pages that others may show in a frame; they hold no form and nothing personal."""


class PermissionMissing(RuntimeError):
    """A route says neither `@permits(...)` nor `@public`; the application does not start."""


class SignedInUser(UserMixin):
    """What Flask-Login carries: the actor, and an id that dies with the session epoch."""

    def __init__(self, signed_in: accounts.SignedIn) -> None:
        self.actor = signed_in.actor
        self.id = f"{signed_in.actor.user_id}.{signed_in.session_epoch}"


@login_manager.user_loader
def _load_user(cookie_id: str) -> SignedInUser | None:
    user_id, _, epoch = cookie_id.partition(".")
    if not user_id.isdecimal() or not epoch.isdecimal():
        return None
    signed_in = accounts.find_signed_in(int(user_id))
    if signed_in is None or signed_in.session_epoch != int(epoch):
        return None
    return SignedInUser(signed_in)


def current_actor() -> Actor:
    """The person behind this request; ANONYMOUS when nobody is signed in."""
    return cast(SignedInUser, current_user).actor if current_user.is_authenticated else ANONYMOUS


def sign_in(user_id: int) -> None:
    """Start a signed-in browser session under a fresh cookie."""
    signed_in = accounts.find_signed_in(user_id)
    if signed_in is None:
        raise NotAllowed("unknown user")
    kept = {key: session[key] for key in ("csrf_token",) if key in session}
    session.clear()
    session.update(kept)
    session.permanent = True
    login_user(SignedInUser(signed_in))


def sign_out() -> None:
    """Forget the person in this browser."""
    logout_user()
    session.clear()


def permits(
    permission: Permission,
) -> Callable[[Callable[Parameters, Answer]], Callable[Parameters, ResponseReturnValue]]:
    """The view is for people whose roles hold the permission; others sign in, or are refused."""

    def decorate(view: Callable[Parameters, Answer]) -> Callable[Parameters, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: Parameters.args, **kwargs: Parameters.kwargs) -> ResponseReturnValue:
            actor = current_actor()
            if actor.user_id is None:
                return _ask_to_sign_in()
            if not (verdict := access.may(actor, permission)):
                raise NotAllowed(verdict.reason)
            return view(*args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def public(view: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """The view is for anyone."""
    view.permission = None  # type: ignore[attr-defined]
    return view


def _ask_to_sign_in() -> ResponseReturnValue:
    if request.accept_mimetypes.best == "application/json":
        return {"error": "sign_in"}, 401
    back = request.full_path.rstrip("?") if request.method == "GET" else _path_of(request.referrer)
    return redirect(url_for("public.accounts.sign_in", next=back))


def _path_of(url: str | None) -> str:
    base = request.host_url
    return "/" + url[len(base) :] if url and url.startswith(base) else "/"


def is_local_path(target: str) -> bool:
    """True for a path on this site: one leading slash, no backslash, no control character."""
    return (
        target.startswith("/")
        and not target.startswith("//")
        and "\\" not in target
        and all(ord(character) > 32 for character in target)
    )


def refuse_silent_routes(app: Flask) -> None:
    """Raise PermissionMissing when a route does not say who may open it."""
    silent = sorted(
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and not hasattr(app.view_functions[rule.endpoint], "permission")
    )
    if silent:
        raise PermissionMissing(f"routes without @permits or @public: {', '.join(silent)}")


def register(app: Flask) -> None:
    """Headers on every answer; nothing personal is kept by a cache."""

    @app.after_request
    def _headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        if headers["Content-Security-Policy"] != EMBEDDABLE_POLICY:
            headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(), microphone=()")
        if current_app.config["HTTPS"]:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if current_user.is_authenticated or "csrf_token" in session or g.get("no_store"):
            headers.setdefault("Cache-Control", "no-store")
        return response
