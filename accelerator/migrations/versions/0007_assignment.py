"""what reviewers know, and plans made in the background

Revision: 0007
After:    0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Topics and regions of a member of the committee; a table for large proposals."""
    with op.batch_alter_table("batch_reviewer") as table:
        table.add_column(sa.Column("topics", sa.JSON(), nullable=False, server_default="[]"))
        table.add_column(sa.Column("regions", sa.JSON(), nullable=False, server_default="[]"))
    op.create_table(
        "assignment_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(length=64), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_user_id", sa.Integer(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by_user_id"], ["user.id"], name=op.f("fk_assignment_proposal_asked_by_user_id_user")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_assignment_proposal_batch_id_batch")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_assignment_proposal_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_proposal")),
    )
    with op.batch_alter_table("assignment_proposal") as table:
        table.create_index(op.f("ix_assignment_proposal_batch_id"), ["batch_id"], unique=False)


def downgrade() -> None:
    """Without them again."""
    with op.batch_alter_table("assignment_proposal") as table:
        table.drop_index(op.f("ix_assignment_proposal_batch_id"))
    op.drop_table("assignment_proposal")
    with op.batch_alter_table("batch_reviewer") as table:
        table.drop_column("regions")
        table.drop_column("topics")
