"""Models · Calibration — the dossiers that everybody on a committee scores first."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.extensions import Model
from accelerator.models.columns import UtcDateTime


class CalibrationDossier(Model):
    """One application that every member of its batch's committee scores before any other.

    An assignment of such an application is a calibration assignment, whenever it was made.
    """

    __tablename__ = "calibration_dossier"

    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"), primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"), index=True)
    position: Mapped[int]  # in the order they were chosen, from 1
    note: Mapped[str] = mapped_column(String(1000), default="")  # what to look at; read after one's own review
    chosen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    chosen_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
