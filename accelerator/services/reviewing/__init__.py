"""Services · Reviewing — the committee, handing dossiers out, scoring them, stepping back from them."""

from __future__ import annotations

from accelerator.services.reviewing.by_hand import give, take_away
from accelerator.services.reviewing.calibration import choose_calibration, set_calibration_note, withdraw_calibration
from accelerator.services.reviewing.committee import name_reviewer, remove_reviewer, set_capacity, set_fields
from accelerator.services.reviewing.handing_out import confirm_assignment, undo_assignment
from accelerator.services.reviewing.invitations import (
    Accepted,
    accept_invitation,
    decline_invitation,
    opened_invitation,
    remind_invited,
)
from accelerator.services.reviewing.lines import apply_lines
from accelerator.services.reviewing.proposals import ask_proposal, stop_proposal
from accelerator.services.reviewing.reminders import remind, remind_all
from accelerator.services.reviewing.reviews import autosave_draft, open_deck, submit_review
from accelerator.services.reviewing.stepping_back import declare_conflict, give_back, give_some_back
from accelerator.services.reviewing.volunteering import offer_stalled, offer_stalled_dossiers, take_dossier

__all__ = [
    "Accepted",
    "accept_invitation",
    "take_away",
    "stop_proposal",
    "set_fields",
    "ask_proposal",
    "apply_lines",
    "autosave_draft",
    "choose_calibration",
    "confirm_assignment",
    "declare_conflict",
    "decline_invitation",
    "give",
    "give_back",
    "give_some_back",
    "offer_stalled",
    "offer_stalled_dossiers",
    "take_dossier",
    "name_reviewer",
    "open_deck",
    "opened_invitation",
    "remind",
    "remind_all",
    "remind_invited",
    "remove_reviewer",
    "set_calibration_note",
    "set_capacity",
    "submit_review",
    "undo_assignment",
    "withdraw_calibration",
]
