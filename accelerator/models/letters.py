"""Models · Letters — the outbox."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.extensions import Model
from accelerator.kernel.enums import LetterState
from accelerator.models.columns import UtcDateTime, state_type

_LIVE = sa.text("state IN ('draft', 'queued')")


class Letter(Model):
    """One letter to one person, written in the transaction of the act it tells of, sent by a job.

    About the decision on one application there is one live letter at most, a draft or one in the queue.
    """

    __tablename__ = "letter"

    id: Mapped[int] = mapped_column(primary_key=True)
    to_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    to_email: Mapped[str] = mapped_column(String(254))
    locale: Mapped[str] = mapped_column(String(2))
    kind: Mapped[str] = mapped_column(String(40))  # the template: letters/<kind>.txt
    about: Mapped[str] = mapped_column(String(60), default="", index=True)  # "application:12"
    decides_application_id: Mapped[int | None] = mapped_column(ForeignKey("application.id"), index=True)
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[LetterState] = mapped_column(state_type(LetterState), default=LetterState.QUEUED)
    message_id: Mapped[str] = mapped_column(String(120), unique=True)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    send_after: Mapped[datetime] = mapped_column(UtcDateTime)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str] = mapped_column(String(300), default="")
    leaves_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when a draft is released by itself

    __table_args__ = (
        Index("ix_letter_state_send_after", "state", "send_after"),
        Index(
            "uq_letter_live_decision",
            "decides_application_id",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
    )
