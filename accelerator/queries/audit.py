"""Queries · Audit — the trail, newest first, by what it is about and who did it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from accelerator.extensions import db
from accelerator.models.audit import AuditEntry

ROWS_A_PAGE: Final = 50


@dataclass(frozen=True)
class AuditRow:
    """One entry of the trail."""

    id: int
    happened_at: datetime
    actor_user_id: int | None
    actor_name: str
    verb: str
    subject: str
    detail: Mapping[str, object]
    hash: str


@dataclass(frozen=True)
class AuditPage:
    """One page of the trail; `older_than` is where the next page begins, None on the last."""

    rows: list[AuditRow]
    older_than: int | None


def trail(*, subject: str, person: str, older_than: int | None) -> AuditPage:
    """Entries about a subject ("application:12", or "application" for all of them) by a person's name.

    One statement, whatever the length of the trail: pages go by entry id.
    """
    statement = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(ROWS_A_PAGE + 1)
    if ":" in subject:
        statement = statement.where(AuditEntry.subject == subject)
    elif subject:
        statement = statement.where(AuditEntry.subject.startswith(f"{subject}:", autoescape=True))
    if person:
        statement = statement.where(AuditEntry.actor_name.icontains(person, autoescape=True))
    if older_than is not None:
        statement = statement.where(AuditEntry.id < older_than)
    rows = [
        AuditRow(
            row.id,
            row.happened_at,
            row.actor_user_id,
            row.actor_name,
            row.verb,
            row.subject,
            {name: value for name, value in row.detail.items() if value not in (None, "", [])},
            row.hash,
        )
        for row in db.session.scalars(statement)
    ]
    return AuditPage(rows[:ROWS_A_PAGE], rows[ROWS_A_PAGE - 1].id if len(rows) > ROWS_A_PAGE else None)
