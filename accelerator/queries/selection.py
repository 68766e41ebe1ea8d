"""Queries · Selection — what is prepared for each application, the recap before it is final, the frozen result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select

from accelerator.extensions import db
from accelerator.kernel.enums import ApplicationState, Outcome, Sector
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.models.applications import Application
from accelerator.models.reviewing import ConflictOfInterest, Review
from accelerator.models.selection import Decision, SelectionSnapshot, Standing
from accelerator.models.startups import Membership, Startup
from accelerator.rules import scoring
from accelerator.rules.ranking import DEPARTURE_WORDS, Departure, off_rank
from accelerator.rules.selection import FROZEN_COLUMNS, Choice, frozen_line, version_of

PAGE_SIZE = 50


@dataclass(frozen=True)
class Candidate:
    """One admissible application with its figures, what is prepared for it, and whether a reason is owed."""

    application_id: int
    name: str
    region_code: str
    sector: Sector
    rank: int | None
    reviews: int
    mean: float | None
    spread: float | None
    adjusted: float | None
    standard_error: float | None
    outcome: Outcome | None
    position: int | None
    reason: str
    departure: Departure | None

    @property
    def owes_reason(self) -> bool:
        """True when the choice is off rank and says nothing."""
        return self.departure is not None and not self.reason

    @property
    def departure_sentence(self) -> str:
        """How the choice departs from the ranking; empty when it does not."""
        return DEPARTURE_WORDS[self.departure] if self.departure else ""


@dataclass(frozen=True)
class Share:
    """How many of one region or sector are admitted and wait."""

    key: str
    admitted: int
    waitlisted: int


@dataclass(frozen=True)
class Prepared:
    """Everything prepared for a batch. `version` changes with every saved choice."""

    version: str
    admitted: list[Candidate]
    waitlist: list[Candidate]
    departed: list[Candidate]
    candidates: int
    refused: int
    regions: list[Share]
    sectors: list[Share]

    @property
    def owed(self) -> int:
        """How many off-rank choices still lack their reason."""
        return sum(candidate.owes_reason for candidate in self.departed)

    @property
    def rest(self) -> int:
        """How many candidates will be refused."""
        return self.candidates - len(self.admitted) - len(self.waitlist)

    @property
    def is_empty(self) -> bool:
        """True before the first choice."""
        return not self.admitted and not self.waitlist and not self.refused


@dataclass(frozen=True)
class Board:
    """One page of candidates, best ranked first."""

    rows: list[Candidate]
    page: int
    pages: int


@dataclass(frozen=True)
class Doubts:
    """What a manager should know before a choice is final."""

    unscreened: int
    unread: int
    short_of_reviews: int
    chosen_short_of_reviews: list[str]
    conflicted: list[str]
    without_addressee: int

    @property
    def any(self) -> bool:
        """True when there is something to know."""
        return bool(self.unscreened or self.short_of_reviews or self.conflicted or self.without_addressee)


@dataclass(frozen=True)
class Frozen:
    """The frozen result of a batch."""

    method: str
    document: str
    sha256: str
    confirmed_at: datetime

    @property
    def method_sentence(self) -> str:
        """What the ranking did with the scores, in a sentence."""
        return scoring.METHOD_WORDS[scoring.Method(self.method)]


def choices(batch_id: int) -> list[Choice]:
    """What is prepared, by application id."""
    rows = db.session.execute(
        select(Decision.application_id, Decision.outcome, Decision.waitlist_position, Decision.reason)
        .where(Decision.batch_id == batch_id)
        .order_by(Decision.application_id)
    )
    return [Choice(*row) for row in rows]


def order(batch_id: int) -> list[int]:
    """The ids of the admissible applications in the ranking, best first."""
    return list(
        db.session.scalars(
            select(Standing.application_id)
            .join(Application, Application.id == Standing.application_id)
            .where(Standing.batch_id == batch_id, Application.state == ApplicationState.ADMISSIBLE)
            .order_by(Standing.rank)
        )
    )


def departures(batch_id: int, prepared: Sequence[Choice]) -> dict[int, Departure]:
    """Which of these choices depart from the stored ranking."""
    admitted = [choice.application_id for choice in prepared if choice.outcome is Outcome.ADMIT]
    waitlist = sorted(
        (choice for choice in prepared if choice.outcome is Outcome.WAITLIST),
        key=lambda choice: (choice.position or 0, choice.application_id),
    )
    return off_rank(order(batch_id), admitted, [choice.application_id for choice in waitlist])


def prepared(batch_id: int) -> Prepared:
    """What is prepared for a batch, with names. A fixed number of statements."""
    stored = choices(batch_id)
    departed = departures(batch_id, stored)
    shown = {choice.application_id for choice in stored if choice.outcome is not Outcome.REFUSE} | set(departed)
    everyone = {candidate.application_id: candidate for candidate in candidates(batch_id, departed, sorted(shown))}
    admitted = [one for one in everyone.values() if one.outcome is Outcome.ADMIT]
    waitlist = sorted(
        (one for one in everyone.values() if one.outcome is Outcome.WAITLIST), key=lambda one: one.position or 0
    )
    return Prepared(
        version=version_of(stored),
        admitted=admitted,
        waitlist=waitlist,
        departed=[one for one in everyone.values() if one.departure is not None],
        candidates=candidates_of(batch_id),
        refused=sum(choice.outcome is Outcome.REFUSE for choice in stored),
        regions=shares_of([one.region_code for one in admitted], [one.region_code for one in waitlist]),
        sectors=shares_of([one.sector for one in admitted], [one.sector for one in waitlist]),
    )


def board(batch_id: int, page: int) -> Board:
    """One page of the candidates, those without a review last. Raises: NotFound."""
    pages = max(1, -(-candidates_of(batch_id) // PAGE_SIZE))
    if page > pages:
        raise NotFound(Message("The ranking has fewer pages."))
    ids = db.session.scalars(
        select(Application.id)
        .outerjoin(Standing, Standing.application_id == Application.id)
        .where(Application.batch_id == batch_id, Application.state == ApplicationState.ADMISSIBLE)
        .order_by(case((Standing.rank.is_(None), 1), else_=0), Standing.rank, Application.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    return Board(rows(batch_id, list(ids)), page, pages)


def rows(batch_id: int, application_ids: list[int]) -> list[Candidate]:
    """These candidates, best ranked first."""
    return candidates(batch_id, departures(batch_id, choices(batch_id)), application_ids)


def candidates_of(batch_id: int) -> int:
    """How many admissible applications a batch has."""
    return db.session.scalars(
        select(func.count())
        .select_from(Application)
        .where(Application.batch_id == batch_id, Application.state == ApplicationState.ADMISSIBLE)
    ).one()


def candidate_ids(batch_id: int) -> list[int]:
    """The ids of the admissible applications."""
    return list(
        db.session.scalars(
            select(Application.id)
            .where(Application.batch_id == batch_id, Application.state == ApplicationState.ADMISSIBLE)
            .order_by(Application.id)
        )
    )


def doubts(batch_id: int, reviews_wanted: int, chosen: Sequence[Candidate]) -> Doubts:
    """What speaks against making the choice final now. A fixed number of statements."""
    ids = [candidate.application_id for candidate in chosen]
    states = dict(
        db.session.execute(
            select(Application.state, func.count())
            .where(
                Application.batch_id == batch_id,
                Application.state.in_((ApplicationState.SUBMITTED, ApplicationState.ADMISSIBLE)),
            )
            .group_by(Application.state)
        ).all()
    )
    full, unread = db.session.execute(
        select(
            func.count().filter(Application.reviews >= reviews_wanted),
            func.count().filter(Application.reviews == 0, Application.id.not_in(ids)),
        ).where(Application.batch_id == batch_id, Application.state == ApplicationState.ADMISSIBLE)
    ).one()
    conflicted = db.session.scalars(
        select(Startup.name)
        .distinct()
        .join(Application, Application.startup_id == Startup.id)
        .join(Review, Review.application_id == Application.id)
        .join(
            ConflictOfInterest,
            (ConflictOfInterest.startup_id == Startup.id)
            & (ConflictOfInterest.reviewer_user_id == Review.reviewer_user_id),
        )
        .where(Application.id.in_(ids))
        .order_by(Startup.name)
    )
    owned = select(Membership.id).where(Membership.startup_id == Application.startup_id).exists()
    alone = db.session.scalars(
        select(func.count())
        .select_from(Application)
        .where(Application.batch_id == batch_id, Application.state == ApplicationState.ADMISSIBLE, ~owned)
    ).one()
    return Doubts(
        unscreened=states.get(ApplicationState.SUBMITTED, 0),
        unread=unread,
        short_of_reviews=states.get(ApplicationState.ADMISSIBLE, 0) - full,
        chosen_short_of_reviews=[one.name for one in chosen if one.reviews < reviews_wanted],
        conflicted=list(conflicted),
        without_addressee=alone,
    )


def addressees(application_ids: Sequence[int]) -> dict[int, tuple[int, str]]:
    """Whom letters about an application go to, and the startup's name: its owner, or its first member."""
    found: dict[int, tuple[int, str]] = {}
    for start in range(0, len(application_ids), 500):
        rows = db.session.execute(
            select(Application.id, Membership.user_id, Startup.name)
            .join(Startup, Startup.id == Application.startup_id)
            .join(Membership, Membership.startup_id == Startup.id)
            .where(Application.id.in_(application_ids[start : start + 500]))
            .order_by(Application.id, Membership.is_owner.desc(), Membership.id)
        )
        for application_id, user_id, name in rows:
            found.setdefault(application_id, (user_id, name))
    return found


def find_frozen(batch_id: int) -> Frozen | None:
    """The frozen result; None before the batch is decided."""
    row = db.session.get(SelectionSnapshot, batch_id)
    return None if row is None else Frozen(row.method, row.document, row.sha256, row.confirmed_at)


def frozen_standings(batch_id: int) -> list[list[Any]]:
    """The stored ranking as the frozen document holds it."""
    columns = [getattr(Standing, name) for name in FROZEN_COLUMNS]
    found = db.session.execute(select(*columns).where(Standing.batch_id == batch_id).order_by(Standing.rank))
    return [frozen_line(row) for row in found]


def candidates(batch_id: int, departed: dict[int, Departure], application_ids: list[int]) -> list[Candidate]:
    """These candidates with what is prepared for them, best ranked first; `departed` says who departs and how."""
    found = db.session.execute(
        select(
            Application.id,
            Startup.name,
            Startup.region_code,
            Startup.sector,
            Standing.rank,
            Application.reviews,
            Standing.mean,
            Standing.spread,
            Standing.adjusted,
            Standing.standard_error,
            Decision.outcome,
            Decision.waitlist_position,
            func.coalesce(Decision.reason, ""),
        )
        .join(Startup, Startup.id == Application.startup_id)
        .outerjoin(Standing, Standing.application_id == Application.id)
        .outerjoin(Decision, Decision.application_id == Application.id)
        .where(Application.batch_id == batch_id, Application.id.in_(application_ids))
        .order_by(case((Standing.rank.is_(None), 1), else_=0), Standing.rank, Application.id)
    )
    return [Candidate(*row, departed.get(row[0])) for row in found]


def shares_of(admitted: Sequence[str], waitlisted: Sequence[str]) -> list[Share]:
    """How many of each value are admitted and wait, the most frequent first."""
    first, second = Counter(admitted), Counter(waitlisted)
    keys = sorted({*first, *second}, key=lambda key: (-first[key], -second[key], key))
    return [Share(key, first[key], second[key]) for key in keys]
