"""Web · API — the same services as JSON."""

from __future__ import annotations

URL_PREFIX = "/api/v1"
