"""ranking: how sure each rank is, and what stands under every way of counting

Revision: 0004
After:    0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COLUMNS = {
    "ranking_run": [("places", sa.Integer()), ("variants", sa.Integer())],
    "standing": [
        ("rank_low", sa.Integer()),
        ("rank_high", sa.Integer()),
        ("chance", sa.Double()),
        ("survives", sa.Integer()),
    ],
}


def upgrade() -> None:
    """A ranking computed before has places 0: while its batch is in review, the clock computes it again."""
    for table, columns in COLUMNS.items():
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind, nullable=False, server_default="0"))
    op.add_column("standing", sa.Column("otherwise", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    """Forget it."""
    with op.batch_alter_table("standing") as batch_op:
        for name in ("otherwise", *(name for name, _ in reversed(COLUMNS["standing"]))):
            batch_op.drop_column(name)
    with op.batch_alter_table("ranking_run") as batch_op:
        for name, _ in reversed(COLUMNS["ranking_run"]):
            batch_op.drop_column(name)
