"""Web · Reviewer — the selection committee."""

from __future__ import annotations

URL_PREFIX = "/reviewing"
