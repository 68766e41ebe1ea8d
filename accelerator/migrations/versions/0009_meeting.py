"""meetings of the committee: agenda, attendance, departures, votes

Revision: 0009
After:    0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _state(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """The five tables."""
    _meetings()
    _items()
    _people()


def _meetings() -> None:
    op.create_table(
        "meeting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("place", sa.String(length=160), nullable=False),
        _instant("opened_at"),
        sa.Column("opened_by_user_id", sa.Integer(), nullable=True),
        _instant("closed_at", nullable=True),
        sa.Column("closed_by_user_id", sa.Integer(), nullable=True),
        sa.Column("current_position", sa.Integer(), nullable=True),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "closed_at IS NULL OR closed_at >= opened_at", name=op.f("ck_meeting_closes_after_opening")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_meeting_batch_id_batch")),
        sa.ForeignKeyConstraint(["opened_by_user_id"], ["user.id"], name=op.f("fk_meeting_opened_by_user_id_user")),
        sa.ForeignKeyConstraint(["closed_by_user_id"], ["user.id"], name=op.f("fk_meeting_closed_by_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
    )
    op.create_index(op.f("ix_meeting_batch_id"), "meeting", ["batch_id"])
    op.create_index(
        "uq_meeting_open",
        "meeting",
        ["batch_id"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def _items() -> None:
    op.create_table(
        "meeting_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        _instant("called_at", nullable=True),
        _instant("vote_opened_at", nullable=True),
        _instant("vote_closed_at", nullable=True),
        sa.Column("eligible", sa.Integer(), nullable=True),
        sa.Column("present", sa.Integer(), nullable=True),
        sa.Column("conclusion", _state("conclusion", "admit", "waitlist", "refuse", "later"), nullable=True),
        _instant("concluded_at", nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.CheckConstraint(
            "vote_opened_at IS NULL OR called_at IS NOT NULL", name=op.f("ck_meeting_item_vote_after_call")
        ),
        sa.CheckConstraint(
            "vote_closed_at IS NULL OR vote_opened_at IS NOT NULL", name=op.f("ck_meeting_item_vote_closes_once_open")
        ),
        sa.CheckConstraint("(conclusion IS NULL) = (concluded_at IS NULL)", name=op.f("ck_meeting_item_concluded")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_item_meeting_id_meeting")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_meeting_item_application_id_application")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_item")),
        sa.UniqueConstraint("meeting_id", "position", name=op.f("uq_meeting_item_meeting_id_position")),
        sa.UniqueConstraint("meeting_id", "application_id", name=op.f("uq_meeting_item_meeting_id_application_id")),
    )
    op.create_index(op.f("ix_meeting_item_application_id"), "meeting_item", ["application_id"])


def _people() -> None:
    op.create_table(
        "meeting_attendance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        _instant("arrived_at"),
        _instant("left_at", nullable=True),
        sa.CheckConstraint(
            "left_at IS NULL OR left_at >= arrived_at", name=op.f("ck_meeting_attendance_leaves_after_arriving")
        ),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_attendance_meeting_id_meeting")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_meeting_attendance_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_attendance")),
    )
    op.create_index("ix_meeting_attendance_member", "meeting_attendance", ["meeting_id", "user_id"])
    op.create_index(
        "uq_meeting_attendance_here",
        "meeting_attendance",
        ["meeting_id", "user_id"],
        unique=True,
        sqlite_where=sa.text("left_at IS NULL"),
        postgresql_where=sa.text("left_at IS NULL"),
    )
    for table, columns in (
        (
            "meeting_departure",
            (
                sa.Column("source", _state("conflictsource", "declared", "registered", "inferred"), nullable=False),
                sa.Column("ground", sa.String(length=300), nullable=False),
                _instant("stepped_out_at"),
            ),
        ),
        (
            "meeting_vote",
            (
                sa.Column("choice", _state("ballot", "in_favour", "against", "abstain"), nullable=False),
                _instant("cast_at"),
            ),
        ),
    ):
        op.create_table(
            table,
            sa.Column("item_id", sa.Integer(), nullable=False),
            sa.Column("user_id", sa.Integer(), nullable=False),
            *columns,
            sa.ForeignKeyConstraint(["item_id"], ["meeting_item.id"], name=op.f(f"fk_{table}_item_id_meeting_item")),
            sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f(f"fk_{table}_user_id_user")),
            sa.PrimaryKeyConstraint("item_id", "user_id", name=op.f(f"pk_{table}")),
        )


def downgrade() -> None:
    """Without them again."""
    for table in ("meeting_vote", "meeting_departure", "meeting_attendance", "meeting_item", "meeting"):
        op.drop_table(table)
