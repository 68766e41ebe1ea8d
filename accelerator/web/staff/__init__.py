"""Web · Staff — the programme team."""

from __future__ import annotations

URL_PREFIX = "/staff"
