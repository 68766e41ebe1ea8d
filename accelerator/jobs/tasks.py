"""Jobs · Tasks — do the background work people asked for."""

from __future__ import annotations

from accelerator.services.tasks import run_due_tasks

EVERY = {run_due_tasks: 1}
