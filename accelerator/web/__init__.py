"""Web — floor 6. One URL, one view, one service call; divided by audience, then by room."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

from accelerator.web import (
    api,
    coordinator,
    errors,
    filters,
    links,
    locale,
    navigation,
    public,
    reviewer,
    security,
    staff,
    words,
)
from accelerator.web import startup as startup_pages
from accelerator.web.rooms import audience_blueprint

__all__ = ["locale", "register", "security", "words"]


class RowNumber(IntegerConverter):
    """A row's number in an address, no larger than the databases count; beyond that there is nothing."""

    def __init__(self, map_: Map, *arguments: Any, **options: Any) -> None:
        super().__init__(map_, *arguments, **{"max": 2**31 - 1, **options})


def register(app: Flask) -> None:
    """Every page of every audience, the error pages, the filters and the menus."""
    app.url_map.converters["int"] = RowNumber
    for package in (public, startup_pages, reviewer, coordinator, staff, api):
        app.register_blueprint(audience_blueprint(package))
    locale.register(app)
    links.register(app)
    security.register(app)
    errors.register(app)
    filters.register(app)
    navigation.register(app)
