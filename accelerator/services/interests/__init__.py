"""Services · Interests — the register, what startups name, suspicions decided, dossiers taken off conflicted desks."""

from __future__ import annotations

from accelerator.services.interests.register import (
    declare_interest,
    edit_interest,
    end_interest,
    remove_interest,
    state_register,
)
from accelerator.services.interests.stepping_aside import step_aside, step_aside_everywhere
from accelerator.services.interests.suspicions import (
    confirm_own_suspicion,
    confirm_suspicion,
    export_conflicts,
    ignore_suspicion,
    reopen_suspicion,
)
from accelerator.services.interests.ties import drop_tie, name_tie

__all__ = [
    "confirm_own_suspicion",
    "confirm_suspicion",
    "declare_interest",
    "drop_tie",
    "edit_interest",
    "end_interest",
    "export_conflicts",
    "ignore_suspicion",
    "name_tie",
    "remove_interest",
    "reopen_suspicion",
    "state_register",
    "step_aside",
    "step_aside_everywhere",
]
