"""Queries · Applications — what applicants see of their applications; nothing of the committee's work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, String, bindparam, cast, exists, literal, select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.enums import ApplicationState, LetterState, OfferState, Sector, Stage
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.models.applications import Answer, Application, Deck
from accelerator.models.audit import AuditEntry
from accelerator.models.feedback import ApplicationFeedback
from accelerator.models.letters import Letter
from accelerator.models.programmes import Batch, Programme, Track
from accelerator.models.selection import Offer
from accelerator.models.startups import Membership, Startup
from accelerator.queries.calls import CALL_COLUMNS, Call, call_of, questions
from accelerator.queries.ways_on import Traveller
from accelerator.rules import applications, lifecycle, screening
from accelerator.rules.applications import AskedQuestion, Problem
from accelerator.rules.screening import ScreeningReason

APPLICANT_VERBS: Final = (
    "started application",
    "reopened application",
    "submitted application",
    "withdrew application",
)
"""The audit verbs an applicant's history is made of: the applicant's own acts."""


@dataclass(frozen=True)
class DeckRow:
    """The deck an application carries."""

    file_name: str
    size_bytes: int
    pages: int
    uploaded_at: datetime


@dataclass(frozen=True)
class OwnApplication:
    """One application with its call and its offer, as its own people may see it. `state` is the one they are told."""

    id: int
    state: ApplicationState
    saved_at: datetime
    submitted_at: datetime | None
    receipt: str | None
    startup_id: int
    call: Call
    offer_id: int | None
    offer_state: OfferState | None
    respond_by: datetime | None
    next_act: lifecycle.NextAct


@dataclass(frozen=True)
class Dossier:
    """One application in full, to one of its people."""

    application: OwnApplication
    is_draft: bool
    screening: ScreeningReason | None
    startup_name: str
    siren: str | None
    region_code: str
    city: str | None
    sector: Sector
    stage: Stage
    website: str | None
    pitch: str
    deck: DeckRow | None
    feedback: str  # told with a refusal
    home: Traveller


@dataclass(frozen=True)
class Sheet:
    """An application with its form: the questions, the answers by question id, what still keeps it back."""

    dossier: Dossier
    questions: list[AskedQuestion]
    answers: dict[int, str]
    problems: list[Problem]

    def questions_of(self, step: int) -> list[AskedQuestion]:
        """The questions of one step."""
        return [question for question in self.questions if question.step == step]

    def problems_of(self, step: int) -> list[Problem]:
        """What keeps one step from being complete."""
        return [problem for problem in self.problems if problem.step == step]


@dataclass(frozen=True)
class HomeStartup:
    """One startup of a person with its applications: those that wait for an act first, then the latest."""

    id: int
    name: str
    siren: str | None
    region_code: str
    is_owner: bool
    applications: tuple[OwnApplication, ...]


@dataclass(frozen=True)
class HistoryLine:
    """One act of the applicants, with who did it and when."""

    happened_at: datetime
    verb: str
    person: str


_sent = Offer.__table__.alias("sent_offer")
_RESULTS_ARE_OUT: Final = (
    exists().where(_sent.c.batch_id == Batch.id, _sent.c.sent_at.is_not(None)).label("results_are_out")
)

_LETTER_WAITS: Final = (
    exists()
    .where(Letter.about == literal("application:") + cast(Application.id, String), Letter.state == LetterState.DRAFT)
    .label("letter_waits")
)

_WAS_TOLD_TO_WAIT: Final = (
    exists()
    .where(
        Letter.about == literal("application:") + cast(Application.id, String),
        Letter.kind == "waitlisted",
        Letter.state.in_((LetterState.QUEUED, LetterState.SENT, LetterState.FAILED)),
    )
    .label("was_told_to_wait")
)

_TO_DO: Final = frozenset({lifecycle.NextAct.FINISH, lifecycle.NextAct.ANSWER_OFFER})

_COLUMNS: Final = (
    Application.id.label("application_id"),
    Application.state,
    Application.saved_at,
    Application.submitted_at,
    Application.receipt,
    Offer.id.label("offer_id"),
    Offer.state.label("offer_state"),
    Offer.sent_at.label("offer_sent_at"),
    Offer.respond_by,
    _RESULTS_ARE_OUT,
    _LETTER_WAITS,
    _WAS_TOLD_TO_WAIT,
    *CALL_COLUMNS,
)


def _application_of(row: Row[Any]) -> OwnApplication:
    call = call_of(row)
    told = lifecycle.shown_state(
        row.state,
        offer_waits=row.offer_state is not None and row.offer_sent_at is None,
        was_told_to_wait=row.was_told_to_wait,
        results_are_out=row.results_are_out,
        letter_waits=row.letter_waits,
    )
    offer_is_told = row.offer_sent_at is not None
    offer_state = row.offer_state if offer_is_told else None
    return OwnApplication(
        id=row.application_id,
        state=told,
        saved_at=row.saved_at,
        submitted_at=row.submitted_at,
        receipt=row.receipt,
        startup_id=row.startup_id,
        call=call,
        offer_id=row.offer_id if offer_is_told else None,
        offer_state=offer_state,
        respond_by=row.respond_by if offer_is_told else None,
        next_act=lifecycle.next_act(told, offer=offer_state, closes_at=call.closes_at, now=clock.now()),
    )


_HOME: Final = (
    select(
        Startup.id.label("startup_id"),
        Startup.name,
        Startup.siren,
        Startup.region_code,
        Membership.is_owner,
        *_COLUMNS,
    )
    .select_from(Membership)
    .join(Startup, Startup.id == Membership.startup_id)
    .outerjoin(Application, Application.startup_id == Startup.id)
    .outerjoin(Batch, Batch.id == Application.batch_id)
    .outerjoin(Track, Track.id == Batch.track_id)
    .outerjoin(Programme, Programme.id == Track.programme_id)
    .outerjoin(Offer, Offer.application_id == Application.id)
    .where(Membership.user_id == bindparam("user_id"))
    .order_by(Startup.name, Startup.id, Application.started_at.desc(), Application.id.desc())
)
"""Written once a process: the page founders open most."""


def home(user_id: int | None) -> list[HomeStartup]:
    """The startups of a person with their applications; one statement, whatever their number."""
    rows = db.session.connection().execute(_HOME, {"user_id": user_id}).all()
    found: dict[int, tuple[Row[Any], list[OwnApplication]]] = {}
    for row in rows:
        _first, own = found.setdefault(row.startup_id, (row, []))
        if row.application_id is not None:
            own.append(_application_of(row))
    return [
        HomeStartup(row.startup_id, row.name, row.siren, row.region_code, row.is_owner, _to_do_first(own))
        for row, own in found.values()
    ]


def _to_do_first(own: list[OwnApplication]) -> tuple[OwnApplication, ...]:
    return tuple(sorted(own, key=lambda one: one.next_act not in _TO_DO))


_DOSSIER_COLUMNS: Final = (
    Application.screening_reason,
    Startup.id.label("startup_id"),
    Startup.name,
    Startup.siren,
    Startup.region_code,
    Startup.department_code,
    Startup.city,
    Startup.sector,
    Startup.stage,
    Startup.website,
    Startup.pitch,
    Deck.file_name,
    Deck.size_bytes,
    Deck.pages,
    Deck.uploaded_at,
    ApplicationFeedback.text.label("feedback"),
)


def dossier(user_id: int | None, application_id: int) -> Dossier:
    """One application with its startup and its deck, to one of the startup's people; one statement.

    Raises: NotFound when the person does not belong to the startup, or it does not exist.
    """
    row = db.session.execute(
        select(*_COLUMNS, *_DOSSIER_COLUMNS)
        .select_from(Application)
        .join(Startup, Startup.id == Application.startup_id)
        .join(Membership, Membership.startup_id == Startup.id)
        .join(Batch, Batch.id == Application.batch_id)
        .join(Track, Track.id == Batch.track_id)
        .join(Programme, Programme.id == Track.programme_id)
        .outerjoin(Offer, Offer.application_id == Application.id)
        .outerjoin(Deck, Deck.application_id == Application.id)
        .outerjoin(
            ApplicationFeedback,
            (ApplicationFeedback.application_id == Application.id) & ApplicationFeedback.is_ready,
        )
        .where(Application.id == application_id, Membership.user_id == user_id)
    ).first()
    if row is None:
        raise NotFound(Message("There is no such application among yours."))
    application = _application_of(row)
    return Dossier(
        application=application,
        is_draft=row.state is ApplicationState.DRAFT,
        screening=_told_reason(application, row),
        startup_name=row.name,
        siren=row.siren,
        region_code=row.region_code,
        city=row.city,
        sector=row.sector,
        stage=row.stage,
        website=row.website,
        pitch=row.pitch,
        feedback=(row.feedback or "") if application.state is ApplicationState.REFUSED else "",
        home=Traveller(row.startup_id, row.region_code, row.department_code),
        deck=DeckRow(row.file_name, row.size_bytes, row.pages, row.uploaded_at) if row.file_name else None,
    )


def _told_reason(application: OwnApplication, row: Row[Any]) -> ScreeningReason | None:
    """Why the application is not admissible, once the applicant is told so."""
    return screening.reason_of(row.screening_reason) if application.state is ApplicationState.INADMISSIBLE else None


def sheet(user_id: int | None, application_id: int) -> Sheet:
    """An application with its form, to one of the startup's people; three statements.

    Raises: NotFound when the person does not belong to the startup, or it does not exist.
    """
    found = dossier(user_id, application_id)
    asked = questions(found.application.call.batch_id)
    said = answers(application_id)
    return Sheet(
        found,
        asked,
        said,
        applications.problems(
            asked,
            said,
            missing_of_startup=applications.missing_of_startup(pitch=found.pitch, city=found.city),
            has_deck=found.deck is not None,
        ),
    )


def answers(application_id: int) -> dict[int, str]:
    """What an application says, by question id."""
    rows = db.session.execute(select(Answer.question_id, Answer.text).where(Answer.application_id == application_id))
    return {row.question_id: row.text for row in rows}


def history(application_id: int) -> list[HistoryLine]:
    """What the applicants did with an application, in order."""
    rows = db.session.execute(
        select(AuditEntry.happened_at, AuditEntry.verb, AuditEntry.actor_name)
        .where(AuditEntry.subject == f"application:{application_id}", AuditEntry.verb.in_(APPLICANT_VERBS))
        .order_by(AuditEntry.id)
    )
    return [HistoryLine(*row) for row in rows]


def started_for(batch_id: int, startup_ids: frozenset[int]) -> dict[int, int]:
    """The application each of these startups has for a batch, withdrawn ones left out: by startup id."""
    rows = db.session.execute(
        select(Application.startup_id, Application.id).where(
            Application.batch_id == batch_id,
            Application.startup_id.in_(startup_ids),
            Application.state != ApplicationState.WITHDRAWN,
        )
    )
    return {row.startup_id: row.id for row in rows}
