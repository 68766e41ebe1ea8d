"""Queries · Reviewing · Desk — one reviewer's own dossiers, round by round. Nothing of anybody else's."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, bindparam, exists, or_, select
from sqlalchemy.orm import aliased

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import AssignmentState, InvitationState, Sector, Stage
from accelerator.models.applications import Application
from accelerator.models.calibration import CalibrationDossier
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import Assignment, BatchReviewer, ConflictOfInterest, Review, ReviewDraft
from accelerator.models.startups import Startup
from accelerator.queries.discussion.talk import OF_ASSIGNMENT, Talk, talk_of
from accelerator.rules import reviewing
from accelerator.rules.reviewing import TimeLeft

DUTIES = (AssignmentState.OPEN, AssignmentState.REVIEWED)

FREE_OF_CONFLICT = ~exists().where(
    ConflictOfInterest.reviewer_user_id == Assignment.reviewer_user_id,
    ConflictOfInterest.startup_id == Application.startup_id,
)
"""For statements on assignments with their applications: whoever has a conflict on record does not see the dossier,
in a decided batch either, where the review itself stands."""

_CALIBRATED, _FIRST, _ENTRY, _CHOSEN = (
    aliased(model) for model in (CalibrationDossier, Assignment, Application, CalibrationDossier)
)
IS_CALIBRATION = exists().where(_CALIBRATED.application_id == Assignment.application_id)
"""For statements on assignments: of a dossier that everybody scores first."""

CALIBRATION_LEFT = exists().where(
    _FIRST.reviewer_user_id == Assignment.reviewer_user_id,
    _FIRST.batch_id == Assignment.batch_id,
    _FIRST.state == AssignmentState.OPEN,
    _CHOSEN.application_id == _FIRST.application_id,
    _ENTRY.id == _FIRST.application_id,
    _ENTRY.state.not_in(reviewing.UNREADABLE),
    ~exists().where(
        ConflictOfInterest.reviewer_user_id == _FIRST.reviewer_user_id,
        ConflictOfInterest.startup_id == _ENTRY.startup_id,
    ),
)
"""For statements on assignments: their reviewer still has a calibration dossier to score in the same batch."""


@dataclass(frozen=True)
class DeskRow:
    """One of the reviewer's own dossiers. `overall` is the own score."""

    assignment_id: int
    code: str
    state: AssignmentState
    sector: Sector
    stage: Stage
    overall: Decimal | None
    closed_at: datetime | None
    draft_saved_at: datetime | None
    talk: Talk = Talk()
    is_calibration: bool = False


@dataclass(frozen=True)
class Round:
    """One batch's reviews on a desk, in desk order; calibration dossiers come first."""

    batch_code: str
    name: Bilingual
    closes_at: datetime
    is_open: bool
    is_member: bool  # still on the committee
    open: tuple[DeskRow, ...]
    reviewed: tuple[DeskRow, ...]
    conflicted: tuple[DeskRow, ...]
    given_back: tuple[DeskRow, ...]
    time_left: TimeLeft
    next_id: int | None

    @property
    def done(self) -> int:
        """How many are reviewed."""
        return len(self.reviewed)

    @property
    def total(self) -> int:
        """How many there are to review in all."""
        return len(self.reviewed) + len(self.open)

    @property
    def calibration(self) -> tuple[DeskRow, ...]:
        """The dossiers that everybody scores, those still open first."""
        return tuple(row for row in (*self.open, *self.reviewed) if row.is_calibration)

    @property
    def is_calibrating(self) -> bool:
        """Whether calibration dossiers come first: the others cannot be opened yet."""
        return self.is_open and any(row.is_calibration for row in self.open)

    @property
    def calibration_done(self) -> int:
        """How many of them are reviewed."""
        return sum(1 for row in self.reviewed if row.is_calibration)


def rounds(reviewer_id: int, now: datetime) -> list[Round]:
    """Every round with a dossier of this reviewer's: open ones first, the nearest closing first. One statement."""
    rows = db.session.execute(
        select(
            Assignment.id,
            Assignment.application_id,
            Assignment.state,
            Assignment.closed_at,
            Assignment.active_seconds,
            Batch.id.label("batch_id"),
            Batch.code,
            Batch.name_fr,
            Batch.name_en,
            Batch.reviews_due_at,
            Batch.state.label("batch_state"),
            Startup.sector,
            Startup.stage,
            Review.overall,
            ReviewDraft.saved_at,
            BatchReviewer.id.is_not(None).label("is_member"),
            *OF_ASSIGNMENT,
            IS_CALIBRATION.label("is_calibration"),
        )
        .join(Batch, Batch.id == Assignment.batch_id)
        .join(Application, Application.id == Assignment.application_id)
        .join(Startup, Startup.id == Application.startup_id)
        .outerjoin(Review, Review.assignment_id == Assignment.id)
        .outerjoin(ReviewDraft, ReviewDraft.assignment_id == Assignment.id)
        .outerjoin(
            BatchReviewer,
            and_(
                BatchReviewer.batch_id == Assignment.batch_id,
                BatchReviewer.user_id == Assignment.reviewer_user_id,
                BatchReviewer.state == InvitationState.ACCEPTED,
            ),
        )
        .where(
            Assignment.reviewer_user_id == reviewer_id,
            Application.state.not_in(reviewing.UNREADABLE),
            or_(Assignment.state.not_in(DUTIES), FREE_OF_CONFLICT),
        )
        .order_by(Batch.reviews_due_at, Batch.id, IS_CALIBRATION.desc(), Assignment.position, Assignment.id)
    ).all()
    found = [_round(list(group), now) for _, group in itertools.groupby(rows, key=lambda row: row.batch_id)]
    return [round_ for round_ in found if round_.is_open] + [round_ for round_ in reversed(found) if not round_.is_open]


_BESIDE = aliased(Assignment)
_OPEN_BESIDE = (
    select(Assignment.id, IS_CALIBRATION)
    .join(Application, Application.id == Assignment.application_id)
    .where(
        Assignment.reviewer_user_id == bindparam("reviewer_id"),
        Assignment.batch_id == select(_BESIDE.batch_id).where(_BESIDE.id == bindparam("beside")).scalar_subquery(),
        Assignment.state == AssignmentState.OPEN,
        Application.state.not_in(reviewing.UNREADABLE),
        FREE_OF_CONFLICT,
    )
    .order_by(Assignment.position, Assignment.id)
)


def open_ids(reviewer_id: int, *, beside: int) -> list[int]:
    """The reviewer's assignments in the batch of this one that can be opened, in desk order. One statement."""
    rows = db.session.execute(_OPEN_BESIDE, {"reviewer_id": reviewer_id, "beside": beside})
    return reviewing.openable([(id_, bool(is_first)) for id_, is_first in rows])


@dataclass(frozen=True)
class Sitting:
    """Where the reviewer is in one batch: what can be opened, in desk order, and how far it goes."""

    open_ids: tuple[int, ...]
    done: int
    total: int
    time_left: TimeLeft


def sitting(reviewer_id: int, batch_id: int) -> Sitting:
    """The reviewer's progress through one batch. One statement."""
    rows = db.session.execute(
        select(Assignment.id, Assignment.state, Assignment.active_seconds, IS_CALIBRATION.label("is_calibration"))
        .join(Application, Application.id == Assignment.application_id)
        .where(
            Assignment.reviewer_user_id == reviewer_id,
            Assignment.batch_id == batch_id,
            Assignment.state.in_(DUTIES),
            Application.state.not_in(reviewing.UNREADABLE),
            FREE_OF_CONFLICT,
        )
        .order_by(Assignment.position, Assignment.id)
    ).all()
    still_open = [(row.id, bool(row.is_calibration)) for row in rows if row.state is AssignmentState.OPEN]
    seconds = [row.active_seconds for row in rows if row.state is AssignmentState.REVIEWED]
    left = len(still_open)
    return Sitting(
        tuple(reviewing.openable(still_open)), len(rows) - left, len(rows), reviewing.time_left(seconds, left)
    )


def _round(rows: list[Any], now: datetime) -> Round:
    first = rows[0]
    by_state: dict[AssignmentState, list[DeskRow]] = {state: [] for state in AssignmentState}
    for row in rows:
        by_state[row.state].append(
            DeskRow(
                assignment_id=row.id,
                code=reviewing.dossier_code(row.application_id),
                state=row.state,
                sector=row.sector,
                stage=row.stage,
                overall=row.overall,
                closed_at=row.closed_at,
                draft_saved_at=row.saved_at,
                talk=talk_of(row),
                is_calibration=bool(row.is_calibration),
            )
        )
    still_open = by_state[AssignmentState.OPEN]
    seconds = [row.active_seconds for row in rows if row.state is AssignmentState.REVIEWED]
    is_open = reviewing.is_round_open(first.batch_state, first.reviews_due_at, now)
    return Round(
        batch_code=first.code,
        name=Bilingual(first.name_fr, first.name_en),
        closes_at=first.reviews_due_at,
        is_open=is_open,
        is_member=first.is_member,
        open=tuple(still_open),
        reviewed=tuple(by_state[AssignmentState.REVIEWED]),
        conflicted=tuple(by_state[AssignmentState.CONFLICTED]),
        given_back=tuple(by_state[AssignmentState.DECLINED]),
        time_left=reviewing.time_left(seconds, len(still_open)),
        next_id=still_open[0].assignment_id if still_open and is_open else None,
    )
