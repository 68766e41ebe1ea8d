"""Models · Portfolio — the rules a batch's cohort is chosen under."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.extensions import Model
from accelerator.kernel.enums import PortfolioRuleKind
from accelerator.models.columns import UtcDateTime, state_type


class PortfolioRule(Model):
    """One rule of one batch, in force while the row is there; the audit trail keeps what was set and dropped.

    `key` is what the rule is about in one spelling (rules/portfolio/terms.py), and stands once a batch.
    """

    __tablename__ = "portfolio_rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"))
    key: Mapped[str] = mapped_column(String(160))
    kind: Mapped[PortfolioRuleKind] = mapped_column(state_type(PortfolioRuleKind))
    attribute: Mapped[str] = mapped_column(String(40), default="")
    value: Mapped[str] = mapped_column(String(80), default="")
    bound: Mapped[int] = mapped_column(default=0)
    first_application_id: Mapped[int | None] = mapped_column(ForeignKey("application.id"))
    second_application_id: Mapped[int | None] = mapped_column(ForeignKey("application.id"))
    set_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("batch_id", "key"),
        CheckConstraint("bound >= 0", name="bound"),
        CheckConstraint("(kind IN ('minimum', 'maximum')) = (attribute <> '')", name="counts_an_attribute"),
        CheckConstraint(
            "(kind IN ('minimum', 'maximum')) = (first_application_id IS NULL)", name="names_an_application"
        ),
        CheckConstraint("(kind IN ('together', 'apart')) = (second_application_id IS NOT NULL)", name="names_a_pair"),
        CheckConstraint("first_application_id < second_application_id", name="pair_in_order"),
    )
