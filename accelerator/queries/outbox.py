"""Queries · Outbox — the letters: what waits, what went out, what could not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, func, or_, select

from accelerator.extensions import db
from accelerator.kernel.enums import LetterState, Outcome
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.models.applications import Application
from accelerator.models.letters import Letter
from accelerator.models.programmes import Batch
from accelerator.queries.decision_letters import KINDS, OUTCOME_OF

ROWS_A_PAGE: Final = 100
NAMES_SHOWN: Final = 200
SECRET_KINDS: Final = frozenset({"invitation", "password_reset"})
"""Letters that carry a one-time secret: their text is the recipient's alone."""


@dataclass(frozen=True)
class LetterRow:
    """One letter in the list."""

    id: int
    state: LetterState
    kind: str
    to_email: str
    subject: str
    written_at: datetime
    sent_at: datetime | None
    last_error: str


@dataclass(frozen=True)
class OutboxPage:
    """One page of the outbox, its pages, and how many letters stand in each state."""

    rows: list[LetterRow]
    total: int
    pages: int
    counts: Mapping[LetterState, int]
    draft_kinds: Mapping[str, int]
    states: tuple[LetterState, ...] = tuple(LetterState)
    decision_kinds: frozenset[str] = KINDS

    @property
    def all(self) -> int:
        """Every letter ever written."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class LetterShown:
    """One letter as it goes out; `body` is empty when it carries a secret."""

    id: int
    state: LetterState
    kind: str
    about: str
    to_email: str
    locale: str
    subject: str
    body: str
    is_secret: bool
    written_at: datetime
    sent_at: datetime | None
    send_after: datetime
    attempts: int
    last_error: str
    message_id: str
    leaves_at: datetime | None
    outcome: Outcome | None  # the decision it tells
    batch_code: str


@dataclass(frozen=True)
class Wave:
    """The drafts of one kind, as they stand: how many, up to which, and to whom."""

    kind: str
    letters: int
    upto_id: int
    first: list[LetterRow]


def counts() -> dict[LetterState, int]:
    """How many letters stand in each state."""
    return dict(db.session.execute(select(Letter.state, func.count()).group_by(Letter.state)).all())


def outbox(*, state: LetterState | None, search: str, page: int) -> OutboxPage:
    """One page of the letters, the newest first. Four statements."""
    conditions = []
    if state is not None:
        conditions.append(Letter.state == state)
    if search:
        conditions.append(
            or_(Letter.to_email.icontains(search, autoescape=True), Letter.subject.icontains(search, autoescape=True))
        )
    total = db.session.scalars(select(func.count()).select_from(Letter).where(*conditions)).one()
    rows = db.session.execute(
        _rows().where(*conditions).order_by(Letter.id.desc()).limit(ROWS_A_PAGE).offset((page - 1) * ROWS_A_PAGE)
    )
    kinds = db.session.execute(
        select(Letter.kind, func.count())
        .where(Letter.state == LetterState.DRAFT)
        .group_by(Letter.kind)
        .order_by(Letter.kind)
    )
    return OutboxPage(
        rows=[LetterRow(*row) for row in rows],
        total=total,
        pages=max(1, -(-total // ROWS_A_PAGE)),
        counts=counts(),
        draft_kinds=dict(kinds.all()),
    )


def letter(letter_id: int) -> LetterShown:
    """One letter. Raises: NotFound."""
    found = db.session.execute(
        select(Letter, Batch.code)
        .outerjoin(Application, Application.id == Letter.decides_application_id)
        .outerjoin(Batch, Batch.id == Application.batch_id)
        .where(Letter.id == letter_id)
    ).first()
    if found is None:
        raise NotFound(Message("There is no such e-mail."))
    row, batch_code = found
    is_secret = row.kind in SECRET_KINDS
    return LetterShown(
        id=row.id,
        state=row.state,
        kind=row.kind,
        about=row.about,
        to_email=row.to_email,
        locale=row.locale,
        subject=row.subject,
        body="" if is_secret else row.body,
        is_secret=is_secret,
        written_at=row.written_at,
        sent_at=row.sent_at,
        send_after=row.send_after,
        attempts=row.attempts,
        last_error=row.last_error,
        message_id=row.message_id,
        leaves_at=row.leaves_at,
        outcome=OUTCOME_OF.get(row.kind) if batch_code else None,
        batch_code=batch_code or "",
    )


def wave(kind: str) -> Wave:
    """The drafts of one kind. Raises: NotFound when there is none, and for decisions: they leave from their batch."""
    drafts = (Letter.state == LetterState.DRAFT) & (Letter.kind == kind)
    number, upto_id = db.session.execute(select(func.count(), func.max(Letter.id)).where(drafts)).one()
    if not number or kind in KINDS:
        raise NotFound(Message("There are no drafts of this kind."))
    rows = db.session.execute(_rows().where(drafts).order_by(Letter.id).limit(NAMES_SHOWN))
    return Wave(kind, number, upto_id, [LetterRow(*row) for row in rows])


def _rows() -> Select[Any]:
    return select(
        Letter.id,
        Letter.state,
        Letter.kind,
        Letter.to_email,
        Letter.subject,
        Letter.written_at,
        Letter.sent_at,
        Letter.last_error,
    )
