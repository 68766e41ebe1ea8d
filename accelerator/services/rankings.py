"""Services · Rankings — the stored ranking of a batch, and whether it is still current."""

from __future__ import annotations

from sqlalchemy import update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.models.selection import RankingRun


def note_reviews_changed(batch_id: int) -> None:
    """Say, in the caller's transaction, that a review of the batch came, changed or went: its ranking is stale."""
    db.session.execute(update(RankingRun).where(RankingRun.batch_id == batch_id).values(reviews_changed_at=clock.now()))
