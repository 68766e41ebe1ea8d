"""Jobs · Usage — read the cost exports that lie in the watched folder."""

from __future__ import annotations

from accelerator.services.usage import read_inbox

EVERY = {read_inbox: 60}
