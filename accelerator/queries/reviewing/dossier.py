"""Queries · Reviewing · Dossier — what a reviewer reads and scores. What is blind is not fetched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, select

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import AssignmentState, QuestionKind, Sector, Stage
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import N_, Message
from accelerator.kernel.verdict import Verdict
from accelerator.models.applications import Answer, Application, Deck
from accelerator.models.blindness import BlindnessScan
from accelerator.models.programmes import Batch, Question
from accelerator.models.reviewing import Assignment, Criterion, Review, ReviewDraft, Rubric, Score
from accelerator.models.startups import Startup
from accelerator.queries.blindness import BLIND_ANSWERS, masks
from accelerator.queries.discussion.talk import OF_ASSIGNMENT, Talk, talk_of
from accelerator.queries.reviewing.desk import CALIBRATION_LEFT, DUTIES, FREE_OF_CONFLICT, IS_CALIBRATION
from accelerator.rules import blindness, reviewing
from accelerator.rules.scoring import Scale

MARK = Bilingual("[masqué]", "[masked]")
"""What stands in the place of a phrase that says whose the dossier is."""

_YES_NO = {"yes": N_("Yes"), "no": N_("No")}


@dataclass(frozen=True)
class Answered:
    """One question with the answer as a reader sees it; an empty text is an unanswered question."""

    label: Bilingual
    text: Bilingual | Message


@dataclass(frozen=True)
class Point:
    """One value of the scale with what it stands for."""

    points: int
    anchor: Bilingual


@dataclass(frozen=True)
class ScoredCriterion:
    """One line of the scorecard. `share` is its part of the whole, from 0 to 1."""

    id: int
    label: Bilingual
    help: Bilingual
    weight: Decimal
    share: float
    scale: tuple[Point, ...]


@dataclass(frozen=True)
class OwnOpinion:
    """What the reviewer has typed or sent: the draft where there is one, else the review."""

    scores: Mapping[int, int]
    comment: str
    advice: str
    draft_saved_at: datetime | None
    sent_at: datetime | None
    overall: Decimal | None


@dataclass(frozen=True)
class Dossier:
    """A blind dossier with its scorecard; `verdict` says whether it can be scored now.

    Until it has been searched for what identifies it (`is_searched`), it holds neither answers nor a deck. It is
    `is_held_back` while calibration dossiers of the batch come first.
    """

    assignment_id: int
    batch_id: int
    batch_code: str
    code: str
    state: AssignmentState
    is_calibration: bool
    is_round_open: bool
    is_held_back: bool
    round_name: Bilingual
    closes_at: datetime
    verdict: Verdict
    sector: Sector
    stage: Stage
    region_code: str
    is_searched: bool
    is_deck_withheld: bool
    deck_pages: int | None
    deck_bytes: int | None
    answers: tuple[Answered, ...]
    criteria: tuple[ScoredCriterion, ...]
    scale: Scale
    own: OwnOpinion
    talk: Talk


def dossier(assignment_id: int, reviewer_id: int, now: datetime) -> Dossier:
    """The reviewer's own assignment, open or reviewed, with what identifies it masked. Five statements.

    Raises: NotFound for anybody else's, for one given back or in conflict, and for a withdrawn application.
    """
    row = _head(assignment_id, reviewer_id)
    criteria, scale = rubric(row.rubric_id)
    is_searched = row.scanned_at is not None
    has_deck = is_searched and not row.is_deck_withheld
    is_round_open = reviewing.is_round_open(row.batch_state, row.reviews_due_at, now)
    return Dossier(
        assignment_id=assignment_id,
        batch_id=row.batch_id,
        batch_code=row.batch_code,
        code=reviewing.dossier_code(row.application_id),
        state=row.state,
        is_calibration=bool(row.is_calibration),
        is_round_open=is_round_open,
        is_held_back=bool(is_round_open and row.calibration_left and not row.is_calibration),
        round_name=Bilingual(row.name_fr, row.name_en),
        closes_at=row.reviews_due_at,
        verdict=reviewing.can_score(
            row.state,
            row.batch_state,
            row.reviews_due_at,
            now,
            is_calibration=bool(row.is_calibration),
            calibration_left=bool(row.calibration_left),
        ),
        sector=row.sector,
        stage=row.stage,
        region_code=row.region_code,
        is_searched=is_searched,
        is_deck_withheld=bool(row.is_deck_withheld),
        deck_pages=row.pages if has_deck else None,
        deck_bytes=row.size_bytes if has_deck else None,
        answers=tuple(answers(row.batch_id, row.application_id)) if is_searched else (),
        criteria=criteria,
        scale=scale,
        own=_own_opinion(row),
        talk=talk_of(row),
    )


def rubric(rubric_id: int | None) -> tuple[tuple[ScoredCriterion, ...], Scale]:
    """The scorecard of a rubric in printed order, with its scale. One statement."""
    rows = db.session.execute(
        select(Criterion, Rubric.scale_min, Rubric.scale_max)
        .join(Rubric, Rubric.id == Criterion.rubric_id)
        .where(Criterion.rubric_id == rubric_id)
        .order_by(Criterion.position, Criterion.id)
    ).all()
    if not rows:
        return (), Scale()
    scale = Scale(rows[0].scale_min, rows[0].scale_max)
    total = sum((row.Criterion.weight for row in rows), Decimal(0))
    return tuple(_criterion(row.Criterion, scale, total) for row in rows), scale


def _head(assignment_id: int, reviewer_id: int) -> Any:
    row = db.session.execute(
        select(
            Assignment.application_id,
            Assignment.batch_id,
            Assignment.state,
            IS_CALIBRATION.label("is_calibration"),
            CALIBRATION_LEFT.label("calibration_left"),
            Batch.code.label("batch_code"),
            Batch.name_fr,
            Batch.name_en,
            Batch.rubric_id,
            Batch.reviews_due_at,
            Batch.state.label("batch_state"),
            Startup.sector,
            Startup.stage,
            Startup.region_code,
            Deck.pages,
            Deck.size_bytes,
            BlindnessScan.scanned_at,
            BlindnessScan.is_deck_withheld,
            Review.id.label("review_id"),
            Review.overall,
            Review.comment.label("sent_comment"),
            Review.advice.label("sent_advice"),
            Review.submitted_at,
            ReviewDraft.scores,
            ReviewDraft.comment.label("draft_comment"),
            ReviewDraft.advice.label("draft_advice"),
            ReviewDraft.saved_at,
            *OF_ASSIGNMENT,
        )
        .join(Batch, Batch.id == Assignment.batch_id)
        .join(Application, Application.id == Assignment.application_id)
        .join(Startup, Startup.id == Application.startup_id)
        .outerjoin(Deck, Deck.application_id == Application.id)
        .outerjoin(BlindnessScan, BlindnessScan.application_id == Application.id)
        .outerjoin(Review, Review.assignment_id == Assignment.id)
        .outerjoin(ReviewDraft, ReviewDraft.assignment_id == Assignment.id)
        .where(
            Assignment.id == assignment_id,
            Assignment.reviewer_user_id == reviewer_id,
            Assignment.state.in_(DUTIES),
            Application.state.not_in(reviewing.UNREADABLE),
            FREE_OF_CONFLICT,
        )
    ).first()
    if row is None:
        raise NotFound(Message("There is no such dossier on your desk."))
    return row


def answers(batch_id: int, application_id: int) -> list[Answered]:
    """The answers that a blind reader sees, masked. Two statements."""
    rows = db.session.execute(
        select(Question.kind, Question.label_fr, Question.label_en, Question.choices, Answer.text)
        .outerjoin(Answer, (Answer.question_id == Question.id) & (Answer.application_id == application_id))
        .where(
            Question.batch_id == batch_id,
            *BLIND_ANSWERS,
        )
        .order_by(Question.step, Question.position)
    )
    phrases = masks(application_id)
    return [
        Answered(
            Bilingual(row.label_fr, row.label_en),
            _shown(row.kind, row.choices, row.text or "", phrases),
        )
        for row in rows
    ]


def _shown(
    kind: QuestionKind, choices: Sequence[Mapping[str, str]] | None, text: str, phrases: Sequence[str]
) -> Bilingual | Message:
    if kind is QuestionKind.CHOICE:
        for choice in choices or ():
            if choice["value"] == text:
                return Bilingual(choice["fr"], choice["en"])
    if kind is QuestionKind.YES_NO and text in _YES_NO:
        return Message(_YES_NO[text])
    if kind is QuestionKind.NUMBER and text.isdecimal():
        return Bilingual(f"{int(text):,}".replace(",", "\u00a0"), f"{int(text):,}")
    return Bilingual(blindness.masked(text, phrases, MARK.fr), blindness.masked(text, phrases, MARK.en))


def _criterion(row: Criterion, scale: Scale, total: Decimal) -> ScoredCriterion:
    anchors = {anchor["points"]: Bilingual(anchor["fr"], anchor["en"]) for anchor in row.anchors}
    return ScoredCriterion(
        id=row.id,
        label=Bilingual(row.label_fr, row.label_en),
        help=Bilingual(row.help_fr, row.help_en),
        weight=row.weight,
        share=float(row.weight / total),
        scale=tuple(
            Point(points, anchors.get(str(points), Bilingual("", "")))
            for points in range(scale.lowest, scale.highest + 1)
        ),
    )


def _own_opinion(row: Row[Any]) -> OwnOpinion:
    scores: dict[int, int] = {}
    if row.saved_at is not None:
        scores = {int(criterion_id): points for criterion_id, points in row.scores.items()}
    elif row.review_id is not None:
        scores = dict(
            db.session.execute(select(Score.criterion_id, Score.points).where(Score.review_id == row.review_id)).all()
        )
    comment = row.draft_comment if row.saved_at is not None else row.sent_comment
    advice = row.draft_advice if row.saved_at is not None else row.sent_advice
    return OwnOpinion(scores, comment or "", advice or "", row.saved_at, row.submitted_at, row.overall)
