"""Web · Links — addresses of pages in templates, worked out once a route and filled in per link.

A table of 100 rows has 200 links; asking the router for each costs more than the rest of the page. A route whose
values are whole numbers or plain codes is a text with gaps; everything else still goes to the router.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask, request
from flask import url_for as routed_url_for

_GAP: Final = re.compile(r"<(?:(?:int|string|default):)?(\w+)>")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]+")
_present: ContextVar[tuple[str, str] | None] = ContextVar("present_page", default=None)  # (blueprint, script root)


@dataclass(frozen=True)
class _Pattern:
    """A route as a format string, and the names of its gaps."""

    text: str
    names: frozenset[str]


_patterns: dict[str, _Pattern] = {}


def register(app: Flask) -> None:
    """Give templates `url_for`; find the routes that are plain patterns."""
    rules: dict[str, list[str]] = {}
    for rule in app.url_map.iter_rules():
        if not rule.defaults and not rule.build_only:
            rules.setdefault(rule.endpoint, []).append(rule.rule)
    for endpoint, texts in rules.items():
        names = _GAP.findall(texts[0])
        pattern = _GAP.sub(r"{\1}", texts[0])
        if len(texts) == 1 and "<" not in pattern and _PLAIN.fullmatch(re.sub(r"[/{}.]", "", pattern) or "x"):
            _patterns[endpoint] = _Pattern(pattern, frozenset(names))
    app.jinja_env.globals["url_for"] = url_for

    @app.before_request
    def _enter() -> None:
        _present.set((request.blueprint or "", request.script_root))

    @app.teardown_request
    def _leave(_error: BaseException | None) -> None:
        _present.set(None)


def url_for(endpoint: str, **values: Any) -> str:
    """The address of a page, as Flask's own `url_for` gives it."""
    present = _present.get()
    if present is None:
        return routed_url_for(endpoint, **values)
    blueprint, root = present
    pattern = _patterns.get(blueprint + endpoint if endpoint[0] == "." else endpoint)
    if pattern is None or not pattern.names <= values.keys():
        return routed_url_for(endpoint, **values)
    asked = []
    for name, value in values.items():
        if value is None and name not in pattern.names:
            continue
        if type(value) is not int and not (type(value) is str and _PLAIN.fullmatch(value)):
            return routed_url_for(endpoint, **values)
        if name not in pattern.names:
            if name[0] == "_":
                return routed_url_for(endpoint, **values)
            asked.append(f"{name}={value}")
    path = root + pattern.text.format_map(values)
    return f"{path}?{'&'.join(asked)}" if asked else path
