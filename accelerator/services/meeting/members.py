"""Services · Meeting · Members — I am here, I leave, I vote, I must step out."""

from __future__ import annotations

from sqlalchemy import insert, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import Ballot, ConflictSource
from accelerator.kernel.errors import Conflict, NotAllowed
from accelerator.kernel.message import Message
from accelerator.models.applications import Application
from accelerator.models.meeting import Meeting, MeetingVote
from accelerator.queries.meeting import room
from accelerator.queries.meeting.room import Screen
from accelerator.rules import meeting as rules
from accelerator.rules.conflicts import Ground
from accelerator.services import audit
from accelerator.services.interests import stepping_aside
from accelerator.services.meeting import presence
from accelerator.services.transaction import changed_rows, transaction


def arrive(*, actor: Actor, meeting_id: int) -> None:
    """The member is in the room; a second press changes nothing.

    Raises: NotFound for whoever is not on the committee; Conflict once the meeting is closed.
    """
    with transaction():
        meeting, seen = _screen(actor, meeting_id)
        if presence.enter(meeting, seen.user_id, clock.now()):
            audit.record(actor, "joined the meeting", f"batch:{meeting.batch_id}")


def leave(*, actor: Actor, meeting_id: int) -> None:
    """The member has left the room; a vote already cast stays.

    Raises: NotFound for whoever is not on the committee; Conflict once the meeting is closed.
    """
    with transaction():
        meeting, seen = _screen(actor, meeting_id)
        if presence.go(meeting, seen.user_id, clock.now()):
            audit.record(actor, "left the meeting", f"batch:{meeting.batch_id}")


def cast_vote(*, actor: Actor, meeting_id: int, seen: str, choice: Ballot) -> None:
    """Vote on the dossier under discussion, or vote otherwise; only the last vote counts. The trail keeps no choice.

    Args:   seen names the dossier the vote is meant for (queries.meeting.room.Screen.seen).
    Raises: NotFound, NotAllowed, Conflict when another dossier has been called or the vote is not open.
    """
    with transaction():
        meeting, screen = _screen(actor, meeting_id)
        verdict = rules.can_vote(screen.stage, is_member=True, is_here=screen.is_here, is_out=screen.is_out)
        if screen.is_out:  # said first: nothing else may be learnt of a dossier with a tie
            raise NotAllowed(verdict.reason)
        if screen.seen != seen or screen.item_id is None:
            raise Conflict(Message("Another dossier has been called meanwhile. Your vote was not counted."))
        if not verdict:
            raise Conflict(verdict.reason)
        now = clock.now()
        changed = changed_rows(
            update(MeetingVote)
            .where(MeetingVote.item_id == screen.item_id, MeetingVote.user_id == screen.user_id)
            .values(choice=choice, cast_at=now)
        )
        if not changed:
            db.session.execute(
                insert(MeetingVote).values(item_id=screen.item_id, user_id=screen.user_id, choice=choice, cast_at=now)
            )
        audit.record(actor, "voted", f"application:{screen.application_id}")


def step_out(*, actor: Actor, meeting_id: int, seen: str, reason: str) -> None:
    """Put a conflict with the startup under discussion on record; the member is out at once, with any open vote.

    It holds beyond the meeting: the dossier leaves the member's desk, with any review of it.

    Raises: NotFound, Conflict when another dossier has been called, or none is under discussion.
    """
    with transaction():
        meeting, screen = _screen(actor, meeting_id)
        item = presence.current_item(meeting)
        if screen.is_out:
            return
        if item is None or screen.seen != seen or not screen.is_here:
            raise Conflict(Message("Another dossier has been called meanwhile. Nothing was recorded."))
        now = clock.now()
        application = db.session.get_one(Application, item.application_id)
        ground = Ground(screen.user_id, application.startup_id, ConflictSource.DECLARED, reason)
        stepping_aside.record(ground, ConflictSource.DECLARED)
        stepping_aside.close_pair(actor, ground)
        presence.send_out(meeting, item, now)
        audit.record(actor, "stepped out of the meeting", f"application:{application.id}", reason=reason)


def _screen(actor: Actor, meeting_id: int) -> tuple[Meeting, Screen]:
    """The meeting, locked, and what its member sees of it now."""
    room.screen(meeting_id, actor.user_id or 0)  # a stranger waits for no lock
    meeting = presence.locked(meeting_id)
    return meeting, room.screen(meeting_id, actor.user_id or 0)
