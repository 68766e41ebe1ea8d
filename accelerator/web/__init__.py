"""Web — floor 6. One URL, one view, one service call; divided by audience, then by room."""

from __future__ import annotations

from typing import Final

from flask import Flask
from werkzeug.exceptions import NotFound
from werkzeug.routing import IntegerConverter

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


LARGEST_ROW: Final = 2**31 - 1


class RowNumber(IntegerConverter):
    """A row's number in an address; beyond what the databases count there is nothing, however it is asked for."""

    def to_python(self, value: str) -> int:
        """The number. Raises: NotFound for one that no row has."""
        number = int(super().to_python(value))
        if number > LARGEST_ROW:
            raise NotFound
        return number


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
