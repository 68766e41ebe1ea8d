"""Web · Public — anyone: home, the call, the counter, workshops, signing in."""

from __future__ import annotations

URL_PREFIX = ""
