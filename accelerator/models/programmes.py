"""Models · Programmes — the programme, its tracks, its batches and their forms."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.extensions import Model
from accelerator.kernel.enums import BatchState, QuestionKind
from accelerator.models.columns import JSON, UtcDateTime, state_type


class Programme(Model):
    """The accelerator as an offering; a house runs one, or several."""

    __tablename__ = "programme"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    summary_fr: Mapped[str] = mapped_column(Text, default="")
    summary_en: Mapped[str] = mapped_column(Text, default="")
    zone: Mapped[str] = mapped_column(String(40), default="Europe/Paris")
    target: Mapped[int]  # startups to reach
    target_on: Mapped[date]
    contact_email: Mapped[str] = mapped_column(String(254), default="")


class Track(Model):
    """One way through the programme: STATION F, or the regions."""

    __tablename__ = "track"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), index=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name_fr: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    summary_fr: Mapped[str] = mapped_column(Text, default="")
    summary_en: Mapped[str] = mapped_column(Text, default="")
    position: Mapped[int] = mapped_column(default=0)


class Batch(Model):
    """One intake with its dates. `places_taken` moves by one conditional UPDATE only."""

    __tablename__ = "batch"

    id: Mapped[int] = mapped_column(primary_key=True)
    track_id: Mapped[int] = mapped_column(ForeignKey("track.id"), index=True)
    rubric_id: Mapped[int | None] = mapped_column(ForeignKey("rubric.id"))
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name_fr: Mapped[str] = mapped_column(String(160))
    name_en: Mapped[str] = mapped_column(String(160))
    state: Mapped[BatchState] = mapped_column(state_type(BatchState), default=BatchState.DRAFT, index=True)
    is_rolling: Mapped[bool] = mapped_column(default=False)  # no cohort: applications are answered as they come
    places: Mapped[int]
    places_taken: Mapped[int] = mapped_column(default=0)
    reviews_per_application: Mapped[int] = mapped_column(default=3)
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reviews_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decides_on: Mapped[date]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    place_name: Mapped[str] = mapped_column(String(120), default="")
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        CheckConstraint("places >= 0", name="places"),
        CheckConstraint("places_taken >= 0 AND places_taken <= places", name="places_taken"),
        CheckConstraint("opens_at < closes_at", name="opens_before_it_closes"),
        CheckConstraint("starts_on <= ends_on", name="starts_before_it_ends"),
    )


class Question(Model):
    """One question of a batch's application form, in one of its steps."""

    __tablename__ = "question"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"))
    code: Mapped[str] = mapped_column(String(40))
    step: Mapped[int]  # 1-based; step titles are in `rules/applications.py`
    position: Mapped[int]
    kind: Mapped[QuestionKind] = mapped_column(state_type(QuestionKind))
    label_fr: Mapped[str] = mapped_column(String(300))
    label_en: Mapped[str] = mapped_column(String(300))
    help_fr: Mapped[str] = mapped_column(String(500), default="")
    help_en: Mapped[str] = mapped_column(String(500), default="")
    is_required: Mapped[bool] = mapped_column(default=True)
    is_identifying: Mapped[bool] = mapped_column(default=False)  # hidden from reviewers in a blind round
    max_words: Mapped[int | None]
    choices: Mapped[list[dict[str, str]] | None] = mapped_column(JSON)  # [{"value", "fr", "en"}]

    __table_args__ = (UniqueConstraint("batch_id", "code"), UniqueConstraint("batch_id", "step", "position"))
