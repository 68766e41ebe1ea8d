"""Jobs · Letters — send what is due in the outbox."""

from __future__ import annotations

from accelerator.services.letters import send_due_letters

EVERY = {send_due_letters: 5}
