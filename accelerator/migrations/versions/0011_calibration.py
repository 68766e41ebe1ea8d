"""the dossiers that everybody scores first

Revision: 0011
After:    0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A table of calibration dossiers."""
    op.create_table(
        "calibration_dossier",
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chosen_by_user_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_calibration_dossier_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_calibration_dossier_batch_id_batch")),
        sa.ForeignKeyConstraint(
            ["chosen_by_user_id"], ["user.id"], name=op.f("fk_calibration_dossier_chosen_by_user_id_user")
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_calibration_dossier")),
    )
    with op.batch_alter_table("calibration_dossier") as table:
        table.create_index(op.f("ix_calibration_dossier_batch_id"), ["batch_id"], unique=False)


def downgrade() -> None:
    """Without it again; the assignments stay as ordinary ones."""
    with op.batch_alter_table("calibration_dossier") as table:
        table.drop_index(op.f("ix_calibration_dossier_batch_id"))
    op.drop_table("calibration_dossier")
