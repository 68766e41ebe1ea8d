"""Models · Blindness — what identifies a dossier, found before reviewers read it, and whether they see it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.extensions import Model
from accelerator.kernel.enums import IdentifyingKind, MaskState
from accelerator.models.columns import JSON, UtcDateTime, state_type


class BlindnessScan(Model):
    """One dossier that has been searched. Without this row no reviewer is shown its answers or its deck."""

    __tablename__ = "blindness_scan"

    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"), primary_key=True)
    scanned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deck_sha256: Mapped[str] = mapped_column(String(64), default="")  # the deck whose pages were searched
    is_deck_unread: Mapped[bool] = mapped_column(default=False)  # its pages hold no text, or could not be read
    is_deck_withheld: Mapped[bool] = mapped_column(default=False)


class IdentifyingPhrase(Model):
    """One phrase of one dossier that says whose it is, as it is written there."""

    __tablename__ = "identifying_phrase"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"))
    phrase: Mapped[str] = mapped_column(String(200))
    kind: Mapped[IdentifyingKind] = mapped_column(state_type(IdentifyingKind))
    places: Mapped[list[list[str | int]]] = mapped_column(JSON)  # [["question:12", 2], ["page:3", 1]]
    is_in_answers: Mapped[bool]  # there it can be masked
    is_in_deck: Mapped[bool]  # there it cannot: the deck is handed out or withheld as a whole
    state: Mapped[MaskState] = mapped_column(state_type(MaskState), default=MaskState.MASKED)
    decided_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("application_id", "phrase"),)
