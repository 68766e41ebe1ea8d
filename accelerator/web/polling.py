"""Web · Polling — the answer to a page that asks, every other second, whether there is anything new."""

from __future__ import annotations

from flask import Response, request


def stamped(stamp: str) -> Response:
    """The stamp of what there is to show; an empty 304 for whoever has it already."""
    etag = f'"{stamp}"'
    if request.if_none_match.contains_weak(stamp):  # a proxy that compresses makes strong tags weak
        response = Response(status=304)
    else:
        response = Response(f'{{"stamp": "{stamp}"}}', mimetype="application/json")
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "no-store"
    return response
