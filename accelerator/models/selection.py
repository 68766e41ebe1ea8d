"""Models · Selection — the ranking as last computed, decisions, the frozen result, offers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.extensions import Model
from accelerator.kernel.enums import OfferState, Outcome
from accelerator.models.columns import JSON, UtcDateTime, state_type


class RankingRun(Model):
    """The last computation of one batch's ranking. `reviews_seen` tells whether it is still current."""

    __tablename__ = "ranking_run"

    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    computed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    applications: Mapped[int]
    reviews_seen: Mapped[int]
    reviews_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # later than computed_at: stale
    method: Mapped[str] = mapped_column(String(40))
    quality_variance: Mapped[float]
    severity_variance: Mapped[float]
    noise_variance: Mapped[float]
    gain: Mapped[float] = mapped_column(default=0.0)  # how much better severities predict left-out scores, 0-1
    notes: Mapped[dict[str, object]] = mapped_column(
        JSON, default=dict
    )  # islands, single_reviews, methods, next_reviews
    places: Mapped[int] = mapped_column(server_default="0")  # the line that chances are about; 0: none were computed
    variants: Mapped[int] = mapped_column(server_default="0")  # ways of counting on the robustness sheet


class Standing(Model):
    """One line of a ranking run: an application's figures and its rank; replaced by the next run."""

    __tablename__ = "standing"

    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"))
    rank: Mapped[int]
    reviews: Mapped[int]
    mean: Mapped[float]
    median: Mapped[float]
    spread: Mapped[float]  # standard deviation of the overalls: the disagreement
    adjusted: Mapped[float]
    standard_error: Mapped[float]
    rank_low: Mapped[int] = mapped_column(server_default="0")  # holds the rank in nine cases of ten, with rank_high
    rank_high: Mapped[int] = mapped_column(server_default="0")
    chance: Mapped[float] = mapped_column(server_default="0")  # of being among the run's places, 0-1
    survives: Mapped[int] = mapped_column(server_default="0")  # variants in which it is among them
    otherwise: Mapped[str] = mapped_column(
        Text, server_default=""
    )  # codes of the variants that differ from the ranking

    __table_args__ = (
        Index("ix_standing_batch_rank", "batch_id", "rank"),
        Index("ix_standing_batch_spread", "batch_id", "spread"),
        Index("ix_standing_batch_mean", "batch_id", "mean"),
        Index("ix_standing_batch_median", "batch_id", "median"),
    )


class ReviewerSeverity(Model):
    """How far above (positive) or below the others one reviewer of a batch scores; replaced with the ranking."""

    __tablename__ = "reviewer_severity"

    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    reviewer_user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    severity: Mapped[float]
    standard_error: Mapped[float]
    reviews: Mapped[int]

    __table_args__ = (Index("ix_reviewer_severity_batch", "batch_id", "severity"),)


class Decision(Model):
    """What the committee decides for one application; prepared first, final once the batch is confirmed."""

    __tablename__ = "decision"

    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"), index=True)
    outcome: Mapped[Outcome] = mapped_column(state_type(Outcome))
    waitlist_position: Mapped[int | None]
    rank: Mapped[int | None]  # the rank it had when it was decided
    reason: Mapped[str] = mapped_column(String(1000), default="")  # owed for every off-rank choice
    decided_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SelectionSnapshot(Model):
    """The frozen result of one batch: everything the decision rests on, with its SHA-256. Never changed."""

    __tablename__ = "selection_snapshot"

    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    method: Mapped[str] = mapped_column(String(40))
    document: Mapped[str] = mapped_column(Text)  # canonical JSON
    sha256: Mapped[str] = mapped_column(String(64))
    confirmed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class Offer(Model):
    """Our promise of one place to one application. It holds a place while draft, sent or accepted."""

    __tablename__ = "offer"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"), index=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), unique=True)
    state: Mapped[OfferState] = mapped_column(state_type(OfferState), default=OfferState.DRAFT)
    respond_by: Mapped[datetime] = mapped_column(UtcDateTime)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    reason: Mapped[str] = mapped_column(String(1000), default="")  # why the programme took it back

    __table_args__ = (Index("ix_offer_state_respond_by", "state", "respond_by"),)
