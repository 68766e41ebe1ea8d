"""Models · Interests — what reviewers and startups declared of their ties, and what was decided about suspicions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.extensions import Model
from accelerator.kernel.enums import GroundKind, InterestKind, SuspicionState, TieKind
from accelerator.models.columns import JSON, UtcDateTime, state_type


class Interest(Model):
    """One tie of a reviewer to an organisation or a person, as the reviewer declared it. Only the reviewer changes it."""

    __tablename__ = "interest"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    kind: Mapped[InterestKind] = mapped_column(state_type(InterestKind))
    organisation: Mapped[str] = mapped_column(String(160), default="")
    siren: Mapped[str | None] = mapped_column(String(9), index=True)
    person: Mapped[str] = mapped_column(String(120), default="")  # whom it is, where it is somebody close
    note: Mapped[str] = mapped_column(String(300), default="")
    since_year: Mapped[int | None]
    until_year: Mapped[int | None]  # the year it ended; none while it goes on
    declared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("siren IS NULL OR length(siren) = 9", name="siren_length"),
        CheckConstraint("organisation <> '' OR person <> ''", name="names_something"),
        CheckConstraint("since_year IS NULL OR until_year IS NULL OR since_year <= until_year", name="years"),
    )


class InterestStatement(Model):
    """A reviewer's word that the register is complete as it stands, with its date. Never changed; the last one counts."""

    __tablename__ = "interest_statement"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    interests: Mapped[int]  # how many were declared then; 0 is "nothing to declare"
    stated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StartupTie(Model):
    """A person or an organisation that a startup named: shareholder, board, adviser, former employer of a founder."""

    __tablename__ = "startup_tie"

    id: Mapped[int] = mapped_column(primary_key=True)
    startup_id: Mapped[int] = mapped_column(ForeignKey("startup.id"), index=True)
    kind: Mapped[TieKind] = mapped_column(state_type(TieKind))
    organisation: Mapped[str] = mapped_column(String(160), default="")
    siren: Mapped[str | None] = mapped_column(String(9))
    person: Mapped[str] = mapped_column(String(120), default="")
    declared_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("siren IS NULL OR length(siren) = 9", name="siren_length"),
        CheckConstraint("organisation <> '' OR person <> ''", name="names_something"),
    )


class Suspicion(Model):
    """What was decided about one suspected conflict; it holds for as long as the evidence is the same."""

    __tablename__ = "suspicion"

    id: Mapped[int] = mapped_column(primary_key=True)
    reviewer_user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    startup_id: Mapped[int] = mapped_column(ForeignKey("startup.id"), index=True)
    evidence: Mapped[str] = mapped_column(String(32))
    kind: Mapped[GroundKind] = mapped_column(state_type(GroundKind))
    sentence: Mapped[dict[str, object]] = mapped_column(JSON)  # the evidence as it read then
    state: Mapped[SuspicionState] = mapped_column(state_type(SuspicionState))
    decided_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("reviewer_user_id", "startup_id", "evidence"),)
