"""Jobs · Credits — what is not used by a grant's last day expires."""

from __future__ import annotations

from accelerator.services.ledger import expire_due_grants

EVERY = {expire_due_grants: 3600}
