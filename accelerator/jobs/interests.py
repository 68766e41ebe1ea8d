"""Jobs · Interests — dossiers leave the desk of whoever must not read them, by whatever door the conflict became known."""

from __future__ import annotations

from accelerator.services.interests import step_aside_everywhere

EVERY = {step_aside_everywhere: 1800}
