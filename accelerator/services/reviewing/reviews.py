"""Services · Reviewing · Reviews — typing, sending and replacing one's own review; reading the deck."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from sqlalchemy import CursorResult, Executable, Table, bindparam, delete, insert, select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import AssignmentState
from accelerator.kernel.errors import NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.models.applications import Application, Deck
from accelerator.models.blindness import BlindnessScan
from accelerator.models.reviewing import Assignment, Criterion, Review, ReviewDraft, Rubric, Score
from accelerator.outbound import files
from accelerator.rules import reviewing
from accelerator.rules.scoring import Criterion as RubricLine
from accelerator.rules.scoring import Scale, overall_score
from accelerator.services import audit, rankings
from accelerator.services.reviewing.duties import own_duty, worked_seconds
from accelerator.services.transaction import changed_rows, transaction

# The statements of saving a review, built once on the bare tables: putting them together costs more than running them.
_REVIEW, _SCORE, _DRAFT, _DUTY, _APPLICATION = (
    cast("Table", model.__table__) for model in (Review, Score, ReviewDraft, Assignment, Application)
)
_FORGET_REVIEW = delete(_REVIEW).where(_REVIEW.c.assignment_id == bindparam("duty_id"))
_STORE_REVIEW = insert(_REVIEW).returning(_REVIEW.c.id)
_STORE_SCORES = insert(_SCORE)
_CLOSE_DUTY = (
    update(_DUTY)
    .where(_DUTY.c.id == bindparam("duty_id"))
    .values(state=bindparam("state"), closed_at=bindparam("closed_at"), active_seconds=bindparam("active_seconds"))
)
_FORGET_DRAFT = delete(_DRAFT).where(_DRAFT.c.assignment_id == bindparam("duty_id"))
_COUNT_REVIEW = (
    update(_APPLICATION).where(_APPLICATION.c.id == bindparam("counted_id")).values(reviews=_APPLICATION.c.reviews + 1)
)
_RUBRIC_LINES = (
    select(Criterion.id, Criterion.weight, Rubric.scale_min, Rubric.scale_max)
    .join(Rubric, Rubric.id == Criterion.rubric_id)
    .where(Criterion.rubric_id == bindparam("rubric_id"))
    .order_by(Criterion.position, Criterion.id)
)


def autosave_draft(
    *, actor: Actor, assignment_id: int, scores: Mapping[int, int], comment: str, advice: str = "", seconds: int = 0
) -> datetime:
    """Keep what is typed so far; when it was kept.

    Args:   seconds of work on the page since the last report.
    Raises: NotFound; RuleViolation once the round is closed, or while calibration dossiers come first.
    """
    with transaction():
        now = clock.now()
        duty = own_duty(actor, assignment_id)
        _refuse_closed(duty, now)
        db.session.execute(
            update(Assignment)
            .where(Assignment.id == assignment_id)
            .values(active_seconds=worked_seconds(duty.active_seconds, seconds))
        )
        typed = {"scores": {str(key): points for key, points in scores.items()}, "comment": comment, "advice": advice}
        values = {**typed, "saved_at": now}
        if not changed_rows(update(ReviewDraft).where(ReviewDraft.assignment_id == assignment_id).values(**values)):
            db.session.execute(insert(ReviewDraft).values(assignment_id=assignment_id, **values))
        return now


def submit_review(
    *, actor: Actor, assignment_id: int, scores: Mapping[int, int], comment: str, advice: str = "", seconds: int = 0
) -> int:
    """Record one finished review, in place of the reviewer's earlier one if there is one.

    Args:    scores maps criterion id to points on the rubric's scale; the comment is the committee's, the advice may
             be told to the startup.
    Returns: the review id.
    Raises:  NotFound, RuleViolation.
    """
    with transaction():
        now = clock.now()
        duty = own_duty(actor, assignment_id)
        _refuse_closed(duty, now)
        overall = overall_score(scores, *_rubric(duty.rubric_id))
        was_sent = _rows(_FORGET_REVIEW, {"duty_id": assignment_id})
        review_id = _store(actor, duty, overall, {"comment": comment, "advice": advice}, scores, now)
        closing = {"closed_at": now, "active_seconds": worked_seconds(duty.active_seconds, seconds)}
        db.session.execute(_CLOSE_DUTY, {"duty_id": assignment_id, "state": AssignmentState.REVIEWED, **closing})
        db.session.execute(_FORGET_DRAFT, {"duty_id": assignment_id})
        if not was_sent:
            db.session.execute(_COUNT_REVIEW, {"counted_id": duty.application_id})
        rankings.note_reviews_changed(duty.batch_id)
        audit.record(actor, _verb(duty, was_sent), f"assignment:{assignment_id}")
        return review_id


def open_deck(*, actor: Actor, assignment_id: int) -> tuple[Path, str]:
    """The file of a dossier's deck and a neutral name for it; the trail says who opened it.

    Raises: NotFound, also when the deck is withheld or has not been searched for what identifies it; RuleViolation
            while it is to be scored after calibration dossiers.
    """
    with transaction():
        duty = own_duty(actor, assignment_id)
        if duty.state is AssignmentState.OPEN and duty.calibration_left and not duty.is_calibration:
            _refuse_closed(duty, clock.now())
        stored_as = db.session.scalar(
            select(Deck.stored_as)
            .join(BlindnessScan, BlindnessScan.application_id == Deck.application_id)
            .where(Deck.application_id == duty.application_id, BlindnessScan.is_deck_withheld.is_(False))
        )
        try:
            path = files.path_of(stored_as or "")
        except FileNotFoundError:
            raise NotFound(Message("This dossier has no deck.")) from None
        audit.record(actor, "opened a deck", f"application:{duty.application_id}", assignment=assignment_id)
        return path, f"dossier-{reviewing.dossier_code(duty.application_id)}.pdf"


def _store(
    actor: Actor, duty: Any, overall: Decimal, texts: Mapping[str, str], scores: Mapping[int, int], now: datetime
) -> int:
    """The review with its scores; its id."""
    review_id: int = db.session.execute(
        _STORE_REVIEW,
        {
            "assignment_id": duty.id,
            "batch_id": duty.batch_id,
            "application_id": duty.application_id,
            "reviewer_user_id": actor.user_id,
            "overall": overall,
            **texts,
            "submitted_at": now,
        },
    ).scalar_one()
    db.session.execute(
        _STORE_SCORES,
        [{"review_id": review_id, "criterion_id": key, "points": points} for key, points in scores.items()],
    )
    return review_id


def _verb(duty: Any, was_sent: int) -> str:
    """A review that is replaced once its author has read what the others think is another act."""
    if not was_sent:
        return "sent a review"
    return "replaced a review after the discussion" if duty.has_read_discussion else "replaced a review"


def _rows(statement: Executable, values: Mapping[str, object]) -> int:
    return cast("CursorResult[Any]", db.session.execute(statement, values)).rowcount


def _refuse_closed(duty: Any, now: datetime) -> None:
    verdict = reviewing.can_score(
        duty.state,
        duty.batch_state,
        duty.reviews_due_at,
        now,
        is_calibration=bool(duty.is_calibration),
        calibration_left=bool(duty.calibration_left),
    )
    if not verdict:
        raise RuleViolation(verdict.reason)
    if not duty.has_stated:
        raise RuleViolation(
            Message("Declare your interests first, or say that you have none: the page “My interests” takes a minute.")
        )


def _rubric(rubric_id: int | None) -> tuple[list[RubricLine], Scale]:
    rows = db.session.execute(_RUBRIC_LINES, {"rubric_id": rubric_id}).all()
    if not rows:
        raise RuleViolation(Message("This batch has no rubric yet. Write to the programme team."))
    return [RubricLine(row.id, row.weight) for row in rows], Scale(rows[0].scale_min, rows[0].scale_max)
