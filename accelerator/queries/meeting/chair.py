"""Queries · Meeting · Chair — the meeting as its chair sees it: agenda, figures, who is here, who is out and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import bindparam, func, select

from accelerator.extensions import db
from accelerator.kernel.enums import (
    ApplicationState,
    Conclusion,
    InvitationState,
    MeetingStage,
    Outcome,
    Sector,
)
from accelerator.kernel.message import Message, unpacked
from accelerator.models.accounts import User
from accelerator.models.applications import Application
from accelerator.models.meeting import Meeting, MeetingAttendance, MeetingDeparture, MeetingItem, MeetingVote
from accelerator.models.reviewing import BatchReviewer, ConflictOfInterest, Review
from accelerator.models.selection import Decision, Standing
from accelerator.models.startups import Startup
from accelerator.queries.meeting.room import Figures, figures, stage_of, tally
from accelerator.queries.rankings import Run
from accelerator.rules import meeting as rules
from accelerator.rules import reviewing
from accelerator.rules.ranking import is_too_close


@dataclass(frozen=True)
class AgendaLine:
    """One candidate that can be put on the agenda. `is_proposed`: ticked when the page opens."""

    application_id: int
    name: str
    region_code: str
    sector: Sector
    rank: int
    chance: float
    outcome: Outcome | None
    position: int | None
    is_close: bool
    is_proposed: bool


@dataclass(frozen=True)
class Item:
    """One dossier on the agenda."""

    id: int
    position: int
    application_id: int
    name: str
    rank: int | None
    stage: MeetingStage
    conclusion: Conclusion | None
    is_current: bool
    is_withdrawn: bool


@dataclass(frozen=True)
class Seat:
    """One member of the committee: here or not, out for the dossier at hand and why."""

    user_id: int
    name: str
    is_here: bool
    is_out: bool
    ground: str


@dataclass(frozen=True)
class Comment:
    """What one reviewer sent about the dossier."""

    reviewer: str
    overall: Decimal
    text: str


@dataclass(frozen=True)
class AtHand:
    """The dossier under discussion with everything the chair may want to say of it.

    `eligible` members have no tie to it; `voters` of them are here; `voted` have voted. Counts of a vote are known
    once it is closed.
    """

    item: Item
    code: str
    region_code: str
    sector: Sector
    figures: Figures | None
    comments: tuple[Comment, ...]
    outcome: Outcome | None
    waitlist_position: int | None
    reason: str
    note: str
    eligible: int
    voters: int
    voted: int
    tally: rules.Tally | None

    @property
    def result(self) -> Message | None:
        """What the closed vote says."""
        return None if self.tally is None else rules.result_words(self.tally)

    @property
    def has_quorum(self) -> bool:
        """True while at least half of those who may sit on it are here."""
        return rules.has_quorum(self.voters, self.eligible)

    def offers(self, act: str) -> bool:
        """True when the chair can do this now."""
        return rules.can(self.item.stage, rules.Act(act))


@dataclass(frozen=True)
class OpenMeeting:
    """The open meeting of a batch."""

    id: int
    title: str
    place: str
    opened_at: datetime
    opened_by: str
    seen: str
    stamp: str
    agenda: tuple[Item, ...]
    seats: tuple[Seat, ...]
    at_hand: AtHand | None

    @property
    def here(self) -> int:
        """How many members are in the room, those stepped out included."""
        return sum(seat.is_here for seat in self.seats)

    @property
    def has_quorum(self) -> bool:
        """True while at least half of the committee is here."""
        return rules.has_quorum(self.here, len(self.seats))

    @property
    def concluded(self) -> int:
        """How many dossiers are done."""
        return sum(item.stage is MeetingStage.CONCLUDED for item in self.agenda)

    @property
    def can_move_on(self) -> bool:
        """True unless a vote is open."""
        return self.at_hand is None or self.at_hand.item.stage is not MeetingStage.VOTING


_VOTES: Final = select(func.count()).where(MeetingVote.item_id == MeetingItem.id).scalar_subquery().label("votes")
_DEPARTURES: Final = (
    select(func.count()).where(MeetingDeparture.item_id == MeetingItem.id).scalar_subquery().label("departures")
)
_ARRIVALS: Final = (
    select(func.count()).where(MeetingAttendance.meeting_id == Meeting.id).scalar_subquery().label("arrivals")
)
_LEAVINGS: Final = (
    select(func.count(MeetingAttendance.left_at))
    .where(MeetingAttendance.meeting_id == Meeting.id)
    .scalar_subquery()
    .label("leavings")
)
_PULSE: Final = (
    select(Meeting.id, Meeting.version, _VOTES, _DEPARTURES, _ARRIVALS, _LEAVINGS)
    .outerjoin(MeetingItem, (MeetingItem.meeting_id == Meeting.id) & (MeetingItem.position == Meeting.current_position))
    .where(Meeting.batch_id == bindparam("batch_id"), Meeting.closed_at.is_(None))
)


def pulse(batch_id: int) -> str:
    """A name for what the chair's page shows now. One statement."""
    row = db.session.connection().execute(_PULSE, {"batch_id": batch_id}).first()
    return rules.stamp(*row) if row else rules.stamp("closed")


def is_open(batch_id: int) -> bool:
    """True while a meeting of this batch is open. One statement."""
    found = select(Meeting.id).where(Meeting.batch_id == batch_id, Meeting.closed_at.is_(None))
    return db.session.scalar(found) is not None


def agenda_lines(batch_id: int, run: Run, places: int) -> list[AgendaLine]:
    """The candidates that can be put on the agenda: those proposed, then the next of the ranking. One statement."""
    rows = db.session.execute(
        select(
            Application.id,
            Startup.name,
            Startup.region_code,
            Startup.sector,
            Standing.rank,
            Standing.chance,
            Decision.outcome,
            Decision.waitlist_position,
        )
        .join(Application, Application.id == Standing.application_id)
        .join(Startup, Startup.id == Application.startup_id)
        .outerjoin(Decision, Decision.application_id == Application.id)
        .where(Standing.batch_id == batch_id, Application.state == ApplicationState.ADMISSIBLE)
        .where(
            (Standing.rank <= run.places + rules.MOST_ITEMS) | Decision.outcome.in_((Outcome.ADMIT, Outcome.WAITLIST))
        )
        .order_by(Standing.rank)
    ).all()
    close = {row.id: run.places > 0 and is_too_close(row.rank, row.chance, run.places) for row in rows}
    contenders = [rules.Contender(row.id, row.rank, row.outcome, row.waitlist_position, close[row.id]) for row in rows]
    proposed = rules.proposed_agenda(contenders, places)
    by_id = {row.id: row for row in rows}
    order = [*proposed, *(row.id for row in rows if row.id not in set(proposed))][: rules.MOST_ITEMS]
    return [_agenda_line(by_id[one], is_close=close[one], is_proposed=one in set(proposed)) for one in order]


def _agenda_line(row: Any, *, is_close: bool, is_proposed: bool) -> AgendaLine:
    return AgendaLine(
        application_id=row.id,
        name=row.name,
        region_code=row.region_code,
        sector=row.sector,
        rank=row.rank,
        chance=row.chance,
        outcome=row.outcome,
        position=row.waitlist_position,
        is_close=is_close,
        is_proposed=is_proposed,
    )


def find_open(batch_id: int) -> OpenMeeting | None:
    """The open meeting of a batch with everything on the chair's page. Four statements, nine with a dossier at hand."""
    row = db.session.execute(
        select(Meeting, func.coalesce(User.name, "").label("opened_by"))
        .outerjoin(User, User.id == Meeting.opened_by_user_id)
        .where(Meeting.batch_id == batch_id, Meeting.closed_at.is_(None))
    ).first()
    if row is None:
        return None
    meeting = row.Meeting
    stamp = pulse(batch_id)
    agenda = _agenda(meeting)
    current = next((item for item in agenda if item.is_current), None)
    seats = _seats(meeting, current)
    return OpenMeeting(
        id=meeting.id,
        title=meeting.title,
        place=meeting.place,
        opened_at=meeting.opened_at,
        opened_by=row.opened_by,
        seen=f"{meeting.id}.{meeting.turn}",
        stamp=stamp,
        agenda=tuple(agenda),
        seats=seats,
        at_hand=None if current is None else _at_hand(current, seats),
    )


def _agenda(meeting: Meeting) -> list[Item]:
    rows = db.session.execute(
        select(MeetingItem, Startup.name, Standing.rank, Application.state.label("application_state"))
        .join(Application, Application.id == MeetingItem.application_id)
        .join(Startup, Startup.id == Application.startup_id)
        .outerjoin(Standing, Standing.application_id == Application.id)
        .where(MeetingItem.meeting_id == meeting.id)
        .order_by(MeetingItem.position)
    )
    return [
        Item(
            id=row.MeetingItem.id,
            position=row.MeetingItem.position,
            application_id=row.MeetingItem.application_id,
            name=row.name,
            rank=row.rank,
            stage=stage_of(row.MeetingItem),
            conclusion=row.MeetingItem.conclusion,
            is_current=row.MeetingItem.position == meeting.current_position,
            is_withdrawn=row.application_state in reviewing.UNREADABLE,
        )
        for row in rows
    ]


def _seats(meeting: Meeting, current: Item | None) -> tuple[Seat, ...]:
    """The committee by name; whoever has a tie to the dossier at hand is out, in the room or not."""
    startup_id = (
        select(Application.startup_id)
        .where(Application.id == (current.application_id if current else None))
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(
            User.id,
            User.name,
            MeetingAttendance.id.label("stay"),
            ConflictOfInterest.id.label("conflict"),
            ConflictOfInterest.ground,
            ConflictOfInterest.sentence,
            MeetingDeparture.ground.label("stepped_out"),
        )
        .select_from(BatchReviewer)
        .join(User, User.id == BatchReviewer.user_id)
        .outerjoin(
            MeetingAttendance,
            (MeetingAttendance.user_id == User.id)
            & (MeetingAttendance.meeting_id == meeting.id)
            & MeetingAttendance.left_at.is_(None),
        )
        .outerjoin(
            ConflictOfInterest,
            (ConflictOfInterest.reviewer_user_id == User.id) & (ConflictOfInterest.startup_id == startup_id),
        )
        .outerjoin(
            MeetingDeparture,
            (MeetingDeparture.user_id == User.id) & (MeetingDeparture.item_id == (current.id if current else None)),
        )
        .where(BatchReviewer.batch_id == meeting.batch_id, BatchReviewer.state == InvitationState.ACCEPTED)
        .order_by(User.name, User.id)
    )
    return tuple(
        Seat(
            user_id=row.id,
            name=row.name,
            is_here=row.stay is not None,
            is_out=row.conflict is not None or row.stepped_out is not None,
            ground=unpacked(row.sentence) if row.sentence else (row.ground or row.stepped_out or ""),
        )
        for row in rows
    )


def _at_hand(current: Item, seats: Sequence[Seat]) -> AtHand:
    row = db.session.execute(
        select(
            Startup.region_code,
            Startup.sector,
            Decision.outcome,
            Decision.waitlist_position,
            func.coalesce(Decision.reason, "").label("reason"),
            MeetingItem.note,
            _VOTES,
        )
        .select_from(MeetingItem)
        .join(Application, Application.id == MeetingItem.application_id)
        .join(Startup, Startup.id == Application.startup_id)
        .outerjoin(Decision, Decision.application_id == Application.id)
        .where(MeetingItem.id == current.id)
    ).one()
    comments = db.session.execute(
        select(User.name, Review.overall, Review.comment)
        .join(User, User.id == Review.reviewer_user_id)
        .where(Review.application_id == current.application_id)
        .order_by(User.name, User.id)
    )
    return AtHand(
        item=current,
        code=reviewing.dossier_code(current.application_id),
        region_code=row.region_code,
        sector=row.sector,
        figures=figures(current.application_id),
        comments=tuple(Comment(*one) for one in comments),
        outcome=row.outcome,
        waitlist_position=row.waitlist_position,
        reason=row.reason,
        note=row.note,
        eligible=sum(not seat.is_out for seat in seats),
        voters=sum(seat.is_here and not seat.is_out for seat in seats),
        voted=row.votes,
        tally=tally(current.id),
    )
