"""portfolio rules

Revision: 0005
After:    0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KINDS = ("minimum", "maximum", "must", "must_not", "together", "apart")


def upgrade() -> None:
    """Add the rules a cohort is chosen under."""
    op.create_table(
        "portfolio_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="portfoliorulekind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("attribute", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=80), nullable=False),
        sa.Column("bound", sa.Integer(), nullable=False),
        sa.Column("first_application_id", sa.Integer(), nullable=True),
        sa.Column("second_application_id", sa.Integer(), nullable=True),
        sa.Column("set_by_user_id", sa.Integer(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("bound >= 0", name=op.f("ck_portfolio_rule_bound")),
        sa.CheckConstraint(
            "(kind IN ('minimum', 'maximum')) = (attribute <> '')",
            name=op.f("ck_portfolio_rule_counts_an_attribute"),
        ),
        sa.CheckConstraint(
            "(kind IN ('minimum', 'maximum')) = (first_application_id IS NULL)",
            name=op.f("ck_portfolio_rule_names_an_application"),
        ),
        sa.CheckConstraint(
            "(kind IN ('together', 'apart')) = (second_application_id IS NOT NULL)",
            name=op.f("ck_portfolio_rule_names_a_pair"),
        ),
        sa.CheckConstraint(
            "first_application_id < second_application_id", name=op.f("ck_portfolio_rule_pair_in_order")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_portfolio_rule_batch_id_batch")),
        sa.ForeignKeyConstraint(
            ["first_application_id"],
            ["application.id"],
            name=op.f("fk_portfolio_rule_first_application_id_application"),
        ),
        sa.ForeignKeyConstraint(
            ["second_application_id"],
            ["application.id"],
            name=op.f("fk_portfolio_rule_second_application_id_application"),
        ),
        sa.ForeignKeyConstraint(["set_by_user_id"], ["user.id"], name=op.f("fk_portfolio_rule_set_by_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portfolio_rule")),
        sa.UniqueConstraint("batch_id", "key", name=op.f("uq_portfolio_rule_batch_id_key")),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("portfolio_rule")
