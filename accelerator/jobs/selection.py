"""Jobs · Selection — rankings that reviews have overtaken; offers nobody answered in time."""

from __future__ import annotations

from accelerator.services.offers import expire_due_offers
from accelerator.services.rankings import compute_stale_rankings

EVERY = {compute_stale_rankings: 60, expire_due_offers: 60}
