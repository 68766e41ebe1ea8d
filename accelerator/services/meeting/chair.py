"""Services · Meeting · Chair — a meeting is opened, led from dossier to dossier, and closed.

Every act names the turn it was meant for, so that two chairs who press at once move on by one dossier, not by two.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import Conclusion, Outcome
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.models.applications import Application
from accelerator.models.meeting import Meeting, MeetingAttendance, MeetingItem
from accelerator.models.programmes import Batch
from accelerator.queries import selection as selection_queries
from accelerator.queries.meeting.room import stage_of
from accelerator.rules import access, reviewing
from accelerator.rules import meeting as rules
from accelerator.rules import selection as selection_rules
from accelerator.rules.selection import Choice
from accelerator.services import audit, request_keys, selection
from accelerator.services.meeting import presence
from accelerator.services.transaction import transaction

NEXT, PREVIOUS = "next", "previous"


def start_meeting(
    *, actor: Actor, code: str, title: str, place: str, application_ids: Sequence[int], request_key: str = ""
) -> int:
    """Open a meeting with its agenda; certain conflicts of its dossiers with the committee are put on record first.

    Returns: the meeting id.
    Raises:  NotAllowed, NotFound, RuleViolation on an agenda that is empty, too long or names others than the
             candidates, Conflict when a meeting is open already or the batch is not in review.
    """
    with transaction():
        batch = selection.batch_in_review(actor, code)
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        agenda = list(dict.fromkeys(application_ids))
        _refuse_agenda(agenda, selection_queries.candidate_ids(batch.id))
        members = presence.members_of(batch.id)
        if not members:
            raise RuleViolation(Message("Nobody sits on this committee yet: invite its members first."))
        if _find_open(batch.id) is not None:
            raise Conflict(Message("A meeting of this committee is open already."))
        meeting = Meeting(
            batch_id=batch.id, title=title, place=place, opened_at=clock.now(), opened_by_user_id=actor.user_id
        )
        db.session.add(meeting)
        db.session.flush()
        db.session.execute(
            insert(MeetingItem),
            [
                {"meeting_id": meeting.id, "application_id": one, "position": position, "note": ""}
                for position, one in enumerate(agenda, start=1)
            ],
        )
        presence.record_ties(actor, members, agenda)
        request_keys.keep(actor, request_key, meeting.id)
        audit.record(actor, "opened the meeting", f"batch:{batch.id}", title=title, applications=len(agenda))
        return meeting.id


def call_dossier(*, actor: Actor, code: str, seen: str, to: str) -> None:
    """Bring another dossier on all screens; whoever has a tie to it steps out.

    Args:   to is NEXT, PREVIOUS or a position on the agenda; seen is the turn the chair was looking at.
    Raises: NotAllowed, NotFound, Conflict when the meeting has moved on or a vote is open, RuleViolation when there is
            nothing to call.
    """
    with transaction():
        meeting = _open_meeting(actor, code, seen)
        _call(actor, meeting, to)


def open_vote(*, actor: Actor, code: str, seen: str) -> None:
    """Let the members in the room vote on the dossier. Raises: NotAllowed, NotFound, Conflict."""
    with transaction():
        meeting, item = _at_hand(actor, code, seen)
        rules.after(stage_of(item), rules.Act.OPEN_VOTE)
        now = clock.now()
        presence.record_ties(actor, presence.members_of(meeting.batch_id), [item.application_id])
        presence.send_out(meeting, item, now)
        item.vote_opened_at = now
        meeting.version += 1
        db.session.flush()
        audit.record(actor, "opened the vote", f"application:{item.application_id}")


def close_vote(*, actor: Actor, code: str, seen: str) -> None:
    """Freeze the votes on the dossier and show their counts to everybody. Raises: NotAllowed, NotFound, Conflict."""
    with transaction():
        meeting, item = _at_hand(actor, code, seen)
        rules.after(stage_of(item), rules.Act.CLOSE_VOTE)
        now = clock.now()
        presence.send_out(meeting, item, now)
        item.vote_closed_at = now
        item.eligible, item.present = presence.room_for(meeting, item)
        meeting.version += 1
        db.session.flush()
        audit.record(actor, "closed the vote", f"application:{item.application_id}")


def conclude(
    *, actor: Actor, code: str, seen: str, conclusion: Conclusion, note: str, reason: str = "", then_next: bool = False
) -> int:
    """Write what the committee concludes, and prepare the choice that follows from it.

    A waitlist place that is prepared already stays. A dossier put off is called again when the others are done.

    Args:    reason is that of the prepared choice, owed where it is off rank; then_next calls the next dossier.
    Returns: how many off-rank choices of the batch owe a reason now.
    Raises:  NotAllowed, NotFound, Conflict as `call_dossier`, and when the batch is decided meanwhile.
    """
    with transaction():
        meeting, item = _at_hand(actor, code, seen)
        rules.after(stage_of(item), rules.Act.CONCLUDE)
        selection.batch_in_review(actor, code)
        item.conclusion, item.concluded_at, item.note = conclusion, clock.now(), note
        if item.vote_closed_at is None:
            item.eligible, item.present = presence.room_for(meeting, item)
        meeting.version += 1
        owed = 0
        if (outcome := rules.OUTCOME_OF.get(conclusion)) is not None:
            owed = _prepare(actor, code, meeting.batch_id, item.application_id, outcome, reason)
        audit.record(
            actor, "concluded on a dossier", f"application:{item.application_id}", conclusion=str(conclusion), note=note
        )
        db.session.flush()
        if then_next and _target(meeting, NEXT) is not None:
            _call(actor, meeting, NEXT)
        return owed


def mark_presence(*, actor: Actor, code: str, user_id: int, is_here: bool) -> None:
    """Note for a member that they came, or left. Raises: NotAllowed, NotFound, Conflict without an open meeting."""
    with transaction():
        meeting = _open_meeting(actor, code, None)
        if user_id not in presence.members_of(meeting.batch_id):
            raise NotFound(Message("This person is not on the committee."))
        move = presence.enter if is_here else presence.go
        if move(meeting, user_id, clock.now()):
            audit.record(
                actor, "noted the presence of a member", f"batch:{meeting.batch_id}", user=user_id, present=is_here
            )


def close_meeting(*, actor: Actor, code: str, seen: str) -> None:
    """End the meeting for good; who is still there has left. Raises: NotAllowed, NotFound, Conflict."""
    with transaction():
        meeting = _open_meeting(actor, code, seen)
        item = presence.current_item(meeting)
        if item is not None:
            rules.after(stage_of(item), rules.Act.LEAVE)
        now = clock.now()
        db.session.execute(
            update(MeetingAttendance)
            .where(MeetingAttendance.meeting_id == meeting.id, MeetingAttendance.left_at.is_(None))
            .values(left_at=now)
        )
        meeting.closed_at, meeting.closed_by_user_id = now, actor.user_id
        meeting.version += 1
        db.session.flush()
        audit.record(actor, "closed the meeting", f"batch:{meeting.batch_id}", title=meeting.title)


def _refuse_agenda(agenda: Sequence[int], candidates: Sequence[int]) -> None:
    if not agenda:
        raise RuleViolation(Message("Tick at least one dossier."), field="agenda")
    if len(agenda) > rules.MOST_ITEMS:
        raise RuleViolation(Message("At most %(count)s dossiers a meeting.", count=rules.MOST_ITEMS), field="agenda")
    if not set(candidates).issuperset(agenda):
        raise RuleViolation(Message("A dossier of this agenda is no longer a candidate. Look again."), field="agenda")


def _find_open(batch_id: int) -> int | None:
    return db.session.scalar(select(Meeting.id).where(Meeting.batch_id == batch_id, Meeting.closed_at.is_(None)))


def _open_meeting(actor: Actor, code: str, seen: str | None) -> Meeting:
    """The open meeting of a batch, locked. Raises: NotAllowed, NotFound, Conflict when it has moved on."""
    if not (verdict := access.may(actor, Permission.SELECTION_DECIDE)):
        raise NotAllowed(verdict.reason)
    batch_id = db.session.scalar(select(Batch.id).where(Batch.code == code))
    if batch_id is None:
        raise NotFound(Message("There is no such batch."))
    found = _find_open(batch_id)
    if found is None:
        raise Conflict(Message("No meeting of this committee is open."))
    meeting = presence.locked(found)
    if seen is not None and seen != f"{meeting.id}.{meeting.turn}":
        raise Conflict(Message("The meeting has moved on: somebody else called another dossier."))
    return meeting


def _at_hand(actor: Actor, code: str, seen: str) -> tuple[Meeting, MeetingItem]:
    meeting = _open_meeting(actor, code, seen)
    item = presence.current_item(meeting)
    if item is None:
        raise Conflict(Message("No dossier has been called yet."))
    return meeting, item


def _target(meeting: Meeting, to: str) -> int | None:
    """The position asked for; on the way to the next and the previous one, withdrawn applications are passed over."""
    if to not in (NEXT, PREVIOUS):
        return int(to) if to.isascii() and to.isdecimal() and len(to) < 5 else None
    rows = db.session.execute(
        select(MeetingItem.position, MeetingItem.conclusion)
        .join(Application, Application.id == MeetingItem.application_id)
        .where(MeetingItem.meeting_id == meeting.id, Application.state.not_in(reviewing.UNREADABLE))
        .order_by(MeetingItem.position)
    ).all()
    if to == NEXT:
        return rules.next_position([(row.position, row.conclusion) for row in rows], meeting.current_position)
    return rules.previous_position([row.position for row in rows], meeting.current_position)


def _call(actor: Actor, meeting: Meeting, to: str) -> None:
    leaving = presence.current_item(meeting)
    if leaving is not None:
        rules.after(stage_of(leaving), rules.Act.LEAVE)
    item = db.session.scalar(
        select(MeetingItem).where(MeetingItem.meeting_id == meeting.id, MeetingItem.position == _target(meeting, to))
    )
    if item is None:
        raise RuleViolation(Message("There is no other dossier to call."))
    application = db.session.get_one(Application, item.application_id)
    if application.state in reviewing.UNREADABLE:
        raise RuleViolation(Message("This application has been withdrawn: it cannot be called."))
    rules.after(stage_of(item), rules.Act.CALL)
    now = clock.now()
    meeting.current_position = item.position
    meeting.turn += 1
    meeting.version += 1
    item.called_at = item.called_at or now
    db.session.flush()
    presence.record_ties(actor, presence.members_of(meeting.batch_id), [item.application_id])
    presence.send_out(meeting, item, now)
    audit.record(actor, "called a dossier in the meeting", f"application:{item.application_id}")


def _prepare(actor: Actor, code: str, batch_id: int, application_id: int, outcome: Outcome, reason: str) -> int:
    stored = selection_queries.choices(batch_id)
    before = next((choice for choice in stored if choice.application_id == application_id), None)
    is_same = before is not None and before.outcome is outcome
    kept = before if is_same else None
    choice = Choice(application_id, outcome, kept.position if kept else None, reason or (kept.reason if kept else ""))
    return selection.save_choices(actor=actor, code=code, choices=[choice], version=selection_rules.version_of(stored))
