"""Queries · Discussion · Talk — how much is said about a dossier that somebody has reviewed, in the desk's own statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import aliased

from accelerator.extensions import db
from accelerator.kernel.enums import AssignmentState
from accelerator.models.discussion import DiscussionReading, Remark, RemarkMention
from accelerator.models.reviewing import Assignment


@dataclass(frozen=True)
class Talk:
    """How many remarks there are, how many of others' are new to this person, and whether one that is new names them."""

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


def _standing(counted: Select[Any]) -> Any:
    """Of a reviewed assignment in the statement around it; nothing of any other."""
    return (
        counted.select_from(Remark)
        .where(
            Remark.application_id == Assignment.application_id,
            Remark.withdrawn_at.is_(None),
            Assignment.state == AssignmentState.REVIEWED,
        )
        .correlate(Assignment)
        .scalar_subquery()
    )


OF_ASSIGNMENT: tuple[ColumnElement[Any], ...] = (
    _standing(select(func.count())).label("remarks"),
    _standing(select(func.count()).where(is_new_to(Assignment.reviewer_user_id))).label("new_remarks"),
    (
        (Assignment.state == AssignmentState.REVIEWED)
        & names_unseen(Assignment.application_id, Assignment.reviewer_user_id)
    ).label("is_mentioned"),
)
"""Columns for a statement on assignments that somebody may read."""


def talk_of(row: Any) -> Talk:
    """What such a statement found."""
    return Talk(row.remarks, row.new_remarks, bool(row.is_mentioned))


def of_application(application_id: int, user_id: int) -> Talk:
    """The same for one dossier and a person who may read its discussion. One statement."""
    row = db.session.execute(
        select(
            func.count().label("remarks"),
            func.count().filter(is_new_to(user_id)).label("new_remarks"),
            names_unseen(application_id, user_id).label("is_mentioned"),
        )
        .select_from(Remark)
        .where(Remark.application_id == application_id, Remark.withdrawn_at.is_(None))
    ).one()
    return talk_of(row)
