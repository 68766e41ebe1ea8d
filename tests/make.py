"""Builders: rows with believable defaults, stored at once. A test names only what it is about."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from stdnum import luhn

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import (
    ApplicationState,
    AssignmentState,
    BatchState,
    InterestKind,
    OfferState,
    QuestionKind,
    Role,
    TieKind,
    VenueKind,
    WorkshopLevel,
    WorkshopSessionState,
)
from accelerator.models.accounts import RoleGrant, User
from accelerator.models.applications import Answer, Application, Deck
from accelerator.models.blindness import BlindnessScan
from accelerator.models.counter import CounterDefinition
from accelerator.models.credits import CreditPool, Sponsor
from accelerator.models.interests import Interest, InterestStatement, StartupTie
from accelerator.models.programmes import Batch, Programme, Question, Track
from accelerator.models.reviewing import Assignment, BatchReviewer, Criterion, Rubric
from accelerator.models.selection import Offer
from accelerator.models.startups import Membership, Startup
from accelerator.models.workshops import Venue, Workshop, WorkshopSession
from accelerator.queries.accounts import find_signed_in

_numbers = itertools.count(1)

NAMES = [
    "Ada",
    "Grace",
    "Alan",
    "Barbara",
    "Edsger",
    "Radia",
    "Donald",
    "Frances",
    "Ken",
    "Margaret",
    "Dennis",
    "Hedy",
    "Tim",
    "Joan",
    "Guido",
    "Katherine",
]


def _store(row: Any) -> Any:
    db.session.add(row)
    db.session.commit()
    return row


def siren(number: int | None = None) -> str:
    """A SIREN that passes its check, different each time."""
    base = f"{900000 + (number if number is not None else next(_numbers)):08d}"[:8]
    return base + luhn.calc_check_digit(base)


def user(*roles: Role | tuple[Role, str], name: str = "", email: str = "", locale: str = "en") -> User:
    """A person; founders by default. A coordinator is `(Role.COORDINATOR, "84")`."""
    number = next(_numbers)
    name = name or f"{NAMES[number % len(NAMES)]} {number}"
    row = _store(User(name=name, email=email or f"person{number}@exemple.fr", locale=locale, created_at=clock.now()))
    for role in roles or (Role.FOUNDER,):
        kind, region = role if isinstance(role, tuple) else (role, "")
        db.session.add(RoleGrant(user_id=row.id, role=kind, region_code=region, granted_at=clock.now()))
    db.session.commit()
    return row


def actor(person: User) -> Actor:
    """The actor this person is now."""
    signed_in = find_signed_in(person.id)
    assert signed_in is not None
    return signed_in.actor


def manager() -> User:
    """A programme manager."""
    return user(Role.MANAGER)


def startup(*, people: tuple[User, ...] = (), **columns: Any) -> Startup:
    """A startup in Lyon with these people, the first its owner."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "name": f"Startup {number}",
        "siren": siren(number),
        "region_code": "84",
        "department_code": "69",
        "postcode": "69003",
        "city": "Lyon",
        "created_at": clock.now(),
    }
    row = _store(Startup(**{**defaults, **columns}))
    for position, person in enumerate(people):
        db.session.add(Membership(startup_id=row.id, user_id=person.id, is_owner=position == 0, joined_at=clock.now()))
    db.session.commit()
    return row


def programme() -> Programme:
    """The programme, made once a test."""
    found = db.session.query(Programme).first()
    return found or _store(
        Programme(code="genai-studio", name="GenAI Studio", target=2500, target_on=date(2027, 12, 31))
    )


def track(code: str = "station-f") -> Track:
    """A track of the programme, made once a test."""
    found = db.session.query(Track).filter_by(code=code).first()
    return found or _store(
        Track(programme_id=programme().id, code=code, name_fr="Parcours STATION F", name_en="STATION F track")
    )


def rubric(*weights: str) -> Rubric:
    """A rubric with a criterion for each weight; three equal ones by default."""
    number = next(_numbers)
    row = _store(Rubric(code=f"rubric-{number}", name_fr="Grille", name_en="Rubric"))
    for position, weight in enumerate(weights or ("1", "1", "1"), start=1):
        db.session.add(
            Criterion(
                rubric_id=row.id,
                code=f"c{position}",
                position=position,
                label_fr=f"Critère {position}",
                label_en=f"Criterion {position}",
                weight=Decimal(weight),
                anchors=[{"points": str(p), "fr": f"Repère {p}", "en": f"Anchor {p}"} for p in range(1, 6)],
            )
        )
    db.session.commit()
    return row


def criteria(of: Rubric) -> list[Criterion]:
    """The criteria of a rubric, in order."""
    return db.session.query(Criterion).filter_by(rubric_id=of.id).order_by(Criterion.position).all()


def batch(**columns: Any) -> Batch:
    """An open batch of 15 that closes in 30 days."""
    number = next(_numbers)
    now = clock.now()
    defaults: dict[str, Any] = {
        "track_id": columns.pop("track_id", None) or track().id,
        "rubric_id": columns.pop("rubric_id", None) or rubric().id,
        "code": f"B{number}",
        "name_fr": f"Promotion {number}",
        "name_en": f"Batch {number}",
        "state": BatchState.OPEN,
        "places": 15,
        "opens_at": now - timedelta(days=30),
        "closes_at": now + timedelta(days=30),
        "reviews_due_at": now + timedelta(days=50),
        "decides_on": (now + timedelta(days=60)).date(),
        "starts_on": (now + timedelta(days=90)).date(),
        "ends_on": (now + timedelta(days=210)).date(),
    }
    return _store(Batch(**{**defaults, **columns}))


def question(of: Batch, **columns: Any) -> Question:
    """A required long-text question of a batch's form."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "batch_id": of.id,
        "code": f"q{number}",
        "step": 2,
        "position": number,
        "kind": QuestionKind.LONG_TEXT,
        "label_fr": f"Question {number} ?",
        "label_en": f"Question {number}?",
        "max_words": 150,
    }
    return _store(Question(**{**defaults, **columns}))


def application(*, of: Batch | None = None, by: Startup | None = None, **columns: Any) -> Application:
    """A submitted application."""
    number = next(_numbers)
    now = clock.now()
    state = columns.get("state", ApplicationState.SUBMITTED)
    defaults: dict[str, Any] = {
        "batch_id": (of or batch()).id,
        "startup_id": (by or startup()).id,
        "state": state,
        "started_at": now,
        "saved_at": now,
        "submitted_at": None if state is ApplicationState.DRAFT else now,
        "receipt": None if state is ApplicationState.DRAFT else f"R-{number:06d}",
    }
    return _store(Application(**{**defaults, **columns}))


def answer(of: Application, to: Question, text: str) -> Answer:
    """One answer of an application."""
    return _store(Answer(application_id=of.id, question_id=to.id, text=text))


def deck(of: Application, **columns: Any) -> Deck:
    """The row of a deck; its file is not there."""
    defaults: dict[str, Any] = {
        "application_id": of.id,
        "file_name": "deck.pdf",
        "size_bytes": 2_000_000,
        "pages": 12,
        "sha256": "0" * 64,
        "stored_as": f"decks/{of.id}/missing.pdf",
        "uploaded_at": clock.now(),
    }
    return _store(Deck(**{**defaults, **columns}))


def member(of: Startup, person: User, *, is_owner: bool = False) -> Membership:
    """One more person of a startup."""
    return _store(Membership(startup_id=of.id, user_id=person.id, is_owner=is_owner, joined_at=clock.now()))


def batch_reviewer(of: Batch, who: User, capacity: int = 20, **columns: Any) -> BatchReviewer:
    """A member of a batch's committee, who has been asked for interests."""
    _stated(who)
    return _store(BatchReviewer(batch_id=of.id, user_id=who.id, capacity=capacity, named_at=clock.now(), **columns))


def statement(of: User, interests: int = 0) -> InterestStatement:
    """A reviewer's word that the register is complete, with nothing in it by default."""
    return _store(InterestStatement(user_id=of.id, interests=interests, stated_at=clock.now()))


def _stated(person: User) -> None:
    if db.session.query(InterestStatement).filter_by(user_id=person.id).first() is None:
        statement(person)


def interest(of: User, kind: InterestKind = InterestKind.COMPANY, **columns: Any) -> Interest:
    """One tie that a reviewer declared; nothing leaves a desk for it."""
    number = next(_numbers)
    now = clock.now()
    defaults: dict[str, Any] = {"organisation": f"Company {number}", "declared_at": now, "changed_at": now}
    return _store(Interest(user_id=of.id, kind=kind, **{**defaults, **columns}))


def tie(of: Startup, kind: TieKind = TieKind.SHAREHOLDER, **columns: Any) -> StartupTie:
    """One organisation that a startup named; nothing leaves a desk for it."""
    number = next(_numbers)
    defaults: dict[str, Any] = {"organisation": f"Fund {number}", "declared_at": clock.now()}
    return _store(StartupTie(startup_id=of.id, kind=kind, **{**defaults, **columns}))


def assignment(*, of: Application | None = None, reviewer: User, **columns: Any) -> Assignment:
    """An open assignment of an admissible application found blind; its reviewer has been asked for interests."""
    _stated(reviewer)
    of = of or application(state=ApplicationState.ADMISSIBLE)
    now = clock.now()
    defaults: dict[str, Any] = {
        "batch_id": of.batch_id,
        "application_id": of.id,
        "reviewer_user_id": reviewer.id,
        "state": AssignmentState.OPEN,
        "assigned_at": now,
        "due_at": now + timedelta(days=14),
    }
    of.assigned += 1
    if db.session.get(BlindnessScan, of.id) is None:
        db.session.add(BlindnessScan(application_id=of.id, scanned_at=now))
    return _store(Assignment(**{**defaults, **columns}))


def offer(*, of: Application, **columns: Any) -> Offer:
    """An offer sent to an applicant, to be answered within ten days."""
    now = clock.now()
    defaults: dict[str, Any] = {
        "batch_id": of.batch_id,
        "application_id": of.id,
        "state": OfferState.SENT,
        "respond_by": now + timedelta(days=10),
        "made_at": now,
        "sent_at": now,
    }
    return _store(Offer(**{**defaults, **columns}))


def venue(**columns: Any) -> Venue:
    """The Experiences Lab of Lyon."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "code": f"venue-{number}",
        "name": "Experiences Lab Lyon",
        "kind": VenueKind.EXPERIENCES_LAB,
        "region_code": "84",
        "address": "1 place de la Bourse",
        "postcode": "69002",
        "city": "Lyon",
        "latitude": 45.75,
        "longitude": 4.85,
        "capacity": 40,
    }
    return _store(Venue(**{**defaults, **columns}))


def workshop(**columns: Any) -> Workshop:
    """A half-day discovery workshop."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "code": f"workshop-{number}",
        "title_fr": "Découvrir l’IA générative",
        "title_en": "Discover generative AI",
        "level": WorkshopLevel.DISCOVERY,
        "duration_minutes": 180,
    }
    return _store(Workshop(**{**defaults, **columns}))


def workshop_session(**columns: Any) -> WorkshopSession:
    """A published session in two weeks, 30 seats."""
    number = next(_numbers)
    place = columns.pop("venue", None) or venue()
    starts_at = columns.pop("starts_at", None) or (clock.now() + timedelta(days=14)).replace(microsecond=0)
    defaults: dict[str, Any] = {
        "workshop_id": columns.pop("workshop_id", None) or workshop().id,
        "venue_id": place.id,
        "region_code": place.region_code,
        "state": WorkshopSessionState.PUBLISHED,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=3),
        "booking_closes_at": starts_at - timedelta(hours=2),
        "capacity": 30,
        "calendar_uid": f"session-{number}@exemple.fr",
    }
    return _store(WorkshopSession(**{**defaults, **columns}))


def pool(**columns: Any) -> CreditPool:
    """A pool of EUR 100,000."""
    number = next(_numbers)
    sponsor = _store(Sponsor(name=f"Sponsor {number}"))
    defaults: dict[str, Any] = {
        "sponsor_id": sponsor.id,
        "name": f"Pool {number}",
        "currency": "EUR",
        "ceiling_minor": 10_000_000,
        "starts_on": date(2024, 9, 1),
        "ends_on": date(2027, 12, 31),
    }
    return _store(CreditPool(**{**defaults, **columns}))


def counter_definition() -> CounterDefinition:
    """The written definition, version 1, made once a test."""
    found = db.session.get(CounterDefinition, 1)
    return found or _store(
        CounterDefinition(
            version=1, text_fr="Une startup compte…", text_en="A startup counts…", valid_from=date(2024, 5, 13)
        )
    )


def instant(text: str) -> datetime:
    """An aware instant: "2026-03-01T09:00" is UTC."""
    value = datetime.fromisoformat(text)
    return value if value.tzinfo else value.replace(tzinfo=UTC)
