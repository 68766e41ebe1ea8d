"""Services · Reviewing · Reminders — a letter to who has dossiers left, once a day at most."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import AssignmentState
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message
from accelerator.models.applications import Application
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import Assignment, BatchReviewer
from accelerator.queries.reviewing import committee
from accelerator.rules import reviewing
from accelerator.services import audit, letters
from accelerator.services.reviewing.committee import managed_batch
from accelerator.services.transaction import transaction


def remind(*, actor: Actor, batch_id: int, user_id: int) -> None:
    """Write to one reviewer who has dossiers left.

    Raises: NotAllowed, NotFound; RuleViolation when nothing is left or a reminder went out within a day.
    """
    with transaction():
        batch = _remindable(actor, batch_id)
        if user_id not in committee.overdue_reminders(batch_id, clock.now(), reviewing.REMINDER_PAUSE):
            raise RuleViolation(Message("Nothing is left there to remind of, or a reminder went out within a day."))
        _write(actor, batch, [user_id])


def remind_all(*, actor: Actor, batch_id: int) -> int:
    """Write to everybody who has dossiers left and was not reminded within a day; how many letters.

    Raises: NotAllowed, NotFound, RuleViolation.
    """
    with transaction():
        batch = _remindable(actor, batch_id)
        user_ids = committee.overdue_reminders(batch_id, clock.now(), reviewing.REMINDER_PAUSE)
        if not user_ids:
            raise RuleViolation(Message("Everybody has finished or was reminded within a day."))
        _write(actor, batch, user_ids)
        return len(user_ids)


def _remindable(actor: Actor, batch_id: int) -> Batch:
    batch = managed_batch(actor, batch_id)
    if not reviewing.is_round_open(batch.state, batch.reviews_due_at, clock.now()):
        raise RuleViolation(Message("This round is closed: reviewers can no longer send reviews."))
    # One reminder at a time: on PostgreSQL the committee's rows are the lock.
    db.session.execute(select(BatchReviewer.id).where(BatchReviewer.batch_id == batch_id).with_for_update())
    return batch


def _write(actor: Actor, batch: Batch, user_ids: Sequence[int]) -> None:
    left = dict(
        db.session.execute(
            select(Assignment.reviewer_user_id, func.count())
            .join(Application, Application.id == Assignment.application_id)
            .where(
                Assignment.batch_id == batch.id,
                Assignment.state == AssignmentState.OPEN,
                Application.state.not_in(reviewing.UNREADABLE),
                Assignment.reviewer_user_id.in_(user_ids),
            )
            .group_by(Assignment.reviewer_user_id)
        ).all()
    )
    for user_id in user_ids:
        letters.write(
            user_id,
            committee.REMINDER,
            about=f"batch:{batch.id}",
            values={
                "batch": Bilingual(batch.name_fr, batch.name_en),
                "batch_code": batch.code,
                "left": left[user_id],
                "due_at": batch.reviews_due_at,
            },
        )
    audit.record(actor, "reminded reviewers", f"batch:{batch.id}", users=list(user_ids))
