"""Services · Meeting · Presence — who is in the room, who has to leave it for a dossier, and what that does to votes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from accelerator.extensions import db
from accelerator.kernel.actor import SYSTEM, Actor
from accelerator.kernel.enums import ConflictSource, InvitationState
from accelerator.kernel.errors import Conflict, NotFound
from accelerator.kernel.message import Message
from accelerator.models.applications import Application
from accelerator.models.meeting import Meeting, MeetingAttendance, MeetingDeparture, MeetingItem, MeetingVote
from accelerator.models.reviewing import BatchReviewer, ConflictOfInterest
from accelerator.models.startups import Startup
from accelerator.queries.interests import grounds
from accelerator.services.interests import stepping_aside


def locked(meeting_id: int) -> Meeting:
    """The meeting, until the transaction ends nobody else's to change. Raises: NotFound, Conflict once it is closed."""
    meeting = db.session.scalar(
        select(Meeting).where(Meeting.id == meeting_id).with_for_update().execution_options(populate_existing=True)
    )
    if meeting is None:
        raise NotFound(Message("There is no such meeting."))
    if meeting.closed_at is not None:
        raise Conflict(Message("This meeting is closed: nothing of it changes any more."))
    return meeting


def current_item(meeting: Meeting) -> MeetingItem | None:
    """The agenda item under discussion, as it is stored now."""
    return db.session.scalar(
        select(MeetingItem)
        .where(MeetingItem.meeting_id == meeting.id, MeetingItem.position == meeting.current_position)
        .execution_options(populate_existing=True)
    )


def members_of(batch_id: int) -> list[int]:
    """The people who have accepted to sit on the committee."""
    return list(
        db.session.scalars(
            select(BatchReviewer.user_id)
            .where(BatchReviewer.batch_id == batch_id, BatchReviewer.state == InvitationState.ACCEPTED)
            .order_by(BatchReviewer.user_id)
        )
    )


def record_ties(actor: Actor, user_ids: Collection[int], application_ids: Collection[int]) -> None:
    """Put every certain conflict between these members and these applicants on record.

    The desk needs this only for dossiers somebody holds; in the room everybody would see every dossier.
    """
    of_agenda = select(Application.startup_id).where(Application.id.in_(application_ids))
    found = grounds.between(user_ids, select(Startup.id).where(Startup.id.in_(of_agenda)))
    certain = {(one.reviewer_id, one.startup_id): one for one in reversed(found) if one.is_certain}
    known = {
        (row[0], row[1])
        for row in db.session.execute(
            select(ConflictOfInterest.reviewer_user_id, ConflictOfInterest.startup_id).where(
                ConflictOfInterest.startup_id.in_(of_agenda)
            )
        )
    }
    for pair in sorted(certain.keys() - known):
        stepping_aside.record(certain[pair], ConflictSource.INFERRED)
        stepping_aside.close_pair(actor, certain[pair])


def send_out(meeting: Meeting, item: MeetingItem, now: datetime) -> None:
    """Everybody in the room with a conflict on record steps out; a vote of theirs that is not closed is dropped."""
    rows = db.session.execute(
        select(ConflictOfInterest.reviewer_user_id, ConflictOfInterest.source, ConflictOfInterest.ground)
        .join(Application, Application.startup_id == ConflictOfInterest.startup_id)
        .join(
            MeetingAttendance,
            (MeetingAttendance.user_id == ConflictOfInterest.reviewer_user_id)
            & (MeetingAttendance.meeting_id == meeting.id)
            & MeetingAttendance.left_at.is_(None),
        )
        .outerjoin(
            MeetingDeparture,
            (MeetingDeparture.item_id == item.id) & (MeetingDeparture.user_id == ConflictOfInterest.reviewer_user_id),
        )
        .where(Application.id == item.application_id, MeetingDeparture.user_id.is_(None))
    ).all()
    if not rows:
        return
    db.session.execute(
        insert(MeetingDeparture),
        [
            {
                "item_id": item.id,
                "user_id": row.reviewer_user_id,
                "source": row.source,
                "ground": row.ground,
                "stepped_out_at": now,
            }
            for row in rows
        ],
    )
    if item.vote_closed_at is None:
        gone = [row.reviewer_user_id for row in rows]
        db.session.execute(delete(MeetingVote).where(MeetingVote.item_id == item.id, MeetingVote.user_id.in_(gone)))


def enter(meeting: Meeting, user_id: int, now: datetime) -> bool:
    """Note an arrival; False when the person is here already."""
    if _here(meeting, user_id) is not None:
        return False
    db.session.execute(insert(MeetingAttendance).values(meeting_id=meeting.id, user_id=user_id, arrived_at=now))
    if (item := current_item(meeting)) is not None:
        record_ties(SYSTEM, [user_id], [item.application_id])
        send_out(meeting, item, now)
    return True


def go(meeting: Meeting, user_id: int, now: datetime) -> bool:
    """Note that somebody left; False when the person is not here. A vote on the dossier at hand stays."""
    stay = _here(meeting, user_id)
    if stay is None:
        return False
    db.session.execute(update(MeetingAttendance).where(MeetingAttendance.id == stay).values(left_at=now))
    return True


def _here(meeting: Meeting, user_id: int) -> int | None:
    return db.session.scalar(
        select(MeetingAttendance.id).where(
            MeetingAttendance.meeting_id == meeting.id,
            MeetingAttendance.user_id == user_id,
            MeetingAttendance.left_at.is_(None),
        )
    )


def room_for(meeting: Meeting, item: MeetingItem) -> tuple[int, int]:
    """How many members may sit on this dossier, and how many of them are here."""
    tied = (
        select(ConflictOfInterest.reviewer_user_id)
        .join(Application, Application.startup_id == ConflictOfInterest.startup_id)
        .where(Application.id == item.application_id)
    )
    of_committee = (
        BatchReviewer.batch_id == meeting.batch_id,
        BatchReviewer.state == InvitationState.ACCEPTED,
        BatchReviewer.user_id.not_in(tied),
    )
    row = db.session.execute(
        select(func.count(BatchReviewer.id), func.count(MeetingAttendance.id))
        .outerjoin(
            MeetingAttendance,
            (MeetingAttendance.user_id == BatchReviewer.user_id)
            & (MeetingAttendance.meeting_id == meeting.id)
            & MeetingAttendance.left_at.is_(None),
        )
        .where(*of_committee)
    ).one()
    return row[0], row[1]
