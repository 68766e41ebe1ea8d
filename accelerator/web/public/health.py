"""Web · Public · Health — is the process up, can it serve."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from accelerator.queries import health
from accelerator.web.security import public

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """The process and its database answer."""
    return {"status": "ok"} if health.database_answers() else ({"status": "database"}, 503)
