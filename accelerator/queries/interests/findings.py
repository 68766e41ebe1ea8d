"""Queries · Interests · Findings — the conflicts of a batch: certain, confirmed, waiting for a decision, ignored."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from accelerator.extensions import db
from accelerator.kernel.enums import BatchState, ConflictSource, GroundKind, InvitationState, SuspicionState
from accelerator.kernel.message import unpacked
from accelerator.models.accounts import User
from accelerator.models.applications import Application
from accelerator.models.interests import InterestStatement, Suspicion
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import BatchReviewer
from accelerator.models.startups import Startup
from accelerator.queries.interests import grounds
from accelerator.rules import reviewing
from accelerator.rules.conflicts import Ground, ReviewerTies, find_all

PAGE_SIZE: Final = 50


@dataclass(frozen=True)
class Finding:
    """One ground between a member of the committee and a startup of the batch, by their names."""

    reviewer_id: int
    reviewer: str
    startup_id: int
    startup: str
    application_id: int
    kind: GroundKind
    source: ConflictSource
    reason: str
    is_certain: bool
    evidence: str


@dataclass(frozen=True)
class Ignored:
    """A suspicion that somebody decided to ignore."""

    suspicion_id: int
    finding: Finding
    decided_by: str
    decided_at: datetime


@dataclass(frozen=True)
class Confirmed:
    """A suspicion that was confirmed; its conflict is on record whatever becomes of the evidence."""

    suspicion_id: int
    reviewer: str
    startup: str
    reason: str
    decided_by: str
    decided_at: datetime


@dataclass(frozen=True)
class Board:
    """All conflicts of a batch. A pair that is barred already has nothing left to suspect."""

    barred: tuple[Finding, ...]
    waiting: tuple[Finding, ...]
    ignored: tuple[Ignored, ...]
    confirmed: tuple[Confirmed, ...]
    unstated: tuple[str, ...]

    @property
    def pairs(self) -> int:
        """How many pairs of a reviewer and a startup never meet."""
        return len({(one.reviewer_id, one.startup_id) for one in self.barred})

    @property
    def pages(self) -> int:
        """How many pages the certain ones fill."""
        return max(1, math.ceil(len(self.barred) / PAGE_SIZE))

    def page(self, number: int) -> tuple[Finding, ...]:
        """One page of the certain ones."""
        return self.barred[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]

    def to_decide(self) -> tuple[Finding, ...]:
        """The suspicions shown at once."""
        return self.waiting[:PAGE_SIZE]


def board(batch_id: int) -> Board:
    """Every conflict between the committee, asked or accepted, and what it reads. Twelve statements."""
    names = dict(
        db.session.execute(
            select(User.id, User.name)
            .join(BatchReviewer, BatchReviewer.user_id == User.id)
            .where(BatchReviewer.batch_id == batch_id, BatchReviewer.state != InvitationState.DECLINED)
        ).all()
    )
    entries = {
        row.startup_id: row
        for row in db.session.execute(
            select(Application.id, Application.startup_id, Startup.name)
            .join(Startup, Startup.id == Application.startup_id)
            .where(Application.batch_id == batch_id, Application.state.not_in(reviewing.UNREADABLE))
        )
    }
    found = [
        Finding(
            ground.reviewer_id,
            names[ground.reviewer_id],
            ground.startup_id,
            entries[ground.startup_id].name,
            entries[ground.startup_id].id,
            ground.kind,
            ground.source,
            ground.reason,
            ground.is_certain,
            ground.evidence,
        )
        for ground in grounds.between(list(names), _read(batch_id))
    ]
    found.sort(key=lambda one: (one.reviewer, one.reviewer_id, one.startup, one.startup_id, not one.is_certain))
    decided = _decided(list(names), batch_id)
    return Board(
        barred=tuple(one for one in found if one.is_certain),
        waiting=tuple(_waiting(found, decided)),
        ignored=tuple(_ignored(found, decided)),
        confirmed=tuple(_confirmed(decided, names, {id_: row.name for id_, row in entries.items()})),
        unstated=tuple(_unstated(batch_id)),
    )


def waiting_evidence(reviewer_id: int) -> dict[str, str]:
    """What a reviewer can be asked without learning who applies: evidence -> the sentence. Eleven statements.

    Only batches that are not decided yet, and only what nobody has decided about.
    """
    found = askable(reviewer_id)
    return {ground.evidence: ground.reason for ground in reversed(found)}


def askable(reviewer_id: int) -> list[Ground]:
    """The grounds behind what a reviewer can be asked."""
    sits = select(BatchReviewer.batch_id).where(
        BatchReviewer.user_id == reviewer_id, BatchReviewer.state != InvitationState.DECLINED
    )
    read = (
        select(Application.startup_id)
        .join(Batch, Batch.id == Application.batch_id)
        .where(
            Application.batch_id.in_(sits),
            Batch.state != BatchState.DECIDED,
            Application.state.not_in(reviewing.UNREADABLE),
        )
    )
    found = grounds.between([reviewer_id], read)
    rows = db.session.execute(
        select(Suspicion.startup_id, Suspicion.evidence).where(Suspicion.reviewer_user_id == reviewer_id)
    )
    decided = {(row[0], row[1]) for row in rows}
    barred = {ground.startup_id for ground in found if ground.is_certain}
    return [
        ground
        for ground in found
        if ground.is_askable
        and not ground.is_certain
        and ground.startup_id not in barred
        and (ground.startup_id, ground.evidence) not in decided
    ]


def undecided(suspected: Sequence[Ground], startup_id: int) -> list[Ground]:
    """Of these grounds with one startup, those that nobody has decided about. One statement."""
    rows = db.session.execute(
        select(Suspicion.reviewer_user_id, Suspicion.evidence).where(Suspicion.startup_id == startup_id)
    )
    decided = {(row[0], row[1]) for row in rows}
    return [one for one in suspected if (one.reviewer_id, one.evidence) not in decided]


def check(person: ReviewerTies, batch_id: int) -> list[Finding]:
    """What would speak against a person on the committee of a batch, before they are asked. Four statements."""
    entries = {
        row.startup_id: row
        for row in db.session.execute(
            select(Application.id, Application.startup_id, Startup.name)
            .join(Startup, Startup.id == Application.startup_id)
            .where(Application.batch_id == batch_id, Application.state.not_in(reviewing.UNREADABLE))
        )
    }
    return [
        Finding(
            ground.reviewer_id,
            person.name,
            ground.startup_id,
            entries[ground.startup_id].name,
            entries[ground.startup_id].id,
            ground.kind,
            ground.source,
            ground.reason,
            ground.is_certain,
            ground.evidence,
        )
        for ground in find_all([person], grounds.startups(_read(batch_id)))
    ]


def find_person(email: str, batch_id: int) -> ReviewerTies | None:
    """Everything known of the person with this address; None where nobody has it. Six statements."""
    user_id = db.session.scalar(select(User.id).where(User.email == email))
    if user_id is None:
        return None
    return grounds.reviewers([user_id], _read(batch_id))[0]


def _read(batch_id: int) -> grounds.StartupIds:
    return select(Application.startup_id).where(
        Application.batch_id == batch_id, Application.state.not_in(reviewing.UNREADABLE)
    )


@dataclass(frozen=True)
class _Decided:
    id: int
    reviewer_id: int
    startup_id: int
    evidence: str
    state: SuspicionState
    sentence: dict[str, object]
    decided_at: datetime
    decided_by: str


def _decided(reviewer_ids: Collection[int], batch_id: int) -> list[_Decided]:
    rows = db.session.execute(
        select(
            Suspicion.id,
            Suspicion.reviewer_user_id,
            Suspicion.startup_id,
            Suspicion.evidence,
            Suspicion.state,
            Suspicion.sentence,
            Suspicion.decided_at,
            User.name,
        )
        .outerjoin(User, User.id == Suspicion.decided_by_user_id)
        .where(Suspicion.reviewer_user_id.in_(reviewer_ids), Suspicion.startup_id.in_(_read(batch_id)))
        .order_by(Suspicion.decided_at.desc(), Suspicion.id.desc())
    )
    return [_Decided(*row) for row in rows]


def _waiting(found: Sequence[Finding], decided: Sequence[_Decided]) -> list[Finding]:
    known = {(one.reviewer_id, one.startup_id, one.evidence) for one in decided}
    barred = {(one.reviewer_id, one.startup_id) for one in found if one.is_certain}
    return [
        one
        for one in found
        if not one.is_certain
        and (one.reviewer_id, one.startup_id) not in barred
        and (one.reviewer_id, one.startup_id, one.evidence) not in known
    ]


def _ignored(found: Sequence[Finding], decided: Sequence[_Decided]) -> list[Ignored]:
    by_key = {(one.reviewer_id, one.startup_id, one.evidence): one for one in found}
    return [
        Ignored(one.id, finding, one.decided_by or "", one.decided_at)
        for one in decided
        if one.state is SuspicionState.IGNORED
        and (finding := by_key.get((one.reviewer_id, one.startup_id, one.evidence))) is not None
    ]


def _confirmed(decided: Sequence[_Decided], names: dict[int, str], startups: dict[int, str]) -> list[Confirmed]:
    return [
        Confirmed(
            one.id,
            names[one.reviewer_id],
            startups[one.startup_id],
            unpacked(one.sentence),
            one.decided_by or "",
            one.decided_at,
        )
        for one in decided
        if one.state is SuspicionState.CONFIRMED
    ]


def _unstated(batch_id: int) -> list[str]:
    """Members of the committee who have not declared their interests yet, by name."""
    stated = select(InterestStatement.id).where(InterestStatement.user_id == BatchReviewer.user_id).exists()
    return list(
        db.session.scalars(
            select(User.name)
            .join(BatchReviewer, BatchReviewer.user_id == User.id)
            .where(BatchReviewer.batch_id == batch_id, BatchReviewer.state == InvitationState.ACCEPTED, ~stated)
            .order_by(User.name, User.id)
        )
    )
