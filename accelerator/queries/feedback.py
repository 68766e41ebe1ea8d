"""Queries · Feedback — the refused of a batch, what was written for them, and the scores it can rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, case, func, select

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import ApplicationState, FeedbackState, LetterState, Outcome
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.models.accounts import User
from accelerator.models.applications import Application
from accelerator.models.feedback import ApplicationFeedback
from accelerator.models.letters import Letter
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import Criterion, Review, Score
from accelerator.models.selection import Decision
from accelerator.models.startups import Startup
from accelerator.queries.decision_letters import chunks
from accelerator.rules import feedback as rules

ROWS_A_PAGE: Final = 100


@dataclass(frozen=True)
class RefusedRow:
    """One refused application in the list."""

    application_id: int
    startup: str
    region_code: str
    reviews: int
    state: FeedbackState
    has_left: bool


@dataclass(frozen=True)
class RefusedPage:
    """One page of the refused, and how many stand in each state."""

    rows: list[RefusedRow]
    total: int
    pages: int
    counts: Mapping[FeedbackState, int]
    states: tuple[FeedbackState, ...] = tuple(FeedbackState)

    @property
    def all(self) -> int:
        """Every refused application of the batch."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Written:
    """The feedback on one application as stored; version 0 while nothing is."""

    application_id: int
    startup: str
    region_code: str
    reviews: int
    text: str
    is_ready: bool
    version: int
    written_at: datetime | None
    written_by: str | None
    has_left: bool


_STATE: Final = case(
    (ApplicationFeedback.is_ready.is_(True), FeedbackState.READY.value),
    (ApplicationFeedback.application_id.is_not(None), FeedbackState.SAVED.value),
    else_=FeedbackState.MISSING.value,
)
_HAS_LEFT: Final = (
    select(Letter.id)
    .where(
        Letter.decides_application_id == Application.id,
        Letter.kind == "not_selected",
        Letter.state.in_((LetterState.QUEUED, LetterState.SENT, LetterState.FAILED)),
    )
    .correlate(Application)
    .exists()
)


def _refused(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Decision)
        .join(Application, Application.id == Decision.application_id)
        .join(Startup, Startup.id == Application.startup_id)
        .outerjoin(ApplicationFeedback, ApplicationFeedback.application_id == Decision.application_id)
        .where(Decision.outcome == Outcome.REFUSE, Application.state == ApplicationState.REFUSED)
    )


def refused(batch_id: int, *, state: FeedbackState | None, search: str, page: int) -> RefusedPage:
    """One page of a batch's refused applications by name; two statements."""
    counted = db.session.execute(
        _refused(_STATE.label("stands"), func.count()).where(Decision.batch_id == batch_id).group_by("stands")
    )
    counts = {FeedbackState(name): number for name, number in counted}
    wanted = _refused(
        Application.id, Startup.name, Startup.region_code, Application.reviews, _STATE, _HAS_LEFT, func.count().over()
    ).where(Decision.batch_id == batch_id)
    if state is not None:
        wanted = wanted.where(state.value == _STATE)
    if search:
        wanted = wanted.where(Startup.name.icontains(search, autoescape=True))
    rows = db.session.execute(
        wanted.order_by(Startup.name, Application.id).limit(ROWS_A_PAGE).offset((page - 1) * ROWS_A_PAGE)
    ).all()
    total = rows[0][-1] if rows else 0
    return RefusedPage(
        rows=[RefusedRow(*row[:4], FeedbackState(row[4]), bool(row[5])) for row in rows],
        total=total,
        pages=max(1, -(-total // ROWS_A_PAGE)),
        counts=counts,
    )


def written(batch_id: int, application_id: int) -> Written:
    """What is stored for one refused application of a batch. Raises: NotFound."""
    row = db.session.execute(
        _refused(
            Application.id,
            Startup.name,
            Startup.region_code,
            Application.reviews,
            ApplicationFeedback.text,
            ApplicationFeedback.is_ready,
            ApplicationFeedback.version,
            ApplicationFeedback.written_at,
            User.name,
            _HAS_LEFT,
        )
        .outerjoin(User, User.id == ApplicationFeedback.written_by_user_id)
        .where(Decision.batch_id == batch_id, Application.id == application_id)
    ).first()
    if row is None:
        raise NotFound(Message("There is no such application among those not selected."))
    return Written(*row[:4], row[4] or "", bool(row[5]), row[6] or 0, row[7], row[8], bool(row[9]))


def open_ids(batch_id: int) -> list[int]:
    """The refused whose feedback nobody has written and whose e-mail has not left."""
    return list(
        db.session.scalars(
            _refused(Application.id)
            .where(Decision.batch_id == batch_id, ApplicationFeedback.application_id.is_(None), ~_HAS_LEFT)
            .order_by(Application.id)
        )
    )


def ready_texts(application_ids: Sequence[int]) -> dict[int, str]:
    """The feedback that is ready to be told, by application."""
    found: dict[int, str] = {}
    for part in chunks(application_ids):
        rows = db.session.execute(
            select(ApplicationFeedback.application_id, ApplicationFeedback.text).where(
                ApplicationFeedback.application_id.in_(part), ApplicationFeedback.is_ready.is_(True)
            )
        )
        found.update((row[0], row[1]) for row in rows)
    return found


def without(application_ids: Sequence[int]) -> int:
    """How many of these applications have no feedback that is ready. A statement for each five hundred."""
    return len(application_ids) - len(ready_texts(application_ids)) if application_ids else 0


def marks(batch_id: int) -> dict[int, rules.Marks]:
    """How every dossier of a batch was scored; one statement."""
    rows = db.session.execute(
        select(Review.application_id, Score.criterion_id, func.avg(Score.points), func.count())
        .join(Score, Score.review_id == Review.id)
        .where(Review.batch_id == batch_id)
        .group_by(Review.application_id, Score.criterion_id)
    )
    means: dict[int, dict[int, float]] = {}
    reviews: dict[int, int] = {}
    for application_id, criterion_id, mean, number in rows:
        means.setdefault(application_id, {})[criterion_id] = float(mean)
        reviews[application_id] = max(reviews.get(application_id, 0), number)
    return {one: rules.Marks(reviews[one], of) for one, of in means.items()}


def criteria(batch_id: int) -> list[rules.Criterion]:
    """The criteria of the batch's rubric in printed order, with their anchors."""
    rows = db.session.scalars(
        select(Criterion)
        .join(Batch, Batch.rubric_id == Criterion.rubric_id)
        .where(Batch.id == batch_id)
        .order_by(Criterion.position, Criterion.id)
    )
    return [
        rules.Criterion(
            row.id,
            Bilingual(row.label_fr, row.label_en),
            tuple(
                rules.Anchor(int(anchor["points"]), Bilingual(anchor.get("fr", ""), anchor.get("en", "")))
                for anchor in row.anchors
            ),
        )
        for row in rows
    ]


def advice(application_id: int) -> dict[int, str]:
    """What reviewers would tell the startup, by review; in no telling order."""
    rows = db.session.execute(
        select(Review.id, Review.advice)
        .where(Review.application_id == application_id, Review.advice != "")
        .order_by(Review.advice, Review.id)
    )
    return {row[0]: row[1] for row in rows}
