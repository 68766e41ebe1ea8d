"""Services · Rankings — the stored ranking of a batch, and whether it is still current."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import SYSTEM, Actor
from accelerator.kernel.enums import BatchState
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.models.programmes import Batch
from accelerator.models.selection import RankingRun, ReviewerSeverity, Standing
from accelerator.queries import rankings
from accelerator.rules import access, scoring
from accelerator.rules.ranking import Ranked, rank
from accelerator.services import audit
from accelerator.services.transaction import transaction


def note_reviews_changed(batch_id: int) -> None:
    """Say, in the caller's transaction, that a review of the batch came, changed or went: its ranking is stale."""
    db.session.execute(update(RankingRun).where(RankingRun.batch_id == batch_id).values(reviews_changed_at=clock.now()))


def compute_ranking(*, actor: Actor, code: str) -> int:
    """Replace the stored ranking of a batch in review by one of its reviews as they are now; how many are ranked.

    The arithmetic runs before the write lock is taken: a review that arrives meanwhile leaves the result stale,
    and the clock computes it again.

    Raises: NotAllowed, NotFound, Conflict once the batch is decided: its ranking is frozen.
    """
    if not (verdict := access.may(actor, Permission.SELECTION_DECIDE)):
        raise NotAllowed(verdict.reason)
    now = clock.now()
    batch_id = db.session.scalar(select(Batch.id).where(Batch.code == code))
    if batch_id is None:
        raise NotFound(Message("There is no such batch."))
    reviews = rankings.reviews_to_rank(batch_id)
    scores: dict[int, list[float]] = defaultdict(list)
    for review in reviews:
        scores[review.application_id].append(review.overall)
    result = scoring.adjusted(reviews)
    lines = rank(result.qualities, scores)
    with transaction():
        state = db.session.scalar(select(Batch.state).where(Batch.id == batch_id).with_for_update())
        if state not in (BatchState.OPEN, BatchState.REVIEWING):
            raise Conflict(Message("This batch is not in review: its ranking no longer changes."))
        changed_at = _changed_at(batch_id, reviews)
        _replace(batch_id, result, lines)
        db.session.add(
            RankingRun(
                batch_id=batch_id,
                computed_at=now,
                applications=len(lines),
                reviews_seen=len(reviews),
                reviews_changed_at=changed_at,
                method=str(result.method),
                quality_variance=result.quality_variance,
                severity_variance=result.severity_variance,
                noise_variance=result.noise_variance,
                gain=result.gain,
                notes={
                    "islands": [list(island[:20]) for island in result.islands[:20]],
                    "single_reviews": len(result.single_review_reviewers),
                    "reviewers": len(result.severities),
                },
            )
        )
        if actor.user_id is not None:
            audit.record(actor, "computed ranking", f"batch:{batch_id}", reviews=len(reviews), method=result.method)
    return len(lines)


def compute_stale_rankings() -> int:
    """Compute the ranking of every batch in review whose reviews have changed since; how many."""
    codes = rankings.stale_batches()
    for code in codes:
        compute_ranking(actor=SYSTEM, code=code)
    return len(codes)


def _changed_at(batch_id: int, seen: list[scoring.Review]) -> datetime | None:
    """When the reviews last changed; where no ranking was stored yet to note it on, now if they are not those seen."""
    run = db.session.execute(select(RankingRun.reviews_changed_at).where(RankingRun.batch_id == batch_id)).first()
    if run is not None:
        return run.reviews_changed_at  # type: ignore[no-any-return]
    return None if rankings.reviews_to_rank(batch_id) == seen else clock.now()


def _replace(batch_id: int, result: scoring.Adjusted, lines: list[Ranked]) -> None:
    for table in (Standing, ReviewerSeverity, RankingRun):
        db.session.execute(delete(table).where(table.batch_id == batch_id))
    if lines:
        db.session.execute(insert(Standing), [{"batch_id": batch_id, **vars(line)} for line in lines])
    if result.severities:
        db.session.execute(
            insert(ReviewerSeverity),
            [
                {
                    "batch_id": batch_id,
                    "reviewer_user_id": line.reviewer_id,
                    "severity": line.severity,
                    "standard_error": line.standard_error,
                    "reviews": line.reviews,
                }
                for line in result.severities
            ],
        )
