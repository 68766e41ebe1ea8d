"""Queries · Offers — who was offered a place, what became of it, who waits, which letters wait to leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, func, select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import ApplicationState, LetterState, OfferState, Outcome
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.models.accounts import User
from accelerator.models.applications import Application
from accelerator.models.letters import Letter
from accelerator.models.programmes import Batch
from accelerator.models.selection import Decision, Offer
from accelerator.models.startups import Startup
from accelerator.queries.decision_letters import KIND_OF


@dataclass(frozen=True)
class OfferLine:
    """One offer as staff see it. `position` is the waitlist position it came from; None for a first choice."""

    id: int
    application_id: int
    name: str
    region_code: str
    state: OfferState
    position: int | None
    respond_by: datetime
    sent_at: datetime | None
    answered_at: datetime | None
    answered_by: str | None
    reason: str


@dataclass(frozen=True)
class Waiting:
    """One line of the waitlist and what happened to it."""

    application_id: int
    position: int
    name: str
    region_code: str
    state: ApplicationState
    offer: OfferState | None

    @property
    def is_next_in_turn(self) -> bool:
        """True while it can still be offered a place."""
        return self.state is ApplicationState.WAITLISTED and self.offer is None


@dataclass(frozen=True)
class Planned:
    """Drafts that leave together by themselves. `is_late` once their time has come and they are still here."""

    leaves_at: datetime
    letters: int
    is_late: bool


@dataclass(frozen=True)
class Wave:
    """Letters of one kind about a batch's selection: drafts to send, what has left, what leaves by itself."""

    drafts: int
    released: int
    planned: tuple[Planned, ...] = ()


@dataclass(frozen=True)
class FounderOffer:
    """One offer as the startup's people see it."""

    id: int
    application_id: int
    startup_id: int
    startup: str
    batch_code: str
    batch: Bilingual
    state: OfferState
    respond_by: datetime
    answered_at: datetime | None
    starts_on: date
    ends_on: date
    place: str

    def is_late(self, now: datetime) -> bool:
        """True once the time to answer is over."""
        return now > self.respond_by


def offers(batch_id: int) -> list[OfferLine]:
    """Every offer of a batch: open ones first, then as made. One statement."""
    done = case((Offer.state.in_((OfferState.DRAFT, OfferState.SENT, OfferState.ACCEPTED)), 0), else_=1)
    rows = db.session.execute(
        select(
            Offer.id,
            Offer.application_id,
            Startup.name,
            Startup.region_code,
            Offer.state,
            Decision.waitlist_position,
            Offer.respond_by,
            Offer.sent_at,
            Offer.answered_at,
            User.name,
            Offer.reason,
        )
        .join(Application, Application.id == Offer.application_id)
        .join(Startup, Startup.id == Application.startup_id)
        .outerjoin(Decision, Decision.application_id == Offer.application_id)
        .outerjoin(User, User.id == Offer.answered_by_user_id)
        .where(Offer.batch_id == batch_id)
        .order_by(done, Offer.made_at, Offer.id)
    )
    return [OfferLine(*row) for row in rows]


def waitlist(batch_id: int) -> list[Waiting]:
    """The waitlist in its order, with what became of each. One statement."""
    rows = db.session.execute(
        select(
            Application.id,
            Decision.waitlist_position,
            Startup.name,
            Startup.region_code,
            Application.state,
            Offer.state,
        )
        .select_from(Decision)
        .join(Application, Application.id == Decision.application_id)
        .join(Startup, Startup.id == Application.startup_id)
        .outerjoin(Offer, Offer.application_id == Decision.application_id)
        .where(Decision.batch_id == batch_id, Decision.outcome == Outcome.WAITLIST)
        .order_by(Decision.waitlist_position, Application.id)
    )
    return [Waiting(*row) for row in rows]


def next_in_turn(batch_id: int) -> int | None:
    """The application first in turn on the waitlist; None when nobody waits."""
    return db.session.scalar(
        select(Decision.application_id)
        .join(Application, Application.id == Decision.application_id)
        .outerjoin(Offer, Offer.application_id == Decision.application_id)
        .where(
            Decision.batch_id == batch_id,
            Decision.outcome == Outcome.WAITLIST,
            Application.state == ApplicationState.WAITLISTED,
            Offer.id.is_(None),
        )
        .order_by(Decision.waitlist_position, Decision.application_id)
        .limit(1)
    )


def waves(batch_id: int) -> dict[Outcome, Wave]:
    """How many letters of each outcome wait as drafts, leave by themselves, and were released. One statement."""
    rows = db.session.execute(
        select(Letter.kind, Letter.state, Letter.leaves_at, func.count())
        .select_from(Application)
        .join(Letter, Letter.decides_application_id == Application.id)
        .where(Application.batch_id == batch_id)
        .group_by(Letter.kind, Letter.state, Letter.leaves_at)
        .order_by(Letter.leaves_at)
    ).all()
    now, out = clock.now(), (LetterState.QUEUED, LetterState.SENT, LetterState.FAILED)
    return {
        outcome: Wave(
            sum(count for of, state, at, count in rows if of == kind and state is LetterState.DRAFT and at is None),
            sum(count for of, state, _at, count in rows if of == kind and state in out),
            tuple(
                Planned(at, count, at <= now)
                for of, state, at, count in rows
                if of == kind and state is LetterState.DRAFT and at is not None
            ),
        )
        for outcome, kind in KIND_OF.items()
    }


def offer(batch_id: int, offer_id: int) -> OfferLine:
    """One offer of a batch. Raises: NotFound."""
    for line in offers(batch_id):
        if line.id == offer_id:
            return line
    raise NotFound(Message("There is no such offer."))


def founder_offer(actor: Actor, offer_id: int) -> FounderOffer:
    """One offer of a startup the actor belongs to. Raises: NotFound, also while it is being prepared."""
    row = db.session.execute(
        select(Offer, Application.startup_id, Startup.name, Batch)
        .join(Application, Application.id == Offer.application_id)
        .join(Startup, Startup.id == Application.startup_id)
        .join(Batch, Batch.id == Offer.batch_id)
        .where(
            Offer.id == offer_id,
            Offer.state != OfferState.DRAFT,
            Offer.sent_at.is_not(None),
            Application.startup_id.in_(actor.startup_ids),
        )
    ).first()
    if row is None:
        raise NotFound(Message("There is no such offer."))
    offer, startup_id, startup, batch = row
    return FounderOffer(
        id=offer.id,
        application_id=offer.application_id,
        startup_id=startup_id,
        startup=startup,
        batch_code=batch.code,
        batch=Bilingual(batch.name_fr, batch.name_en),
        state=offer.state,
        respond_by=offer.respond_by,
        answered_at=offer.answered_at,
        starts_on=batch.starts_on,
        ends_on=batch.ends_on,
        place=batch.place_name,
    )
