"""The cohort manager of a national startup programme. `create_app` is the one place that sees every floor."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from accelerator import cli, config, database, jobs, models, outbound, web
from accelerator.extensions import babel, csrf, db, limiter, login_manager, migrate
from accelerator.services import accounts

ROOT = Path(__file__).resolve().parent.parent

__all__ = ["create_app", "models"]


def create_app(overrides: Mapping[str, Any] | None = None) -> Flask:
    """A configured application. Raises ConfigError, or PermissionMissing when a route names no permission."""
    app = Flask(__name__, template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config.from_mapping(config.load(overrides))
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True

    database.configure(app)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "accelerator" / "migrations"), render_as_batch=True)
    login_manager.init_app(app)
    csrf.init_app(app)
    limiter.init_app(app)
    babel.init_app(
        app,
        default_translation_directories=str(ROOT / "accelerator" / "translations"),
        locale_selector=web.locale.selected,
        timezone_selector=web.locale.zone,
    )
    outbound.configure(app.config, ROOT, web.words.WORDS)
    accounts.configure(
        time_cost=app.config["PASSWORD_TIME_COST"], memory_kibibytes=app.config["PASSWORD_MEMORY_KIBIBYTES"]
    )

    web.register(app)
    cli.register(app)
    web.security.refuse_silent_routes(app)
    if app.config["SCHEDULER"]:
        jobs.start(app)

    if app.config["PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, *[app.config["PROXIES"]] * 4)  # type: ignore[method-assign]
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(ROOT / "static"),
        prefix="static/",
        max_age=3600 if app.config["APP_ENV"] != "test" else 0,
        allow_all_origins=False,
    )
    return app
