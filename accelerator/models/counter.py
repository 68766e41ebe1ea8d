"""Models · Counter — the written definition, the evidence, and who counts."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.extensions import Model
from accelerator.kernel.enums import EvidenceKind
from accelerator.models.columns import UtcDateTime, state_type


class CounterDefinition(Model):
    """What makes a startup count, in words, by version. A new wording is a new version."""

    __tablename__ = "counter_definition"

    version: Mapped[int] = mapped_column(primary_key=True)
    text_fr: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date]


class Evidence(Model):
    """One fact that makes a startup count: which, when, and where it is written down."""

    __tablename__ = "evidence"

    id: Mapped[int] = mapped_column(primary_key=True)
    startup_id: Mapped[int] = mapped_column(ForeignKey("startup.id"), index=True)
    kind: Mapped[EvidenceKind] = mapped_column(state_type(EvidenceKind))
    reference: Mapped[str] = mapped_column(String(60))  # "offer:12", "attendance:34"
    happened_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # a correction: the fact was not one
    withdrawn_reason: Mapped[str] = mapped_column(String(300), default="")

    __table_args__ = (UniqueConstraint("kind", "reference"),)


class Reached(Model):
    """One startup that counts, once, since the day of its first standing evidence. Kept by the counter services."""

    __tablename__ = "reached"

    startup_id: Mapped[int] = mapped_column(ForeignKey("startup.id"), primary_key=True)
    region_code: Mapped[str] = mapped_column(String(2))
    counted_on: Mapped[date] = mapped_column(index=True)
    definition_version: Mapped[int] = mapped_column(ForeignKey("counter_definition.version"))

    __table_args__ = (Index("ix_reached_region", "region_code", "counted_on"),)


class CounterCorrection(Model):
    """A public line of the correction log: what changed in the figure, when and why."""

    __tablename__ = "counter_correction"

    id: Mapped[int] = mapped_column(primary_key=True)
    corrected_at: Mapped[datetime] = mapped_column(UtcDateTime)
    change: Mapped[int]
    reason: Mapped[str] = mapped_column(String(300))
