"""Links made the short way are those the router makes."""

from __future__ import annotations

import pytest
from flask import url_for as routed_url_for

from accelerator.web import links

VALUES = {"IntegerConverter": (1, 12345), "UnicodeConverter": ("GS-2027-1", "x", "é / ?", "a b")}


def test_every_route_reads_as_the_router_writes_it(app):
    with app.test_request_context("/staff/", base_url="http://localhost/prefix"):
        app.preprocess_request()
        for rule in app.url_map.iter_rules():
            for turn in range(4):
                values = {
                    name: VALUES[type(converter).__name__][turn % len(VALUES[type(converter).__name__])]
                    for name, converter in rule._converters.items()
                    if type(converter).__name__ in VALUES
                }
                if values.keys() != rule.arguments:
                    continue
                assert links.url_for(rule.endpoint, **values) == routed_url_for(rule.endpoint, **values)


@pytest.mark.parametrize(
    "values",
    [
        {"code": "X", "page": 2},
        {"code": "X", "_anchor": "top"},
        {"code": "X", "state": None},
        {"code": "X", "state": "open", "page": 3, "region": None},
        {"code": "X", "q": "é & b"},
        {"page": 2, "code": "X"},
    ],
)
def test_what_is_asked_reads_as_the_router_writes_it(app, values):
    with app.test_request_context("/staff/"):
        app.preprocess_request()
        assert links.url_for("staff.programmes.batch", **values) == routed_url_for("staff.programmes.batch", **values)


def test_a_relative_endpoint_stays_in_its_room(app, browser, db):
    with app.test_request_context("/sign-in"):
        app.preprocess_request()
        assert links.url_for(".sign_up") == "/sign-up"
