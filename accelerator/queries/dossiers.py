"""Queries · Dossiers — one application as the programme team reads it: answers, startup, neighbours, history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, or_, select

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import ApplicationState, BatchState, QuestionKind
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.kernel.verdict import Verdict
from accelerator.models.accounts import User
from accelerator.models.applications import Answer, Application, Deck
from accelerator.models.audit import AuditEntry
from accelerator.models.programmes import Batch, Question
from accelerator.models.startups import Membership, Startup
from accelerator.rules import screening
from accelerator.rules.identity import same_name
from accelerator.rules.screening import ScreeningReason

HISTORY_ROWS: Final = 50
LOOKALIKES: Final = 20


@dataclass(frozen=True)
class AnswerShown:
    """One question with what the application says to it."""

    step: int
    kind: QuestionKind
    label: Bilingual
    text: str
    choice: Bilingual | None


@dataclass(frozen=True)
class DeckShown:
    """The file an application carries, without its bytes."""

    file_name: str
    size_bytes: int
    pages: int
    uploaded_at: datetime


@dataclass(frozen=True)
class PersonShown:
    """One person of a startup."""

    name: str
    email: str
    is_owner: bool


@dataclass(frozen=True)
class OtherApplication:
    """Another application of the same startup."""

    id: int
    batch_code: str
    batch: Bilingual
    state: ApplicationState
    submitted_at: datetime | None


@dataclass(frozen=True)
class Lookalike:
    """Another startup that may be the same company, with what the two share."""

    id: int
    name: str
    siren: str | None
    region_code: str
    shares_name: bool
    shares_website: bool


@dataclass(frozen=True)
class HistoryLine:
    """One entry of the audit trail about this application."""

    happened_at: datetime
    who: str
    verb: str


@dataclass(frozen=True)
class Dossier:
    """Everything the programme team reads about one application before it screens."""

    id: int
    state: ApplicationState
    batch_id: int
    batch_code: str
    batch: Bilingual
    batch_state: BatchState
    receipt: str
    started_at: datetime
    submitted_at: datetime | None
    screened_at: datetime | None
    screened_by: str
    reason: ScreeningReason
    assigned: int
    reviews: int
    startup: Startup
    deck: DeckShown | None
    answers: list[AnswerShown]
    people: list[PersonShown]
    others: list[OtherApplication]
    lookalikes: list[Lookalike]
    history: list[HistoryLine]
    can_screen: Verdict
    can_undo: Verdict


def dossier(application_id: int) -> Dossier:
    """One submitted application. Raises: NotFound, also for a draft: it is still the startup's own."""
    row = db.session.execute(
        select(Application, Batch, Startup, Deck, User.name)
        .join(Batch, Batch.id == Application.batch_id)
        .join(Startup, Startup.id == Application.startup_id)
        .outerjoin(Deck, Deck.application_id == Application.id)
        .outerjoin(User, User.id == Application.screened_by_user_id)
        .where(Application.id == application_id, Application.state != ApplicationState.DRAFT)
    ).first()
    if row is None:
        raise NotFound(Message("There is no such application."))
    application, batch, startup, deck, screened_by = row
    return Dossier(
        id=application.id,
        state=application.state,
        batch_id=batch.id,
        batch_code=batch.code,
        batch=Bilingual(batch.name_fr, batch.name_en),
        batch_state=batch.state,
        receipt=application.receipt or "",
        started_at=application.started_at,
        submitted_at=application.submitted_at,
        screened_at=application.screened_at,
        screened_by=screened_by or "",
        reason=screening.reason_of(application.screening_reason),
        assigned=application.assigned,
        reviews=application.reviews,
        startup=startup,
        deck=DeckShown(deck.file_name, deck.size_bytes, deck.pages, deck.uploaded_at) if deck else None,
        answers=_answers(application),
        people=people_of(startup.id),
        others=_others(application),
        lookalikes=lookalikes(startup),
        history=_history(application.id),
        can_screen=screening.can_screen(application.state, batch.state),
        can_undo=screening.can_undo(application.state, batch.state, assigned=application.assigned),
    )


def _answers(application: Application) -> list[AnswerShown]:
    rows = db.session.execute(
        select(Question, Answer.text)
        .outerjoin(Answer, and_(Answer.question_id == Question.id, Answer.application_id == application.id))
        .where(Question.batch_id == application.batch_id)
        .order_by(Question.step, Question.position)
    )
    return [
        AnswerShown(
            question.step,
            question.kind,
            Bilingual(question.label_fr, question.label_en),
            text or "",
            _choice(question, text or ""),
        )
        for question, text in rows
    ]


def _choice(question: Question, text: str) -> Bilingual | None:
    for choice in question.choices or []:
        if choice.get("value") == text:
            return Bilingual(choice.get("fr", ""), choice.get("en", ""))
    return None


def people_of(startup_id: int) -> list[PersonShown]:
    """The people of a startup, its owners first."""
    rows = db.session.execute(
        select(User.name, User.email, Membership.is_owner)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.startup_id == startup_id)
        .order_by(Membership.is_owner.desc(), Membership.id)
    )
    return [PersonShown(*row) for row in rows]


def _others(application: Application) -> list[OtherApplication]:
    rows = db.session.execute(
        select(Application.id, Batch.code, Batch.name_fr, Batch.name_en, Application.state, Application.submitted_at)
        .join(Batch, Batch.id == Application.batch_id)
        .where(
            Application.startup_id == application.startup_id,
            Application.id != application.id,
            Application.state != ApplicationState.DRAFT,
        )
        .order_by(Application.submitted_at.desc(), Application.id.desc())
    )
    return [
        OtherApplication(row.id, row.code, Bilingual(row.name_fr, row.name_en), row.state, row.submitted_at)
        for row in rows
    ]


def lookalikes(startup: Startup) -> list[Lookalike]:
    """Other startups with the same name, give or take spelling and legal form, or the same website."""
    site = screening.site_of(startup.website)
    first_letters = startup.name.strip()[:3]
    alike = [Startup.name.istartswith(first_letters, autoescape=True)] if first_letters else []
    if site:
        alike.append(Startup.website.icontains(site, autoescape=True))
    rows = db.session.execute(
        select(Startup.id, Startup.name, Startup.siren, Startup.region_code, Startup.website)
        .where(Startup.id != startup.id, or_(*alike))
        .order_by(Startup.name, Startup.id)
    )
    found = [
        Lookalike(
            row.id,
            row.name,
            row.siren,
            row.region_code,
            same_name(row.name, startup.name),
            bool(site) and screening.site_of(row.website) == site,
        )
        for row in rows
    ]
    return [one for one in found if one.shares_name or one.shares_website][:LOOKALIKES]


def _history(application_id: int) -> list[HistoryLine]:
    rows = db.session.execute(
        select(AuditEntry.happened_at, AuditEntry.actor_name, AuditEntry.verb)
        .where(AuditEntry.subject == f"application:{application_id}")
        .order_by(AuditEntry.id.desc())
        .limit(HISTORY_ROWS)
    )
    return [HistoryLine(*row) for row in rows]


@dataclass(frozen=True)
class Neighbours:
    """The applications around one, by submission: before, after, and the next that waits to be screened."""

    previous_id: int | None
    next_id: int | None
    next_to_screen_id: int | None


def neighbours(batch_id: int, application_id: int, submitted_at: datetime | None) -> Neighbours:
    """The ids around an application in the order of the intake. Three statements."""
    listed = select(Application.id).where(
        Application.batch_id == batch_id,
        Application.state != ApplicationState.DRAFT,
        Application.submitted_at.is_not(None),
    )
    if submitted_at is None:
        return Neighbours(None, None, next_to_screen(batch_id))
    before = or_(
        Application.submitted_at < submitted_at,
        and_(Application.submitted_at == submitted_at, Application.id < application_id),
    )
    return Neighbours(
        previous_id=_first(listed.where(before).order_by(Application.submitted_at.desc(), Application.id.desc())),
        next_id=_first(
            listed.where(_after(application_id, submitted_at)).order_by(Application.submitted_at, Application.id)
        ),
        next_to_screen_id=next_to_screen(batch_id, after=(application_id, submitted_at)),
    )


def next_to_screen(batch_id: int, *, after: tuple[int, datetime] | None = None) -> int | None:
    """The first unscreened application behind this one, or else the first of all; None when all are screened."""
    waiting = select(Application.id).where(
        Application.batch_id == batch_id, Application.state == ApplicationState.SUBMITTED
    )
    order = [Application.submitted_at, Application.id]
    if after is None:
        return _first(waiting.order_by(*order))
    later_first = _after(*after).desc()
    return _first(waiting.where(Application.id != after[0]).order_by(later_first, *order))


def _after(application_id: int, submitted_at: datetime) -> ColumnElement[bool]:
    return or_(
        Application.submitted_at > submitted_at,
        and_(Application.submitted_at == submitted_at, Application.id > application_id),
    )


def _first(statement: Select[tuple[int]]) -> int | None:
    return db.session.scalar(statement.limit(1))
