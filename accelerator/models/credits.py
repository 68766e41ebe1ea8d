"""Models · Credits — the sponsor's pools, allocations, grants, the ledger, the cloud's own readings."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.extensions import Model
from accelerator.kernel.enums import LedgerAccount, NotCovered, PostingKind
from accelerator.models.columns import JSON, ExactDecimal, UtcDateTime, state_type


class Sponsor(Model):
    """Who gives the credits."""

    __tablename__ = "sponsor"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)


class CreditPool(Model):
    """A sponsor's credits in one currency. `allocated_minor` moves by one conditional UPDATE only."""

    __tablename__ = "credit_pool"

    id: Mapped[int] = mapped_column(primary_key=True)
    sponsor_id: Mapped[int] = mapped_column(ForeignKey("sponsor.id"), index=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    provider: Mapped[str] = mapped_column(String(60), default="Microsoft Azure")
    currency: Mapped[str] = mapped_column(String(3))
    ceiling_minor: Mapped[int] = mapped_column(sa.BigInteger)
    allocated_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    starts_on: Mapped[date]
    ends_on: Mapped[date]

    __table_args__ = (
        CheckConstraint("ceiling_minor >= 0", name="ceiling"),
        CheckConstraint("allocated_minor >= 0 AND allocated_minor <= ceiling_minor", name="allocated"),
    )


class CreditAllocation(Model):
    """Credits of a pool set aside for a batch. `granted_minor` moves by one conditional UPDATE only."""

    __tablename__ = "credit_allocation"

    id: Mapped[int] = mapped_column(primary_key=True)
    pool_id: Mapped[int] = mapped_column(ForeignKey("credit_pool.id"))
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"), index=True)
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    granted_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("pool_id", "batch_id"),
        CheckConstraint("amount_minor >= 0", name="amount"),
        CheckConstraint("granted_minor >= 0 AND granted_minor <= amount_minor", name="granted"),
    )


class CreditGrant(Model):
    """Credits awarded to one startup out of one allocation, good until `expires_on`."""

    __tablename__ = "credit_grant"

    id: Mapped[int] = mapped_column(primary_key=True)
    allocation_id: Mapped[int] = mapped_column(ForeignKey("credit_allocation.id"), index=True)
    startup_id: Mapped[int] = mapped_column(ForeignKey("startup.id"), index=True)
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    activate_by: Mapped[date | None]
    starts_on: Mapped[date]
    expires_on: Mapped[date]
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reversed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # granted by mistake; kept for the ledger

    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        Index(
            "uq_credit_grant_once",
            "allocation_id",
            "startup_id",
            unique=True,
            sqlite_where=sa.text("reversed_at IS NULL"),
            postgresql_where=sa.text("reversed_at IS NULL"),
        ),
    )


class LedgerPosting(Model):
    """One movement of credits: a set of entries that sum to zero. Inserted, never changed."""

    __tablename__ = "ledger_posting"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[PostingKind] = mapped_column(state_type(PostingKind))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    memo: Mapped[str] = mapped_column(String(300), default="")
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_posting.id"), unique=True)


class LedgerEntry(Model):
    """One line of a posting. Inserted, never changed; triggers refuse the rest."""

    __tablename__ = "ledger_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    posting_id: Mapped[int] = mapped_column(ForeignKey("ledger_posting.id"), index=True)
    account: Mapped[LedgerAccount] = mapped_column(state_type(LedgerAccount))
    pool_id: Mapped[int] = mapped_column(ForeignKey("credit_pool.id"))
    allocation_id: Mapped[int | None] = mapped_column(ForeignKey("credit_allocation.id"))
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("credit_grant.id"))
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(String(3))

    __table_args__ = (
        Index("ix_ledger_entry_pool", "pool_id", "account"),
        Index("ix_ledger_entry_grant", "grant_id", "account"),
    )


class CloudAccount(Model):
    """A startup's account at the provider, as named in its cost export: subscription, account or project."""

    __tablename__ = "cloud_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    startup_id: Mapped[int] = mapped_column(ForeignKey("startup.id"), index=True)
    sub_account: Mapped[str] = mapped_column(String(200), unique=True)
    linked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class UsageImport(Model):
    """One cost export as read. The same bytes are never read twice; an account's period is replaced as a whole."""

    __tablename__ = "usage_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    source_format: Mapped[str] = mapped_column(String(40))
    rows_read: Mapped[int]
    rows_kept: Mapped[int]
    refused: Mapped[list[dict[str, object]]] = mapped_column(JSON)  # [{"line", "reason"}], the first 1,000
    rows_refused: Mapped[int]
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)
    imported_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class UsageUpload(Model):
    """A cost export on its way in: its bytes wait in a file until a task has read them, or somebody stops it.

    Once it is finished it has either an import or a failure; the file is gone.
    """

    __tablename__ = "usage_upload"

    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str] = mapped_column(String(255))
    stored_as: Mapped[str] = mapped_column(String(100))
    size_bytes: Mapped[int] = mapped_column(sa.BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))  # of the file as it came, packed or not
    currency: Mapped[str] = mapped_column(String(3), default="")
    refuse_whole: Mapped[bool]  # one refused line, and nothing is stored
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("usage_import.id"))
    is_repeat: Mapped[bool] = mapped_column(default=False)
    failure: Mapped[dict[str, object] | None] = mapped_column(JSON)  # the sentence why nothing was stored
    refused: Mapped[list[dict[str, object]]] = mapped_column(JSON, default=list)  # of a file refused whole
    rows_refused: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        Index("ix_usage_upload_asked_at", "asked_at"),
        CheckConstraint("stopped_at IS NULL OR finished_at IS NULL", name="ends_once"),
    )


class UsageReading(Model):
    """What the cloud reports as spent by one sub-account on one day, covered by credits or not; exact."""

    __tablename__ = "usage_reading"

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("usage_import.id"), index=True)
    billing_account: Mapped[str] = mapped_column(String(200))
    billing_period_on: Mapped[date]  # first day of the billing period
    sub_account: Mapped[str] = mapped_column(String(200))
    sub_account_name: Mapped[str] = mapped_column(String(200), default="")
    day: Mapped[date]
    currency: Mapped[str] = mapped_column(String(3))
    is_covered: Mapped[bool]
    reason: Mapped[NotCovered | None] = mapped_column(state_type(NotCovered))  # None when covered
    publisher: Mapped[str] = mapped_column(String(200), default="")
    amount: Mapped[Decimal] = mapped_column(ExactDecimal)
    rows: Mapped[int]

    __table_args__ = (
        Index("ix_usage_reading_sub_account", "sub_account", "day"),
        Index("ix_usage_reading_period", "billing_account", "billing_period_on"),
    )
