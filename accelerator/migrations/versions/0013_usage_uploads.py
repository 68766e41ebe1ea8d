"""cost exports read in the background

Revision: 0013
After:    0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A table of cost exports on their way in."""
    op.create_table(
        "usage_upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("stored_as", sa.String(length=100), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("refuse_whole", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_user_id", sa.Integer(), nullable=True),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.Column("is_repeat", sa.Boolean(), nullable=False),
        sa.Column("failure", sa.JSON(), nullable=True),
        sa.Column("refused", sa.JSON(), nullable=False),
        sa.Column("rows_refused", sa.Integer(), nullable=False),
        sa.CheckConstraint("stopped_at IS NULL OR finished_at IS NULL", name=op.f("ck_usage_upload_ends_once")),
        sa.ForeignKeyConstraint(["asked_by_user_id"], ["user.id"], name=op.f("fk_usage_upload_asked_by_user_id_user")),
        sa.ForeignKeyConstraint(["import_id"], ["usage_import.id"], name=op.f("fk_usage_upload_import_id_usage_import")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_usage_upload_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_upload")),
    )
    with op.batch_alter_table("usage_upload") as table:
        table.create_index("ix_usage_upload_asked_at", ["asked_at"], unique=False)


def downgrade() -> None:
    """Without it again."""
    with op.batch_alter_table("usage_upload") as table:
        table.drop_index("ix_usage_upload_asked_at")
    op.drop_table("usage_upload")
