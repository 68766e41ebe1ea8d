"""Models · Startups — the company, one per SIREN, and its people."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.extensions import Model
from accelerator.kernel.enums import Sector, Stage
from accelerator.models.columns import UtcDateTime, state_type


class Startup(Model):
    """One company. A SIREN stands once; a startup not yet registered has none."""

    __tablename__ = "startup"

    id: Mapped[int] = mapped_column(primary_key=True)
    siren: Mapped[str | None] = mapped_column(String(9), unique=True)
    name: Mapped[str] = mapped_column(String(160), index=True)
    region_code: Mapped[str] = mapped_column(String(2), index=True)  # INSEE code
    department_code: Mapped[str | None] = mapped_column(String(3))
    postcode: Mapped[str | None] = mapped_column(String(5))
    city: Mapped[str | None] = mapped_column(String(120))
    sector: Mapped[Sector] = mapped_column(state_type(Sector), default=Sector.OTHER)
    stage: Mapped[Stage] = mapped_column(state_type(Stage), default=Stage.CONCEPT)
    website: Mapped[str | None] = mapped_column(String(300))
    pitch: Mapped[str] = mapped_column(String(300), default="")
    registered_on: Mapped[date | None]  # creation date in the company register
    naf: Mapped[str | None] = mapped_column(String(6))
    headcount_band: Mapped[str | None] = mapped_column(String(3))  # INSEE tranche d'effectifs
    women_founders: Mapped[bool | None]
    is_stealth: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (CheckConstraint("siren IS NULL OR length(siren) = 9", name="siren_length"),)


class Membership(Model):
    """One person of one startup."""

    __tablename__ = "membership"

    id: Mapped[int] = mapped_column(primary_key=True)
    startup_id: Mapped[int] = mapped_column(ForeignKey("startup.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    is_owner: Mapped[bool] = mapped_column(default=False)
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("startup_id", "user_id"),)
