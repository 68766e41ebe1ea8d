"""Services · Meeting — a committee meets: the chair leads through the agenda, members come, step out and vote."""

from __future__ import annotations

from accelerator.services.meeting.chair import (
    call_dossier,
    close_meeting,
    close_vote,
    conclude,
    mark_presence,
    open_vote,
    start_meeting,
)
from accelerator.services.meeting.members import arrive, cast_vote, leave, step_out
from accelerator.services.meeting.printing import PrintedMinutes, print_minutes

__all__ = [
    "PrintedMinutes",
    "arrive",
    "call_dossier",
    "cast_vote",
    "close_meeting",
    "close_vote",
    "conclude",
    "leave",
    "mark_presence",
    "open_vote",
    "print_minutes",
    "start_meeting",
    "step_out",
]
