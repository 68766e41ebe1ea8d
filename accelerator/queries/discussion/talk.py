"""Queries · Discussion · Talk — how much is said about a dossier that somebody has reviewed, in the desk's own statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select, true
from sqlalchemy.orm import aliased

from accelerator.extensions import db
from accelerator.kernel.enums import AssignmentState, InvitationState
from accelerator.models.discussion import DiscussionReading, Remark, RemarkMention
from accelerator.models.reviewing import Assignment, BatchReviewer


@dataclass(frozen=True)
class Talk:
    """Whether this person takes part in the discussion of a dossier; if so, how many remarks there are, how many of
    others' are new to them, and whether one of those names them.
    """

    is_open: bool = False
    remarks: int = 0
    new: int = 0
    is_mentioned: bool = False


def is_new_to(user_id: Any) -> ColumnElement[bool]:
    """For statements on remarks: written by somebody else since this person last looked."""
    seen = exists().where(
        DiscussionReading.user_id == user_id,
        DiscussionReading.application_id == Remark.application_id,
        DiscussionReading.last_seen_at >= Remark.written_at,
    )
    return (Remark.author_user_id != user_id) & ~seen.correlate(Remark, Assignment)


def names_unseen(application_id: Any, user_id: Any) -> ColumnElement[bool]:
    """A remark on the dossier that stands names this person, who has not seen it."""
    naming = aliased(Remark)
    return exists().where(
        RemarkMention.user_id == user_id,
        RemarkMention.seen_at.is_(None),
        naming.id == RemarkMention.remark_id,
        naming.application_id == application_id,
        naming.withdrawn_at.is_(None),
    )


_IS_OPEN = (Assignment.state == AssignmentState.REVIEWED) & exists().where(
    BatchReviewer.batch_id == Assignment.batch_id,
    BatchReviewer.user_id == Assignment.reviewer_user_id,
    BatchReviewer.state == InvitationState.ACCEPTED,
).correlate(Assignment)


def _standing(counted: Select[Any]) -> Any:
    """Of an assignment in the statement around it whose reviewer takes part; nothing of any other."""
    return (
        counted.select_from(Remark)
        .where(Remark.application_id == Assignment.application_id, Remark.withdrawn_at.is_(None), _IS_OPEN)
        .correlate(Assignment)
        .scalar_subquery()
    )


OF_ASSIGNMENT: tuple[ColumnElement[Any], ...] = (
    _IS_OPEN.label("is_open"),
    _standing(select(func.count())).label("remarks"),
    _standing(select(func.count()).where(is_new_to(Assignment.reviewer_user_id))).label("new_remarks"),
    (_IS_OPEN & names_unseen(Assignment.application_id, Assignment.reviewer_user_id)).label("is_mentioned"),
)
"""Columns for a statement on assignments that somebody may read."""


def talk_of(row: Any) -> Talk:
    """What such a statement found."""
    return Talk(bool(row.is_open), row.remarks, row.new_remarks, bool(row.is_mentioned))


def of_application(application_id: int, user_id: int) -> Talk:
    """The same for one dossier and a person who may read its discussion. One statement."""
    row = db.session.execute(
        select(
            true().label("is_open"),
            func.count().label("remarks"),
            func.count().filter(is_new_to(user_id)).label("new_remarks"),
            names_unseen(application_id, user_id).label("is_mentioned"),
        )
        .select_from(Remark)
        .where(Remark.application_id == application_id, Remark.withdrawn_at.is_(None))
    ).one()
    return talk_of(row)
