"""Queries · Meeting · Minutes — all meetings of a batch, what was decided in the end, and what it rests on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import BatchState, Conclusion, ConflictSource, InvitationState, Outcome
from accelerator.models.accounts import User
from accelerator.models.applications import Application
from accelerator.models.meeting import Meeting, MeetingAttendance, MeetingDeparture, MeetingItem, MeetingVote
from accelerator.models.programmes import Batch, Programme, Track
from accelerator.models.reviewing import BatchReviewer
from accelerator.models.startups import Startup
from accelerator.queries import board as boards
from accelerator.queries import rankings, selection
from accelerator.queries.batches import BatchSummary
from accelerator.queries.meeting.conclusions import Overturned, overturned
from accelerator.rules import meeting as rules
from accelerator.rules import reviewing


@dataclass(frozen=True)
class Cover:
    """Whose minutes these are."""

    programme: str
    zone: str
    name: Bilingual
    code: str
    places: int


@dataclass(frozen=True)
class Stay:
    """One time somebody was in the room."""

    arrived_at: datetime
    left_at: datetime | None


@dataclass(frozen=True)
class Attendant:
    """One member of the committee at one meeting; without a stay, absent."""

    name: str
    stays: tuple[Stay, ...]


@dataclass(frozen=True)
class Departure:
    """Who stepped out for a dossier, and what kind of ground is on record; what exactly it is stays there."""

    name: str
    source: ConflictSource
    stepped_out_at: datetime


@dataclass(frozen=True)
class Discussion:
    """One dossier that was called. `present` of `eligible` could vote; counts only, no roll call."""

    name: str
    code: str
    called_at: datetime
    departures: tuple[Departure, ...]
    tally: rules.Tally | None
    eligible: int | None
    present: int | None
    conclusion: Conclusion | None
    note: str

    @property
    def result(self) -> str:
        """What the vote says; empty without one."""
        return "" if self.tally is None else rules.result_words(self.tally)

    @property
    def misses_quorum(self) -> bool:
        """True when fewer than half of those who may sit on it were in the room."""
        return self.present is not None and not rules.has_quorum(self.present, self.eligible or 0)


@dataclass(frozen=True)
class MeetingMinutes:
    """One meeting. `uncalled` counts the dossiers of its agenda that were not reached."""

    title: str
    place: str
    opened_at: datetime
    closed_at: datetime | None
    opened_by: str
    closed_by: str
    attendance: tuple[Attendant, ...]
    discussions: tuple[Discussion, ...]
    uncalled: int

    @property
    def came(self) -> int:
        """How many members came."""
        return sum(bool(one.stays) for one in self.attendance)

    @property
    def has_quorum(self) -> bool:
        """True when at least half of the committee came."""
        return rules.has_quorum(self.came, len(self.attendance))


@dataclass(frozen=True)
class Decided:
    """One startup of the cohort, of the waitlist, or passed over with a reason."""

    name: str
    rank: int | None
    position: int | None
    outcome: Outcome | None
    reason: str


@dataclass(frozen=True)
class RuleResult:
    """One portfolio rule and how the admitted stand against it."""

    words: str
    standing: str
    is_met: bool


@dataclass(frozen=True)
class Minutes:
    """Everything the minutes say. `sha256` is that of the frozen result, empty before the decision."""

    cover: Cover
    is_decided: bool
    method: str
    sha256: str
    confirmed_at: datetime | None
    meetings: tuple[MeetingMinutes, ...]
    admitted: tuple[Decided, ...]
    waitlist: tuple[Decided, ...]
    reasons: tuple[Decided, ...]
    rules: tuple[RuleResult, ...]
    overturned: tuple[Overturned, ...]
    fingerprint: str = ""

    @property
    def signatories(self) -> list[str]:
        """Who signs: who opened the meetings, each once."""
        return list(dict.fromkeys(meeting.opened_by for meeting in self.meetings if meeting.opened_by))


def minutes(batch: BatchSummary) -> Minutes:
    """The minutes of a batch with their fingerprint, the same in every language. A fixed number of statements."""
    is_decided = batch.state is BatchState.DECIDED
    frozen, run = selection.find_frozen(batch.id), rankings.find_run(batch.id)
    seen = boards.decided(batch.id, boards.Search(), 1) if is_decided else None
    seen = seen or boards.board(batch.id, batch.places, boards.Search(), 1)
    method = frozen.method_sentence if frozen else run.method_sentence if run else ""
    found = Minutes(
        cover=_cover(batch),
        is_decided=is_decided,
        method=method,
        sha256=frozen.sha256 if frozen else "",
        confirmed_at=frozen.confirmed_at if frozen else None,
        meetings=_meetings(batch.id),
        admitted=tuple(_decided(card.candidate) for card in seen.admitted),
        waitlist=tuple(_decided(card.candidate) for card in seen.waitlist),
        reasons=tuple(_decided(one) for one in seen.departed),
        rules=tuple(
            RuleResult(line.words, line.standing, line.tally.is_met) for line in seen.rules if not line.missing
        ),
        overturned=tuple(overturned(batch.id)),
    )
    return replace(found, fingerprint=rules.fingerprint(asdict(found)))


def has_minutes(batch_id: int) -> bool:
    """True once a meeting of this batch has been opened. One statement."""
    return db.session.scalar(select(Meeting.id).where(Meeting.batch_id == batch_id).limit(1)) is not None


def _cover(batch: BatchSummary) -> Cover:
    row = db.session.execute(
        select(Programme.name, Programme.zone)
        .join(Track, Track.programme_id == Programme.id)
        .join(Batch, Batch.track_id == Track.id)
        .where(Batch.id == batch.id)
    ).one()
    return Cover(row.name, row.zone, batch.name, batch.code, batch.places)


def _decided(one: selection.Candidate) -> Decided:
    return Decided(one.name, one.rank, one.position, one.outcome, one.reason)


def _meetings(batch_id: int) -> tuple[MeetingMinutes, ...]:
    closer = aliased(User)
    rows = db.session.execute(
        select(
            Meeting,
            func.coalesce(User.name, "").label("opened_by"),
            func.coalesce(closer.name, "").label("closed_by"),
        )
        .outerjoin(User, User.id == Meeting.opened_by_user_id)
        .outerjoin(closer, closer.id == Meeting.closed_by_user_id)
        .where(Meeting.batch_id == batch_id)
        .order_by(Meeting.opened_at, Meeting.id)
    ).all()
    ids = [row.Meeting.id for row in rows]
    stays, members = _stays(ids), _members(batch_id)
    discussions, uncalled = _discussions(ids)
    return tuple(
        MeetingMinutes(
            title=row.Meeting.title,
            place=row.Meeting.place,
            opened_at=row.Meeting.opened_at,
            closed_at=row.Meeting.closed_at,
            opened_by=row.opened_by,
            closed_by=row.closed_by,
            attendance=_attendance(members, stays[row.Meeting.id]),
            discussions=tuple(discussions[row.Meeting.id]),
            uncalled=uncalled[row.Meeting.id],
        )
        for row in rows
    )


def _members(batch_id: int) -> dict[int, str]:
    rows = db.session.execute(
        select(User.id, User.name)
        .join(BatchReviewer, BatchReviewer.user_id == User.id)
        .where(BatchReviewer.batch_id == batch_id, BatchReviewer.state == InvitationState.ACCEPTED)
    )
    return {row.id: row.name for row in rows}


def _stays(meeting_ids: Sequence[int]) -> dict[int, dict[tuple[int, str], list[Stay]]]:
    rows = db.session.execute(
        select(MeetingAttendance, User.name)
        .join(User, User.id == MeetingAttendance.user_id)
        .where(MeetingAttendance.meeting_id.in_(meeting_ids))
        .order_by(MeetingAttendance.id)
    )
    found: dict[int, dict[tuple[int, str], list[Stay]]] = defaultdict(lambda: defaultdict(list))
    for stay, name in rows:
        found[stay.meeting_id][stay.user_id, name].append(Stay(stay.arrived_at, stay.left_at))
    return found


def _attendance(members: Mapping[int, str], stays: Mapping[tuple[int, str], Sequence[Stay]]) -> tuple[Attendant, ...]:
    """The committee as it is now and whoever else was there, by name; those who came first."""
    by_id = {user_id: (name, tuple(own)) for (user_id, name), own in stays.items()}
    everybody = {**{user_id: (name, ()) for user_id, name in members.items()}, **by_id}
    people = [Attendant(name, own) for _, (name, own) in sorted(everybody.items())]
    return tuple(sorted(people, key=lambda one: (not one.stays, one.name)))


def _discussions(meeting_ids: Sequence[int]) -> tuple[dict[int, list[Discussion]], dict[int, int]]:
    """The dossiers of each meeting in the order they were called, and how many were not reached."""
    rows = db.session.execute(
        select(MeetingItem, Startup.name)
        .join(Application, Application.id == MeetingItem.application_id)
        .join(Startup, Startup.id == Application.startup_id)
        .where(MeetingItem.meeting_id.in_(meeting_ids))
        .order_by(MeetingItem.called_at, MeetingItem.position)
    ).all()
    votes, departures = _votes(meeting_ids), _departures(meeting_ids)
    found: dict[int, list[Discussion]] = defaultdict(list)
    uncalled: dict[int, int] = defaultdict(int)
    for item, name in rows:
        if item.called_at is None:
            uncalled[item.meeting_id] += 1
            continue
        found[item.meeting_id].append(
            Discussion(
                name=name,
                code=reviewing.dossier_code(item.application_id),
                called_at=item.called_at,
                departures=tuple(departures[item.id]),
                tally=rules.tally(votes[item.id]) if item.vote_closed_at is not None else None,
                eligible=item.eligible,
                present=item.present,
                conclusion=item.conclusion,
                note=item.note,
            )
        )
    return found, uncalled


def _of_meetings(meeting_ids: Sequence[int]) -> Any:
    return select(MeetingItem.id).where(MeetingItem.meeting_id.in_(meeting_ids))


def _votes(meeting_ids: Sequence[int]) -> dict[int, list[Any]]:
    rows = db.session.execute(
        select(MeetingVote.item_id, MeetingVote.choice).where(MeetingVote.item_id.in_(_of_meetings(meeting_ids)))
    )
    found: dict[int, list[Any]] = defaultdict(list)
    for item_id, choice in rows:
        found[item_id].append(choice)
    return found


def _departures(meeting_ids: Sequence[int]) -> dict[int, list[Departure]]:
    rows = db.session.execute(
        select(MeetingDeparture, User.name)
        .join(User, User.id == MeetingDeparture.user_id)
        .where(MeetingDeparture.item_id.in_(_of_meetings(meeting_ids)))
        .order_by(MeetingDeparture.stepped_out_at, User.name)
    )
    found: dict[int, list[Departure]] = defaultdict(list)
    for one, name in rows:
        found[one.item_id].append(Departure(name, one.source, one.stepped_out_at))
    return found
