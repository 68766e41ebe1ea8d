"""Queries · Blindness — whose a dossier is, what of it reviewers read, what was found in it and what they see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import ApplicationState, BatchState, IdentifyingKind, MaskState, QuestionKind
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.models.accounts import User
from accelerator.models.applications import Answer, Application, Deck
from accelerator.models.blindness import BlindnessScan, IdentifyingPhrase
from accelerator.models.programmes import Batch, Question
from accelerator.models.startups import Membership, Startup
from accelerator.rules import blindness, discussion, reviewing

DOSSIERS_A_PAGE = 25
QUESTION, DECK_PAGE = "question:", "page:"
READ_KINDS = (QuestionKind.SHORT_TEXT, QuestionKind.LONG_TEXT)
SEARCHED_STATES = (ApplicationState.SUBMITTED, *reviewing.READ_STATES)

BLIND_ANSWERS: tuple[ColumnElement[bool], ...] = (
    Question.is_identifying.is_(False),
    Question.kind != QuestionKind.URL,  # an address names the company
)
"""Which questions a reviewer reads in a blind round."""


@dataclass(frozen=True)
class Due:
    """One dossier to be searched: whose it is, what reviewers read of it by place, and its deck."""

    application_id: int
    identity: blindness.Identity
    texts: dict[str, str]
    deck_stored_as: str | None
    deck_sha256: str


@dataclass(frozen=True)
class Phrase:
    """One phrase that identifies a dossier, where it stands, and whether reviewers see it."""

    id: int
    phrase: str
    kind: IdentifyingKind
    questions: tuple[tuple[Bilingual, int], ...]
    pages: tuple[int, ...]
    is_masked: bool
    is_in_answers: bool


@dataclass(frozen=True)
class SearchedDossier:
    """One dossier with what was found in it."""

    application_id: int
    code: str
    startup: str
    has_deck: bool
    is_deck_unread: bool
    is_deck_withheld: bool
    phrases: tuple[Phrase, ...]

    @property
    def deck_names(self) -> tuple[Phrase, ...]:
        """The phrases that stand in the deck, where nothing can be masked."""
        return tuple(phrase for phrase in self.phrases if phrase.pages)


@dataclass(frozen=True)
class Figures:
    """How a batch stands: dossiers, those searched, those with a mask, phrases masked and shown, decks."""

    dossiers: int
    searched: int
    with_masks: int
    masked: int
    shown: int
    decks_open: int
    decks_withheld: int


@dataclass(frozen=True)
class BlindnessPage:
    """One page of the dossiers of a batch that hold something."""

    dossiers: list[SearchedDossier]
    total: int
    pages: int


def due(*, limit: int, batch_id: int | None = None, application_id: int | None = None) -> list[Due]:
    """Dossiers that have not been searched, or whose deck has changed since; those of earlier batches last.

    Three statements, whatever their number.
    """
    statement = _due_statement(limit)
    if batch_id is not None:
        statement = statement.where(Application.batch_id == batch_id)
    if application_id is not None:
        statement = statement.where(Application.id == application_id)
    rows = db.session.execute(statement).all()
    texts = _texts([row.id for row in rows])
    people = _people([row.startup_id for row in rows])
    return [
        Due(
            application_id=row.id,
            identity=_identity(row, people[row.startup_id]),
            texts=texts[row.id],
            deck_stored_as=row.stored_as,
            deck_sha256=row.sha256 or "",
        )
        for row in rows
    ]


def _identity(row: Any, people: Sequence[tuple[str, str]]) -> blindness.Identity:
    return blindness.Identity(
        company=row.name,
        siren=row.siren or "",
        website=row.website or "",
        people=tuple(name for name, _email in people),
        emails=tuple(email for _name, email in people),
    )


def _due_statement(limit: int) -> Select[Any]:
    return (
        select(
            Application.id,
            Startup.id.label("startup_id"),
            Startup.name,
            Startup.siren,
            Startup.website,
            Deck.stored_as,
            Deck.sha256,
        )
        .join(Startup, Startup.id == Application.startup_id)
        .join(Batch, Batch.id == Application.batch_id)
        .outerjoin(Deck, Deck.application_id == Application.id)
        .outerjoin(BlindnessScan, BlindnessScan.application_id == Application.id)
        .where(
            Application.state.in_(SEARCHED_STATES),
            Batch.is_rolling.is_(False),
            or_(
                BlindnessScan.application_id.is_(None),
                BlindnessScan.deck_sha256 != func.coalesce(Deck.sha256, ""),
            ),
        )
        .order_by(Batch.state == BatchState.DECIDED, Application.id)
        .limit(limit)
    )


def texts(application_id: int) -> dict[str, str]:
    """What reviewers read of one application, by place."""
    return _texts([application_id])[application_id]


def _texts(application_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for start in range(0, len(application_ids), 500):
        rows = db.session.execute(
            select(Answer.application_id, Answer.question_id, Answer.text)
            .join(Question, Question.id == Answer.question_id)
            .where(
                Answer.application_id.in_(application_ids[start : start + 500]),
                Question.kind.in_(READ_KINDS),
                *BLIND_ANSWERS,
            )
            .order_by(Question.step, Question.position)
        )
        for application_id, question_id, text in rows:
            found[application_id][f"{QUESTION}{question_id}"] = text
    return found


def _people(startup_ids: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for start in range(0, len(startup_ids), 500):
        rows = db.session.execute(
            select(Membership.startup_id, User.name, User.email)
            .join(User, User.id == Membership.user_id)
            .where(Membership.startup_id.in_(startup_ids[start : start + 500]))
            .order_by(Membership.id)
        )
        for startup_id, name, email in rows:
            found[startup_id].append((name, email))
    return found


def identifying(application_id: int) -> discussion.Identifying:
    """Everything known to say whose a dossier is: who it is from, and the phrases found in it. Three statements."""
    row = db.session.execute(
        select(Startup.id, Startup.name, Startup.siren, Startup.website)
        .join(Application, Application.startup_id == Startup.id)
        .where(Application.id == application_id)
    ).one()
    stored = db.session.execute(
        select(IdentifyingPhrase.phrase, IdentifyingPhrase.state)
        .where(IdentifyingPhrase.application_id == application_id)
        .order_by(IdentifyingPhrase.id)
    ).all()
    return discussion.Identifying(
        _identity(row, _people([row.id])[row.id]),
        masked=tuple(phrase for phrase, state in stored if state is MaskState.MASKED),
        shown=tuple(phrase for phrase, state in stored if state is MaskState.SHOWN),
    )


def masks(application_id: int) -> list[str]:
    """The phrases that no reviewer of this dossier reads. One statement."""
    return list(
        db.session.scalars(
            select(IdentifyingPhrase.phrase).where(
                IdentifyingPhrase.application_id == application_id,
                IdentifyingPhrase.is_in_answers,
                IdentifyingPhrase.state == MaskState.MASKED,
            )
        )
    )


def figures(batch_id: int) -> Figures:
    """How the blindness of a batch stands. Three statements."""
    dossiers, searched, withheld = db.session.execute(
        select(
            func.count(Application.id),
            func.count(BlindnessScan.application_id),
            func.count(BlindnessScan.application_id).filter(BlindnessScan.is_deck_withheld),
        )
        .outerjoin(BlindnessScan, BlindnessScan.application_id == Application.id)
        .where(Application.batch_id == batch_id, Application.state.in_(SEARCHED_STATES))
    ).one()
    with_masks, masked, shown = db.session.execute(
        select(
            func.count(IdentifyingPhrase.application_id.distinct()).filter(
                IdentifyingPhrase.state == MaskState.MASKED, IdentifyingPhrase.is_in_answers
            ),
            func.count().filter(IdentifyingPhrase.state == MaskState.MASKED, IdentifyingPhrase.is_in_answers),
            func.count().filter(IdentifyingPhrase.state == MaskState.SHOWN),
        )
        .join(Application, Application.id == IdentifyingPhrase.application_id)
        .where(Application.batch_id == batch_id, Application.state.in_(SEARCHED_STATES))
    ).one()
    decks_open = db.session.scalars(select(func.count()).select_from(_dossiers(batch_id, "decks").subquery())).one()
    return Figures(dossiers, searched, with_masks, masked, shown, decks_open, withheld)


def page(batch_id: int, show: str, number: int) -> BlindnessPage:
    """One page of the dossiers of a batch that hold something: all, or those whose deck needs a look, or shown ones.

    Args:   show is "", "decks" or "shown".
    Raises: NotFound for a page that is not there.
    """
    chosen = _dossiers(batch_id, show)
    total = db.session.scalars(select(func.count()).select_from(chosen.subquery())).one()
    pages = max(1, -(-total // DOSSIERS_A_PAGE))
    if number > pages:
        raise NotFound(Message("The list has fewer pages."))
    rows = db.session.execute(
        chosen.order_by(Application.id).limit(DOSSIERS_A_PAGE).offset((number - 1) * DOSSIERS_A_PAGE)
    ).all()
    phrases = _phrases([row.id for row in rows])
    labels = _labels(batch_id)
    return BlindnessPage(
        [
            SearchedDossier(
                application_id=row.id,
                code=reviewing.dossier_code(row.id),
                startup=row.name,
                has_deck=row.deck_id is not None,
                is_deck_unread=row.is_deck_unread,
                is_deck_withheld=row.is_deck_withheld,
                phrases=tuple(_shown(phrase, labels) for phrase in phrases[row.id]),
            )
            for row in rows
        ],
        total,
        pages,
    )


def decks_open(batch_id: int) -> Select[Any]:
    """The applications of a batch whose deck names somebody, or cannot be searched, and is handed to reviewers."""
    return _dossiers(batch_id, "decks").with_only_columns(Application.id)


def application_batch(application_id: int, batch_id: int) -> int:
    """The application's id, if it belongs to this batch. Raises: NotFound."""
    found = db.session.scalar(
        select(Application.id).where(Application.id == application_id, Application.batch_id == batch_id)
    )
    if found is None:
        raise NotFound(Message("There is no such application in this batch."))
    return found


def last_search(batch_id: int) -> datetime | None:
    """When a dossier of the batch was searched last."""
    return db.session.scalar(
        select(func.max(BlindnessScan.scanned_at))
        .join(Application, Application.id == BlindnessScan.application_id)
        .where(Application.batch_id == batch_id)
    )


def _dossiers(batch_id: int, show: str) -> Select[Any]:
    in_deck = (
        select(IdentifyingPhrase.id)
        .where(
            IdentifyingPhrase.application_id == Application.id,
            IdentifyingPhrase.is_in_deck,
            IdentifyingPhrase.state == MaskState.MASKED,
        )
        .exists()
    )
    anything = select(IdentifyingPhrase.id).where(IdentifyingPhrase.application_id == Application.id)
    conditions: dict[str, ColumnElement[bool]] = {
        "decks": (in_deck | BlindnessScan.is_deck_unread) & BlindnessScan.is_deck_withheld.is_(False),
        "shown": anything.where(IdentifyingPhrase.state == MaskState.SHOWN).exists(),
    }
    return (
        select(
            Application.id,
            Startup.name,
            Deck.id.label("deck_id"),
            BlindnessScan.is_deck_unread,
            BlindnessScan.is_deck_withheld,
        )
        .join(Startup, Startup.id == Application.startup_id)
        .join(BlindnessScan, BlindnessScan.application_id == Application.id)
        .outerjoin(Deck, Deck.application_id == Application.id)
        .where(
            Application.batch_id == batch_id,
            Application.state.in_(SEARCHED_STATES),
            conditions.get(show, anything.exists() | BlindnessScan.is_deck_withheld | BlindnessScan.is_deck_unread),
        )
    )


def _phrases(application_ids: Sequence[int]) -> dict[int, list[IdentifyingPhrase]]:
    found: dict[int, list[IdentifyingPhrase]] = defaultdict(list)
    for row in db.session.scalars(
        select(IdentifyingPhrase)
        .where(IdentifyingPhrase.application_id.in_(application_ids))
        .order_by(IdentifyingPhrase.application_id, IdentifyingPhrase.id)
    ):
        found[row.application_id].append(row)
    return found


def _labels(batch_id: int) -> dict[str, Bilingual]:
    rows = db.session.execute(
        select(Question.id, Question.label_fr, Question.label_en).where(Question.batch_id == batch_id)
    )
    return {f"{QUESTION}{row.id}": Bilingual(row.label_fr, row.label_en) for row in rows}


def _shown(row: IdentifyingPhrase, labels: dict[str, Bilingual]) -> Phrase:
    return Phrase(
        id=row.id,
        phrase=row.phrase,
        kind=row.kind,
        questions=tuple((labels[str(place)], int(times)) for place, times in row.places if str(place) in labels),
        pages=tuple(
            int(str(place).removeprefix(DECK_PAGE)) for place, _times in row.places if str(place).startswith(DECK_PAGE)
        ),
        is_masked=row.state is MaskState.MASKED,
        is_in_answers=row.is_in_answers,
    )
