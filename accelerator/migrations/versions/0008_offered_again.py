"""dossiers offered to other reviewers

Revision: 0008
After:    0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Since when others may take an assignment."""
    with op.batch_alter_table("assignment") as table:
        table.add_column(sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Without it again."""
    with op.batch_alter_table("assignment") as table:
        table.drop_column("offered_at")
