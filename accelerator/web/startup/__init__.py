"""Web · Startup — founders: application, offer, credits, workshops."""

from __future__ import annotations

URL_PREFIX = "/my"
