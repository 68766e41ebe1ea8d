"""which assignments came with a hand-out

Revision: 0014
After:    0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The instant of the hand-out; what was assigned before is taken to have come with one."""
    with op.batch_alter_table("assignment") as table:
        table.add_column(sa.Column("handed_out_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE assignment SET handed_out_at = assigned_at")


def downgrade() -> None:
    """Without it again."""
    with op.batch_alter_table("assignment") as table:
        table.drop_column("handed_out_at")
