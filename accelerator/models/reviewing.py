"""Models · Reviewing — rubrics, reviewers, conflicts of interest, assignments, reviews."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accelerator.extensions import Model
from accelerator.kernel.enums import AssignmentState, ConflictSource, InvitationState
from accelerator.models.columns import JSON, UtcDateTime, state_type


class Rubric(Model):
    """A versioned scoring sheet. One that has been scored with is never changed: a new version is made."""

    __tablename__ = "rubric"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    version: Mapped[int] = mapped_column(default=1)
    name_fr: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    scale_min: Mapped[int] = mapped_column(default=1)
    scale_max: Mapped[int] = mapped_column(default=5)

    __table_args__ = (
        UniqueConstraint("code", "version"),
        CheckConstraint("scale_min < scale_max", name="scale"),
    )


class Criterion(Model):
    """One line of a rubric, with its relative weight and labelled anchors."""

    __tablename__ = "criterion"

    id: Mapped[int] = mapped_column(primary_key=True)
    rubric_id: Mapped[int] = mapped_column(ForeignKey("rubric.id"), index=True)
    code: Mapped[str] = mapped_column(String(40))
    position: Mapped[int]
    label_fr: Mapped[str] = mapped_column(String(160))
    label_en: Mapped[str] = mapped_column(String(160))
    help_fr: Mapped[str] = mapped_column(String(500), default="")
    help_en: Mapped[str] = mapped_column(String(500), default="")
    weight: Mapped[Decimal] = mapped_column(sa.Numeric(6, 2))
    anchors: Mapped[list[dict[str, str]]] = mapped_column(JSON)  # [{"points", "fr", "en"}], lowest first

    __table_args__ = (
        UniqueConstraint("rubric_id", "code"),
        CheckConstraint("weight > 0", name="weight"),
    )


class BatchReviewer(Model):
    """A person asked to sit on one batch's selection committee, with the answer; a member once it is accepted."""

    __tablename__ = "batch_reviewer"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    capacity: Mapped[int]  # dossiers at most: asked for while invited, agreed once accepted
    topics: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")  # sectors
    regions: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")  # INSEE codes
    named_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[InvitationState] = mapped_column(state_type(InvitationState), default=InvitationState.ACCEPTED)
    asked_capacity: Mapped[int | None]  # what the invitation asked for; none where there was no invitation
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decline_reason: Mapped[str] = mapped_column(String(300), default="")

    __table_args__ = (
        UniqueConstraint("batch_id", "user_id"),
        CheckConstraint("capacity >= 0", name="capacity"),
    )


class CommitteeLink(Model):
    """The secret of a link in an invitation letter, kept as its hash; every letter of one invitation has its own."""

    __tablename__ = "committee_link"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    batch_reviewer_id: Mapped[int] = mapped_column(ForeignKey("batch_reviewer.id", ondelete="CASCADE"), index=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ConflictOfInterest(Model):
    """A relation between a reviewer and a startup that keeps the one from scoring the other."""

    __tablename__ = "conflict_of_interest"

    id: Mapped[int] = mapped_column(primary_key=True)
    reviewer_user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    startup_id: Mapped[int] = mapped_column(ForeignKey("startup.id"), index=True)
    ground: Mapped[str] = mapped_column(String(300))
    source: Mapped[ConflictSource] = mapped_column(state_type(ConflictSource))
    declared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sentence: Mapped[dict[str, object] | None] = mapped_column(
        JSON
    )  # the ground, where it can be read in two languages
    evidence: Mapped[str] = mapped_column(String(32), default="")  # of the suspicion that was confirmed

    __table_args__ = (UniqueConstraint("reviewer_user_id", "startup_id"),)


class Assignment(Model):
    """The duty of one reviewer to score one application."""

    __tablename__ = "assignment"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"))
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    reviewer_user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    state: Mapped[AssignmentState] = mapped_column(state_type(AssignmentState), default=AssignmentState.OPEN)
    position: Mapped[int] = mapped_column(default=0)  # order on the reviewer's desk, shuffled by seed
    assigned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    active_seconds: Mapped[int] = mapped_column(default=0)  # time the scoring page was in use
    handed_out_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # with others; none where it came by itself
    offered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # since then others may take it, while untouched

    __table_args__ = (
        UniqueConstraint("application_id", "reviewer_user_id"),
        Index("ix_assignment_reviewer", "reviewer_user_id", "batch_id", "state", "position"),
        Index("ix_assignment_batch", "batch_id", "state"),
    )


class AssignmentProposal(Model):
    """A plan too large to be made while somebody waits: what was asked, and the pairs that came out.

    `basis` names everything the plan rests on; once that has changed the proposal is of no use.
    """

    __tablename__ = "assignment_proposal"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"), index=True)
    basis: Mapped[str] = mapped_column(String(64))
    options: Mapped[dict[str, object]] = mapped_column(JSON)
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[dict[str, object] | None] = mapped_column(JSON)  # pairs, bound, price


class ReviewDraft(Model):
    """What a reviewer has typed and not yet submitted; replaced at every autosave."""

    __tablename__ = "review_draft"

    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), primary_key=True)
    scores: Mapped[dict[str, int]] = mapped_column(JSON)  # criterion id -> points
    comment: Mapped[str] = mapped_column(Text, default="")
    advice: Mapped[str] = mapped_column(Text, default="", server_default="")
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Review(Model):
    """One reviewer's finished opinion of one application; replaced as a whole until the round closes."""

    __tablename__ = "review"

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), unique=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"), index=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    reviewer_user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    overall: Mapped[Decimal] = mapped_column(sa.Numeric(6, 2))
    comment: Mapped[str] = mapped_column(Text, default="")  # the committee's alone
    advice: Mapped[str] = mapped_column(Text, default="", server_default="")  # the startup may be told, without a name
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)

    scores: Mapped[list[Score]] = relationship(cascade="all, delete-orphan", lazy="raise")


class Score(Model):
    """One value on one criterion."""

    __tablename__ = "score"

    review_id: Mapped[int] = mapped_column(ForeignKey("review.id", ondelete="CASCADE"), primary_key=True)
    criterion_id: Mapped[int] = mapped_column(ForeignKey("criterion.id"), primary_key=True)
    points: Mapped[int]
