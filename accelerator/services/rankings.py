"""Services · Rankings — the stored ranking of a batch, and whether it is still current."""

from __future__ import annotations

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
from accelerator.rules.analysis import Analysis, analyse
from accelerator.rules.next_review import NextReview, next_reviews
from accelerator.services import audit
from accelerator.services.transaction import transaction

ADVISED = 10
"""How many next reviews are advised."""


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
    batch = db.session.execute(select(Batch.id, Batch.places).where(Batch.code == code)).first()
    if batch is None:
        raise NotFound(Message("There is no such batch."))
    batch_id, places = batch
    reviews = rankings.reviews_to_rank(batch_id)
    found = analyse(reviews, places=places)
    advised = _advised(batch_id, found, reviews)
    with transaction():
        state = db.session.scalar(select(Batch.state).where(Batch.id == batch_id).with_for_update(key_share=True))
        if state not in (BatchState.OPEN, BatchState.REVIEWING):
            raise Conflict(Message("This batch is not in review: its ranking no longer changes."))
        changed_at = _changed_at(batch_id, reviews)
        _replace(batch_id, found)
        db.session.add(_run(batch_id, found, advised, now, changed_at, len(reviews)))
        if actor.user_id is not None:
            audit.record(
                actor, "computed ranking", f"batch:{batch_id}", reviews=len(reviews), method=found.result.method
            )
    return len(found.lines)


def _advised(batch_id: int, found: Analysis, reviews: list[scoring.Review]) -> list[NextReview]:
    """Where more reviews would help most, of those who have some and those who have none."""
    reviewers = max(rankings.committee_size(batch_id), len({review.reviewer_id for review in reviews}))
    return next_reviews(
        found.result,
        found.lines,
        places=found.places,
        reviews=ADVISED,
        unreviewed=rankings.unreviewed(batch_id),
        reviewers=reviewers,
    )


def _run(
    batch_id: int,
    found: Analysis,
    advised: list[NextReview],
    now: datetime,
    changed_at: datetime | None,
    reviews_seen: int,
) -> RankingRun:
    result = found.result
    return RankingRun(
        batch_id=batch_id,
        computed_at=now,
        applications=len(found.lines),
        reviews_seen=reviews_seen,
        reviews_changed_at=changed_at,
        method=str(result.method),
        quality_variance=result.quality_variance,
        severity_variance=result.severity_variance,
        noise_variance=result.noise_variance,
        gain=result.gain,
        places=found.places,
        variants=found.variants,
        notes={
            "islands": [list(island[:20]) for island in result.islands[:20]],
            "single_reviews": len(result.single_review_reviewers),
            "reviewers": len(result.severities),
            "methods": dict(found.methods),
            "too_close": len(found.too_close),
            "next_reviews": [[review.application_id, round(review.gain, 6)] for review in advised],
        },
    )


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


def _replace(batch_id: int, found: Analysis) -> None:
    result = found.result
    for table in (Standing, ReviewerSeverity, RankingRun):
        db.session.execute(delete(table).where(table.batch_id == batch_id))
    if found.lines:
        db.session.execute(insert(Standing), [{"batch_id": batch_id, **vars(line)} for line in found.standings])
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
