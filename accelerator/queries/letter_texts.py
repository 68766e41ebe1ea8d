"""Queries · Letter texts — the texts of decision letters in use, their earlier versions, the drafts written before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import LetterState, Outcome
from accelerator.models.accounts import User
from accelerator.models.applications import Application
from accelerator.models.letter_texts import LetterText
from accelerator.models.letters import Letter
from accelerator.models.programmes import Batch
from accelerator.queries.decision_letters import OUTCOME_OF


@dataclass(frozen=True)
class Version:
    """One version of a text; `is_shipped` where it goes back to the text that ships."""

    kind: str
    locale: str
    version: int
    subject: str
    body: str
    written_at: datetime
    written_by: str | None

    @property
    def is_shipped(self) -> bool:
        """True when this version is the text that ships."""
        return not self.body


@dataclass(frozen=True)
class OlderDrafts:
    """Drafts of one batch that were written before the text in use."""

    batch_code: str
    batch: Bilingual
    outcome: Outcome
    letters: int


def versions(kind: str, locale: str) -> list[Version]:
    """Every version of one text, the one in use first; one statement."""
    return _versions(LetterText.kind == kind, LetterText.locale == locale)


def in_use(kind: str = "") -> dict[tuple[str, str], Version]:
    """The versions in use by kind and language, of one kind or all; a text that ships has none or a shipped one."""
    found: dict[tuple[str, str], Version] = {}
    for one in _versions(*([LetterText.kind == kind] if kind else ())):
        found.setdefault((one.kind, one.locale), one)
    return found


def _versions(*conditions: object) -> list[Version]:
    rows = db.session.execute(
        select(
            LetterText.kind,
            LetterText.locale,
            LetterText.version,
            LetterText.subject,
            LetterText.body,
            LetterText.written_at,
            User.name,
        )
        .outerjoin(User, User.id == LetterText.written_by_user_id)
        .where(*conditions)  # type: ignore[arg-type]
        .order_by(LetterText.version.desc())
    )
    return [Version(*row) for row in rows]


def older_drafts(kind: str, locale: str, than: datetime) -> list[OlderDrafts]:
    """The drafts of one kind and language written before this instant, by batch; one statement."""
    rows = db.session.execute(
        select(Batch.code, Batch.name_fr, Batch.name_en, func.count())
        .select_from(Letter)
        .join(Application, Application.id == Letter.decides_application_id)
        .join(Batch, Batch.id == Application.batch_id)
        .where(
            Letter.kind == kind, Letter.locale == locale, Letter.state == LetterState.DRAFT, Letter.written_at < than
        )
        .group_by(Batch.id, Batch.code, Batch.name_fr, Batch.name_en)
        .order_by(Batch.id)
    )
    return [OlderDrafts(row[0], Bilingual(row[1], row[2]), OUTCOME_OF[kind], row[3]) for row in rows]


def example(kind: str) -> tuple[int, int] | None:
    """The application and batch of the latest letter of this kind, drafts first; None where there never was one."""
    row = db.session.execute(
        select(Application.id, Application.batch_id)
        .join(Letter, Letter.decides_application_id == Application.id)
        .where(Letter.kind == kind, Letter.state != LetterState.DISCARDED)
        .order_by((Letter.state == LetterState.DRAFT).desc(), Letter.id.desc())
        .limit(1)
    ).first()
    return None if row is None else (row[0], row[1])
