"""Jobs · Reviewing — dossiers are made blind before anybody reads them; those out of reach are offered to others."""

from __future__ import annotations

from accelerator.services.blindness import search_due_dossiers
from accelerator.services.reviewing import offer_stalled_dossiers

EVERY = {search_due_dossiers: 20, offer_stalled_dossiers: 3600}
