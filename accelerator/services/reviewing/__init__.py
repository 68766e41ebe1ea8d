"""Services · Reviewing — the committee, handing dossiers out, scoring them, stepping back from them."""

from __future__ import annotations

from accelerator.services.reviewing.committee import name_reviewer, remove_reviewer, set_capacity
from accelerator.services.reviewing.handing_out import confirm_assignment, give, undo_assignment
from accelerator.services.reviewing.reminders import remind, remind_all
from accelerator.services.reviewing.reviews import autosave_draft, open_deck, submit_review
from accelerator.services.reviewing.stepping_back import declare_conflict, give_back

__all__ = [
    "autosave_draft",
    "confirm_assignment",
    "declare_conflict",
    "give",
    "give_back",
    "name_reviewer",
    "open_deck",
    "remind",
    "remind_all",
    "remove_reviewer",
    "set_capacity",
    "submit_review",
    "undo_assignment",
]
