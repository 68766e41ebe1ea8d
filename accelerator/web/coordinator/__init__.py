"""Web · Coordinator — regional coordinators: venues, sessions, bookings, attendance."""

from __future__ import annotations

URL_PREFIX = "/regions"
