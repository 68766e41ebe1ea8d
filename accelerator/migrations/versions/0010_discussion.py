"""the committee's discussion of a dossier

Revision: 0010
After:    0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add remarks, who was named in them, and who has read up to when."""
    op.create_table(
        "remark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("author_user_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reply_to_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name=op.f("fk_remark_application_id_application")),
        sa.ForeignKeyConstraint(["author_user_id"], ["user.id"], name=op.f("fk_remark_author_user_id_user")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_remark_batch_id_batch")),
        sa.ForeignKeyConstraint(["reply_to_id"], ["remark.id"], name=op.f("fk_remark_reply_to_id_remark")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remark")),
    )
    op.create_index(op.f("ix_remark_batch_id"), "remark", ["batch_id"])
    op.create_index(op.f("ix_remark_reply_to_id"), "remark", ["reply_to_id"])
    op.create_index("ix_remark_application", "remark", ["application_id", "written_at"])
    op.create_table(
        "remark_mention",
        sa.Column("remark_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["remark_id"], ["remark.id"], name=op.f("fk_remark_mention_remark_id_remark"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_remark_mention_user_id_user")),
        sa.PrimaryKeyConstraint("remark_id", "user_id", name=op.f("pk_remark_mention")),
    )
    op.create_index("ix_remark_mention_user", "remark_mention", ["user_id", "seen_at"])
    op.create_table(
        "discussion_reading",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_discussion_reading_application_id_application")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_discussion_reading_user_id_user")),
        sa.PrimaryKeyConstraint("user_id", "application_id", name=op.f("pk_discussion_reading")),
    )


def downgrade() -> None:
    """Take the three tables away."""
    op.drop_table("discussion_reading")
    op.drop_index("ix_remark_mention_user", table_name="remark_mention")
    op.drop_table("remark_mention")
    op.drop_index("ix_remark_application", table_name="remark")
    op.drop_index(op.f("ix_remark_reply_to_id"), table_name="remark")
    op.drop_index(op.f("ix_remark_batch_id"), table_name="remark")
    op.drop_table("remark")
