"""Queries · Meeting · Room — one member's screen: what is under discussion, or that the member has to step out.

Who must step out gets nothing of the dossier: no name, no number, no content, and a stamp that does not change with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import bindparam, exists, func, select

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import AssignmentState, Ballot, Conclusion, InvitationState, MeetingStage, Sector, Stage
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.models.applications import Application
from accelerator.models.blindness import BlindnessScan
from accelerator.models.meeting import Meeting, MeetingAttendance, MeetingDeparture, MeetingItem, MeetingVote
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import Assignment, BatchReviewer, ConflictOfInterest, Criterion, Review, Score
from accelerator.models.selection import RankingRun, Standing
from accelerator.models.startups import Startup
from accelerator.queries.reviewing.dossier import Answered, answers
from accelerator.rules import meeting as rules
from accelerator.rules import reviewing


@dataclass(frozen=True)
class Invitation:
    """A meeting that is open now, as the desk announces it."""

    meeting_id: int
    name: Bilingual
    title: str
    place: str


@dataclass(frozen=True)
class Screen:
    """What one member's screen is about at this moment. `item_id` is None before the first dossier is called."""

    meeting_id: int
    batch_id: int
    user_id: int
    batch_name: Bilingual
    title: str
    place: str
    closed_at: datetime | None
    version: int
    turn: int
    item_id: int | None
    application_id: int | None
    stage: MeetingStage
    conclusion: Conclusion | None
    is_here: bool
    is_out: bool
    own_vote: Ballot | None

    @property
    def seen(self) -> str:
        """What an act on this screen is meant for."""
        return f"{self.meeting_id}.{self.turn}"

    @property
    def shows_dossier(self) -> bool:
        """True when the member sees the dossier under discussion."""
        return self.closed_at is None and self.is_here and not self.is_out and self.item_id is not None

    @property
    def stamp(self) -> str:
        """A name for what the screen shows; of a dossier that the member must not see, nothing is in it."""
        if self.closed_at is not None:
            return rules.stamp(self.meeting_id, "closed")
        if not self.is_here:
            return rules.stamp(self.meeting_id, self.user_id, "outside")
        if self.is_out:
            return rules.stamp(self.meeting_id, self.user_id, "stepped out")
        return rules.stamp(self.meeting_id, self.user_id, self.version, self.own_vote)


@dataclass(frozen=True)
class Figures:
    """What the ranking says of the dossier."""

    rank: int
    rank_low: int
    rank_high: int
    chance: float
    places: int
    adjusted: float
    standard_error: float
    spread: float
    reviews: int


@dataclass(frozen=True)
class OwnReview:
    """What this member had sent about the dossier."""

    overall: Decimal
    comment: str
    scores: tuple[tuple[Bilingual, int], ...]


@dataclass(frozen=True)
class Discussed:
    """The dossier under discussion, blind as at the desk.

    `figures` are held back from a member who has still to review it (`has_open_review`).
    """

    code: str
    sector: Sector
    stage: Stage
    region_code: str
    is_withdrawn: bool
    is_searched: bool
    answers: tuple[Answered, ...]
    figures: Figures | None
    has_open_review: bool
    own: OwnReview | None
    tally: rules.Tally | None

    @property
    def result(self) -> Message | None:
        """What the closed vote says."""
        return None if self.tally is None else rules.result_words(self.tally)


_TIED: Final = exists().where(
    ConflictOfInterest.reviewer_user_id == bindparam("user_id"),
    ConflictOfInterest.startup_id == Application.startup_id,
)
_STEPPED_OUT: Final = exists().where(
    MeetingDeparture.item_id == MeetingItem.id, MeetingDeparture.user_id == bindparam("user_id")
)
_HERE: Final = exists().where(
    MeetingAttendance.meeting_id == Meeting.id,
    MeetingAttendance.user_id == bindparam("user_id"),
    MeetingAttendance.left_at.is_(None),
)
# Written once a process: 200 screens ask it every two seconds.
_SCREEN: Final = (
    select(
        Meeting.id,
        Meeting.batch_id,
        Meeting.title,
        Meeting.place,
        Meeting.closed_at,
        Meeting.version,
        Meeting.turn,
        Batch.name_fr,
        Batch.name_en,
        MeetingItem.id.label("item_id"),
        MeetingItem.application_id,
        MeetingItem.called_at,
        MeetingItem.vote_opened_at,
        MeetingItem.vote_closed_at,
        MeetingItem.conclusion,
        MeetingVote.choice,
        (_TIED | _STEPPED_OUT).label("is_out"),
        _HERE.label("is_here"),
    )
    .join(Batch, Batch.id == Meeting.batch_id)
    .join(
        BatchReviewer,
        (BatchReviewer.batch_id == Meeting.batch_id)
        & (BatchReviewer.user_id == bindparam("user_id"))
        & (BatchReviewer.state == InvitationState.ACCEPTED),
    )
    .outerjoin(MeetingItem, (MeetingItem.meeting_id == Meeting.id) & (MeetingItem.position == Meeting.current_position))
    .outerjoin(Application, Application.id == MeetingItem.application_id)
    .outerjoin(MeetingVote, (MeetingVote.item_id == MeetingItem.id) & (MeetingVote.user_id == bindparam("user_id")))
    .where(Meeting.id == bindparam("meeting_id"))
)


def screen(meeting_id: int, user_id: int) -> Screen:
    """One member's screen. One statement. Raises: NotFound for whoever is not on the committee."""
    row = db.session.connection().execute(_SCREEN, {"meeting_id": meeting_id, "user_id": user_id}).first()
    if row is None:
        raise NotFound(Message("There is no such meeting."))
    return Screen(
        meeting_id=row.id,
        batch_id=row.batch_id,
        user_id=user_id,
        batch_name=Bilingual(row.name_fr, row.name_en),
        title=row.title,
        place=row.place,
        closed_at=row.closed_at,
        version=row.version,
        turn=row.turn,
        item_id=row.item_id,
        application_id=row.application_id,
        stage=stage_of(row),
        conclusion=row.conclusion,
        is_here=bool(row.is_here),
        is_out=row.item_id is not None and bool(row.is_out),
        own_vote=row.choice,
    )


def stage_of(row: Any) -> MeetingStage:
    """Where the dossier of an agenda item stands."""
    return rules.stage(
        called_at=row.called_at,
        vote_opened_at=row.vote_opened_at,
        vote_closed_at=row.vote_closed_at,
        conclusion=row.conclusion,
    )


_OPEN_FOR: Final = (
    select(Meeting.id, Meeting.title, Meeting.place, Batch.name_fr, Batch.name_en)
    .join(Batch, Batch.id == Meeting.batch_id)
    .join(BatchReviewer, BatchReviewer.batch_id == Meeting.batch_id)
    .where(
        Meeting.closed_at.is_(None),
        BatchReviewer.user_id == bindparam("user_id"),
        BatchReviewer.state == InvitationState.ACCEPTED,
    )
    .order_by(Meeting.id)
)


def open_for(user_id: int) -> list[Invitation]:
    """The open meetings of the committees this person sits on. One statement."""
    rows = db.session.connection().execute(_OPEN_FOR, {"user_id": user_id})
    return [Invitation(row.id, Bilingual(row.name_fr, row.name_en), row.title, row.place) for row in rows]


def discussed(seen: Screen) -> Discussed:
    """The dossier on a screen that shows one. Raises: NotFound where the member must not see it."""
    if not seen.shows_dossier or seen.application_id is None or seen.item_id is None:
        raise NotFound(Message("There is no such dossier on your desk."))
    row = db.session.execute(
        select(
            Startup.sector,
            Startup.stage,
            Startup.region_code,
            Application.state.label("application_state"),
            BlindnessScan.scanned_at,
            Assignment.state,
            Review.id,
            Review.overall,
            Review.comment,
        )
        .select_from(Application)
        .join(Startup, Startup.id == Application.startup_id)
        .outerjoin(BlindnessScan, BlindnessScan.application_id == Application.id)
        .outerjoin(
            Assignment, (Assignment.application_id == Application.id) & (Assignment.reviewer_user_id == seen.user_id)
        )
        .outerjoin(Review, Review.assignment_id == Assignment.id)
        .where(Application.id == seen.application_id)
    ).one()
    is_withdrawn = row.application_state in reviewing.UNREADABLE
    is_searched = row.scanned_at is not None and not is_withdrawn
    has_open_review = row.state is AssignmentState.OPEN
    return Discussed(
        code=reviewing.dossier_code(seen.application_id),
        sector=row.sector,
        stage=row.stage,
        region_code=row.region_code,
        is_withdrawn=is_withdrawn,
        is_searched=is_searched,
        answers=tuple(answers(seen.batch_id, seen.application_id)) if is_searched else (),
        figures=None if has_open_review else figures(seen.application_id),
        has_open_review=has_open_review,
        own=None if row.id is None else OwnReview(row.overall, row.comment, _own_scores(row.id)),
        tally=tally(seen.item_id) if seen.stage in (MeetingStage.VOTED, MeetingStage.CONCLUDED) else None,
    )


def figures(application_id: int) -> Figures | None:
    """What the stored ranking says of one application; None where it is not in it. One statement."""
    row = db.session.execute(
        select(Standing, RankingRun.places)
        .join(RankingRun, RankingRun.batch_id == Standing.batch_id)
        .where(Standing.application_id == application_id)
    ).first()
    if row is None:
        return None
    one = row.Standing
    return Figures(
        one.rank,
        one.rank_low,
        one.rank_high,
        one.chance,
        row.places,
        one.adjusted,
        one.standard_error,
        one.spread,
        one.reviews,
    )


def tally(item_id: int) -> rules.Tally | None:
    """The counts of a vote that is closed; None where there was none. One statement."""
    rows = db.session.execute(
        select(MeetingVote.choice, func.count(MeetingVote.user_id))
        .select_from(MeetingItem)
        .outerjoin(MeetingVote, MeetingVote.item_id == MeetingItem.id)
        .where(MeetingItem.id == item_id, MeetingItem.vote_closed_at.is_not(None))
        .group_by(MeetingVote.choice)
    ).all()
    if not rows:
        return None
    return rules.tally(choice for choice, times in rows if choice is not None for _ in range(times))


def _own_scores(review_id: int) -> tuple[tuple[Bilingual, int], ...]:
    rows = db.session.execute(
        select(Criterion.label_fr, Criterion.label_en, Score.points)
        .join(Score, Score.criterion_id == Criterion.id)
        .where(Score.review_id == review_id)
        .order_by(Criterion.position, Criterion.id)
    )
    return tuple((Bilingual(row.label_fr, row.label_en), row.points) for row in rows)
