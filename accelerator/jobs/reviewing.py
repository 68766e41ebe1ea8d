"""Jobs · Reviewing — dossiers are searched for what says whose they are, before anybody reads them."""

from __future__ import annotations

from accelerator.services.blindness import search_due_dossiers

EVERY = {search_due_dossiers: 20}
