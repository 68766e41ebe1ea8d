"""Every route, every role: who gets in; headers, forged forms, silent routes."""

from __future__ import annotations

import contextvars

import pytest
from flask import Flask
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter

from accelerator import create_app
from accelerator.kernel.enums import Role
from accelerator.kernel.permissions import Permission
from accelerator.rules.access import PERMISSIONS_OF
from accelerator.web.security import PermissionMissing, refuse_silent_routes
from tests import make
from tests.conftest import test_settings
from tests.page import Browser


def example_of(converter: BaseConverter) -> object:
    """A value this part of an address takes."""
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return 1 if isinstance(converter, IntegerConverter) else "x"


def guarded_routes(app: Flask) -> list[tuple[str, str, Permission]]:
    """Every (method, path with example values, permission) of the site that asks for one."""
    routes = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        permission = getattr(view, "permission", None)
        if permission is None:
            continue
        values = {name: example_of(converter) for name, converter in rule._converters.items()}
        path = app.url_map.bind("localhost").build(
            rule.endpoint, values, method=next(iter(rule.methods & {"GET", "POST"}))
        )
        routes += [(method, path, permission) for method in sorted(rule.methods & {"GET", "POST"})]
    return routes


def ask(app: Flask, client, method: str, path: str):
    return contextvars.Context().run(lambda: client.open(path, method=method))


def test_every_route_sends_anonymous_people_to_sign_in(app, db):
    client = app.test_client()

    wrong = [
        (method, path, answer.status_code)
        for method, path, _permission in guarded_routes(app)
        if (answer := ask(app, client, method, path)).status_code != 302
        or not answer.headers["Location"].startswith("/sign-in")
    ]

    assert wrong == []


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSTEM])
def test_every_route_refuses_the_roles_that_lack_its_permission(app, db, role):
    person = make.user((role, "84") if role is Role.COORDINATOR else role)
    client = Browser(app).sign_in(person).client

    wrong = [
        (method, path, permission, status)
        for method, path, permission in guarded_routes(app)
        if permission not in PERMISSIONS_OF[role] and (status := ask(app, client, method, path).status_code) != 403
    ]

    assert wrong == []


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSTEM])
def test_no_route_fails_on_an_object_that_is_not_there(app, db, role):
    person = make.user((role, "84") if role is Role.COORDINATOR else role)
    client = Browser(app).sign_in(person).client

    failing = [
        (method, path, status)
        for method, path, permission in guarded_routes(app)
        if permission in PERMISSIONS_OF[role]
        and (status := ask(app, client, method, path).status_code) not in {200, 302, 303, 400, 403, 404, 409, 422}
    ]

    assert failing == []


def test_a_route_without_permission_stops_the_start(app):
    broken = Flask("broken")
    broken.add_url_rule("/silent", view_func=lambda: "x", endpoint="silent")

    with pytest.raises(PermissionMissing, match="silent"):
        refuse_silent_routes(broken)


def test_every_permission_is_held_by_a_role_and_asked_by_a_route(app):
    held = frozenset().union(*(PERMISSIONS_OF[role] for role in Role if role is not Role.SYSTEM))
    asked = {permission for _method, _path, permission in guarded_routes(app)}

    assert held == frozenset(Permission)
    assert asked | {Permission.ACCOUNT_OWN} == frozenset(Permission)


def test_every_answer_carries_the_headers(app, db):
    client = app.test_client()
    for path in ("/", "/nowhere", "/healthz", "/sign-in"):
        headers = ask(app, client, "GET", path).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'self'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"


def test_a_forged_form_is_refused_on_every_route(tmp_path, app, db):
    strict = create_app(
        test_settings(tmp_path, WTF_CSRF_ENABLED=True, SQLALCHEMY_DATABASE_URI=app.config["SQLALCHEMY_DATABASE_URI"])
    )
    manager = make.user(
        *[role for role in Role if role not in (Role.SYSTEM, Role.COORDINATOR)], (Role.COORDINATOR, "84")
    )
    client = Browser(strict).sign_in(manager).client
    posts = [path for method, path, _permission in guarded_routes(strict) if method == "POST"] + [
        "/sign-in",
        "/sign-up",
    ]

    accepted = [(path, status) for path in posts if (status := ask(strict, client, "POST", path).status_code) != 400]

    assert accepted == []


def test_production_refuses_to_start_without_a_secret(tmp_path, monkeypatch):
    from accelerator.config import ConfigError

    monkeypatch.setenv("APP_ENV", "production")
    monkeypatch.delenv("SECRET_KEY", raising=False)

    with pytest.raises(ConfigError, match="SECRET_KEY is not set"):
        create_app({"INSTANCE": tmp_path})


def test_an_error_page_keeps_the_menu_of_who_asked_and_leads_home(app, browser, db):
    manager, ada = make.manager(), make.user()

    refused = browser.sign_in(ada).get("/staff/")
    missing = browser.sign_in(manager).get("/staff/nowhere")
    stranger = Browser(app).get("/nowhere")

    assert refused.status == 403
    assert "If you think this is a mistake, write to the programme team." in refused.text
    assert 'href="/my/"' in refused.body and ">My space<" in refused.body
    assert missing.status == 404
    assert "audience-staff" in missing.body and 'href="/staff/"' in missing.body and ">Batches<" in missing.body
    assert stranger.status == 404
    assert "audience-public" in stranger.body and "Go to the home page" in stranger.text


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("/my/applications/start/SF6", "Sign in, or open an account, to apply to this call."),
        ("/my/workshops/sessions/1/book", "Sign in, or open an account, to book a seat in this workshop."),
        ("/staff/", "Sign in to go on to the page you asked for."),
    ],
)
def test_the_sign_in_page_says_why_it_stands_in_the_way(browser, db, target, why):
    assert why in browser.get(f"/sign-in?next={target}").text
    assert "Sign in to go on" not in browser.get("/sign-in").text
    assert "Sign in to go on" not in browser.get("/sign-in?next=//elsewhere.example").text


@pytest.mark.parametrize("number", [2**31, 10**22])
def test_a_number_larger_than_a_row_has_is_not_there(app, db, number):
    browser = Browser(app).sign_in(make.manager())
    assert browser.get(f"/staff/applications/{number}").status == 404
    assert browser.get(f"/staff/letters/{number}").status == 404


def test_who_was_signed_out_meanwhile_signs_in_and_is_back_on_the_page(tmp_path, app, db):
    strict = create_app(
        test_settings(tmp_path, WTF_CSRF_ENABLED=True, SQLALCHEMY_DATABASE_URI=app.config["SQLALCHEMY_DATABASE_URI"])
    )
    client = strict.test_client()
    form = {"Accept": "text/html", "Referer": "http://localhost/reviewing/assignments/7"}

    answer = contextvars.Context().run(lambda: client.post("/reviewing/assignments/7", headers=form))

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/sign-in?next=/reviewing/assignments/7"
