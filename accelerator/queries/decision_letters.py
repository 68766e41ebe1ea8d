"""Queries · Decision letters — what the letter on one application says, to whom, and which drafts wait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import exists, func, select

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import LetterState, OfferState, Outcome
from accelerator.models.accounts import User
from accelerator.models.applications import Application
from accelerator.models.letters import Letter
from accelerator.models.programmes import Batch
from accelerator.models.selection import Decision, Offer
from accelerator.models.startups import Membership, Startup

KIND_OF: Final = {Outcome.ADMIT: "offer", Outcome.WAITLIST: "waitlisted", Outcome.REFUSE: "not_selected"}
"""The letter that tells each outcome."""

OUTCOME_OF: Final = {kind: outcome for outcome, kind in KIND_OF.items()}
KINDS: Final = frozenset(KIND_OF.values())
CHUNK: Final = 500


@dataclass(frozen=True)
class Recipient:
    """Whom the letter about one application goes to today: the startup's owner, or its first member."""

    application_id: int
    user_id: int
    name: str
    email: str
    locale: str
    startup_id: int
    startup: str
    region_code: str
    department_code: str | None


@dataclass(frozen=True)
class Facts:
    """What the letter on one application tells: its subject and the values of its text."""

    application_id: int
    about: str
    values: Mapping[str, object]


@dataclass(frozen=True)
class Draft:
    """One draft as it stands."""

    id: int
    application_id: int
    startup: str
    region_code: str
    to_user_id: int | None
    to_email: str
    locale: str
    subject: str
    body: str
    leaves_at: datetime | None


@dataclass(frozen=True)
class ToSend:
    """One application whose letter can be sent, by the startup's name."""

    application_id: int
    startup: str
    region_code: str


def chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """The ids in parts that fit one statement."""
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def recipients(application_ids: Sequence[int]) -> dict[int, Recipient]:
    """Whom letters about these applications go to; those of a startup without people are missing."""
    found: dict[int, Recipient] = {}
    for part in chunks(application_ids):
        rows = db.session.execute(
            select(
                Application.id,
                User.id,
                User.name,
                User.email,
                User.locale,
                Startup.id,
                Startup.name,
                Startup.region_code,
                Startup.department_code,
            )
            .join(Startup, Startup.id == Application.startup_id)
            .join(Membership, Membership.startup_id == Startup.id)
            .join(User, User.id == Membership.user_id)
            .where(Application.id.in_(part))
            .order_by(Application.id, Membership.is_owner.desc(), Membership.id)
        )
        for row in rows:
            found.setdefault(row[0], Recipient(*row))
    return found


def facts(batch: Batch, kind: str, application_ids: Sequence[int]) -> dict[int, Facts]:
    """What the letters of one kind tell about these applications, but for the startup's name."""
    common = {"batch": Bilingual(batch.name_fr, batch.name_en), "starts_on": batch.starts_on}
    found: dict[int, Facts] = {}
    for part in chunks(application_ids):
        if kind == KIND_OF[Outcome.ADMIT]:
            offers = db.session.execute(
                select(Offer.application_id, Offer.id, Offer.respond_by).where(Offer.application_id.in_(part))
            )
            for one, offer_id, respond_by in offers:
                own = {"offer_id": offer_id, "respond_by": respond_by, "ends_on": batch.ends_on}
                found[one] = Facts(one, f"offer:{offer_id}", {**common, **own, "place": batch.place_name})
            continue
        decided = db.session.execute(
            select(Decision.application_id, Decision.waitlist_position).where(Decision.application_id.in_(part))
        )
        for one, position in decided:
            own = {"application_id": one, "position": position}
            found[one] = Facts(one, f"application:{one}", {**common, **own})
    return found


def drafts(batch_id: int, outcome: Outcome, *, letter_id: int | None = None) -> list[Draft]:
    """The drafts of one outcome in the order they were written, or one of them. One statement."""
    wanted = select(
        Letter.id,
        Letter.decides_application_id,
        Startup.name,
        Startup.region_code,
        Letter.to_user_id,
        Letter.to_email,
        Letter.locale,
        Letter.subject,
        Letter.body,
        Letter.leaves_at,
    )
    rows = db.session.execute(
        wanted.join(Application, Application.id == Letter.decides_application_id)
        .join(Startup, Startup.id == Application.startup_id)
        .where(
            Application.batch_id == batch_id,
            Letter.kind == KIND_OF[outcome],
            Letter.state == LetterState.DRAFT,
            *([Letter.id == letter_id] if letter_id is not None else ()),
        )
        .order_by(Letter.id)
    )
    return [Draft(*row) for row in rows]


def to_send(batch_id: int, outcome: Outcome) -> list[ToSend]:
    """What of one outcome can be sent: drafts that do not leave by themselves, by the startup's name. One statement."""
    wanted = (
        select(Application.id, Startup.name, Startup.region_code)
        .join(Startup, Startup.id == Application.startup_id)
        .where(Application.batch_id == batch_id)
        .order_by(Startup.name, Application.id)
    )
    if outcome is Outcome.ADMIT:
        planned = exists().where(
            Letter.decides_application_id == Application.id,
            Letter.state == LetterState.DRAFT,
            Letter.leaves_at.is_not(None),
        )
        wanted = wanted.join(Offer, Offer.application_id == Application.id)
        wanted = wanted.where(Offer.state == OfferState.DRAFT, ~planned)
    else:
        wanted = wanted.join(Letter, Letter.decides_application_id == Application.id).where(
            Letter.kind == KIND_OF[outcome], Letter.state == LetterState.DRAFT, Letter.leaves_at.is_(None)
        )
    return [ToSend(*row) for row in db.session.execute(wanted)]


def left_at(application_id: int, kind: str) -> datetime | None:
    """When the letter of one kind about an application last left the house; None when it has not."""
    return db.session.scalar(
        select(func.max(Letter.sent_at)).where(
            Letter.decides_application_id == application_id, Letter.kind == kind, Letter.state == LetterState.SENT
        )
    )
