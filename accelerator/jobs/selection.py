"""Jobs · Selection — rankings that reviews have overtaken; offers nobody answered in time; waves whose time has come."""

from __future__ import annotations

from accelerator.services.offers import expire_due_offers
from accelerator.services.rankings import compute_stale_rankings
from accelerator.services.waves import send_due_waves

EVERY = {compute_stale_rankings: 60, expire_due_offers: 60, send_due_waves: 30}
