"""blindness: what identifies a dossier, found before reviewers read it

Revision: 0003
After:    0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KINDS = ("company", "company_number", "person", "email", "address", "phone", "by_hand")
STATES = ("masked", "shown")


def upgrade() -> None:
    """Add the search of each dossier and the phrases it found."""
    op.create_table(
        "blindness_scan",
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deck_sha256", sa.String(length=64), nullable=False),
        sa.Column("is_deck_unread", sa.Boolean(), nullable=False),
        sa.Column("is_deck_withheld", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_blindness_scan_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_blindness_scan")),
    )
    op.create_table(
        "identifying_phrase",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("phrase", sa.String(length=200), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="identifyingkind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("is_in_answers", sa.Boolean(), nullable=False),
        sa.Column("is_in_deck", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*STATES, name="maskstate", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("decided_by_user_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_identifying_phrase_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_user_id"], ["user.id"], name=op.f("fk_identifying_phrase_decided_by_user_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identifying_phrase")),
        sa.UniqueConstraint("application_id", "phrase", name=op.f("uq_identifying_phrase_application_id_phrase")),
    )


def downgrade() -> None:
    """Take both tables away."""
    op.drop_table("identifying_phrase")
    op.drop_table("blindness_scan")
