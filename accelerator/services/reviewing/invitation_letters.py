"""Services · Reviewing · Invitation letters — each carries a link of its own; what has not left is held back."""

from __future__ import annotations

import hashlib
import math
import secrets

from sqlalchemy import insert, select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import InvitationState, LetterState
from accelerator.models.letters import Letter
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import BatchReviewer, CommitteeLink
from accelerator.queries.reviewing.committee import INVITATION
from accelerator.rules import reviewing
from accelerator.services import letters
from accelerator.services.transaction import changed_rows


def digest(token: str) -> str:
    """What is kept of the secret in a link."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def invite_member(batch: Batch, user_id: int, capacity: int) -> None:
    """Put the invitation on record, anew where it was declined before, and write its letter."""
    values = {
        "capacity": capacity,
        "asked_capacity": capacity,
        "named_at": clock.now(),
        "state": InvitationState.INVITED,
        "answered_at": None,
        "decline_reason": "",
    }
    earlier = (BatchReviewer.batch_id == batch.id) & (BatchReviewer.user_id == user_id)
    if not changed_rows(update(BatchReviewer).where(earlier).values(**values)):
        db.session.execute(insert(BatchReviewer).values(batch_id=batch.id, user_id=user_id, **values))
    write_invitation(batch, user_id)


def write_invitation(batch: Batch, user_id: int, *, is_reminder: bool = False) -> None:
    """Write the letter with a link; those of earlier letters stay good."""
    row = db.session.execute(
        select(BatchReviewer.id, BatchReviewer.capacity).where(
            BatchReviewer.batch_id == batch.id, BatchReviewer.user_id == user_id
        )
    ).one()
    token = secrets.token_urlsafe(32)
    db.session.execute(
        insert(CommitteeLink).values(token_sha256=digest(token), batch_reviewer_id=row.id, made_at=clock.now())
    )
    letters.write(
        user_id,
        INVITATION,
        about=f"batch:{batch.id}",
        values={
            "batch": Bilingual(batch.name_fr, batch.name_en),
            "capacity": row.capacity,
            "hours": math.ceil(row.capacity * reviewing.DEFAULT_MINUTES / 60),
            "due_at": batch.reviews_due_at,
            "token": token,
            "is_reminder": is_reminder,
        },
    )


def withdraw_letters(batch: Batch, user_id: int) -> None:
    """Hold back what is still in the outbox; write to who may have read it."""
    mine = (Letter.about == f"batch:{batch.id}") & (Letter.kind == INVITATION) & (Letter.to_user_id == user_id)
    db.session.execute(
        update(Letter)
        .where(mine, Letter.state.in_((LetterState.QUEUED, LetterState.DRAFT)), Letter.leased_until.is_(None))
        .values(state=LetterState.DISCARDED)
    )
    if db.session.scalar(select(Letter.id).where(mine, Letter.state != LetterState.DISCARDED).limit(1)) is not None:
        letters.write(
            user_id,
            "committee_withdrawn",
            about=f"batch:{batch.id}",
            values={"batch": Bilingual(batch.name_fr, batch.name_en)},
        )
