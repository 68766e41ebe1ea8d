"""Queries · Reviewing · Invitations — what the link of an invitation leads to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import BatchState, InvitationState
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.models.accounts import User
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import BatchReviewer, CommitteeLink
from accelerator.rules import reviewing
from accelerator.rules.reviewing import TimeLeft


@dataclass(frozen=True)
class Invitation:
    """One person asked to sit on one committee, and the answer."""

    name: str
    locale: str
    batch: Bilingual
    batch_state: BatchState
    due_at: datetime
    asked: int
    capacity: int
    state: InvitationState
    answered_at: datetime | None

    @property
    def time(self) -> TimeLeft:
        """How long the dossiers asked for take, at the stated pace."""
        return reviewing.time_left((), self.asked)


def invitation(token_sha256: str) -> Invitation:
    """The invitation behind a link. One statement. Raises: NotFound when it was withdrawn or never was."""
    row = db.session.execute(
        select(
            User.name,
            User.locale,
            Batch.name_fr,
            Batch.name_en,
            Batch.state.label("batch_state"),
            Batch.reviews_due_at,
            BatchReviewer.asked_capacity,
            BatchReviewer.capacity,
            BatchReviewer.state,
            BatchReviewer.answered_at,
        )
        .select_from(CommitteeLink)
        .join(BatchReviewer, BatchReviewer.id == CommitteeLink.batch_reviewer_id)
        .join(User, User.id == BatchReviewer.user_id)
        .join(Batch, Batch.id == BatchReviewer.batch_id)
        .where(CommitteeLink.token_sha256 == token_sha256, User.is_active)
    ).first()
    if row is None:
        raise NotFound(Message("This invitation was withdrawn, or its link is not whole. Write to the programme team."))
    return Invitation(
        row.name,
        row.locale,
        Bilingual(row.name_fr, row.name_en),
        row.batch_state,
        row.reviews_due_at,
        row.asked_capacity or row.capacity,
        row.capacity,
        row.state,
        row.answered_at,
    )
