"""letters of decisions: one live letter an application, planned waves, feedback, advice

Revision: 0012
After:    0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

LIVE = sa.text("state IN ('draft', 'queued')")

FILL = (
    """UPDATE letter SET decides_application_id =
       (SELECT offer.application_id FROM offer
        WHERE offer.id = CASE WHEN letter.about LIKE 'offer:%' THEN CAST(SUBSTR(letter.about, 7) AS INTEGER) END)
       WHERE kind = 'offer'""",
    """UPDATE letter SET decides_application_id =
       (SELECT application.id FROM application
        WHERE application.id =
          CASE WHEN letter.about LIKE 'application:%' THEN CAST(SUBSTR(letter.about, 13) AS INTEGER) END)
       WHERE kind IN ('waitlisted', 'not_selected')""",
)
"""Letters already written are told which application they decide."""

NEWEST_DECIDES = """UPDATE letter SET decides_application_id = NULL
    WHERE state IN ('draft', 'queued') AND EXISTS
    (SELECT 1 FROM letter AS newer
     WHERE newer.decides_application_id = letter.decides_application_id
       AND newer.state IN ('draft', 'queued') AND newer.id > letter.id)"""


def upgrade() -> None:
    """The application a letter decides, when a draft leaves by itself; what refused startups are told."""
    with op.batch_alter_table("letter") as table:
        table.add_column(sa.Column("decides_application_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("leaves_at", sa.DateTime(timezone=True), nullable=True))
        table.create_foreign_key(
            op.f("fk_letter_decides_application_id_application"), "application", ["decides_application_id"], ["id"]
        )
    for statement in FILL:
        op.execute(statement)
    with op.batch_alter_table("letter") as table:
        table.create_index(op.f("ix_letter_decides_application_id"), ["decides_application_id"], unique=False)
    op.execute(NEWEST_DECIDES)
    with op.batch_alter_table("letter") as table:
        table.create_index(
            "uq_letter_live_decision",
            ["decides_application_id"],
            unique=True,
            sqlite_where=LIVE,
            postgresql_where=LIVE,
        )
    op.create_table(
        "application_feedback",
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("is_ready", sa.Boolean(), nullable=False),
        sa.Column("written_by_user_id", sa.Integer(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("NOT is_ready OR text <> ''", name=op.f("ck_application_feedback_ready_says_something")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_application_feedback_application_id_application")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_application_feedback_batch_id_batch")),
        sa.ForeignKeyConstraint(
            ["written_by_user_id"], ["user.id"], name=op.f("fk_application_feedback_written_by_user_id_user")
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_application_feedback")),
    )
    with op.batch_alter_table("application_feedback") as table:
        table.create_index(op.f("ix_application_feedback_batch_id"), ["batch_id"], unique=False)
    op.create_table(
        "letter_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("written_by_user_id", sa.Integer(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["written_by_user_id"], ["user.id"], name=op.f("fk_letter_text_written_by_user_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_text")),
        sa.UniqueConstraint("kind", "locale", "version", name=op.f("uq_letter_text_kind_locale_version")),
    )
    for name in ("review", "review_draft"):
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("advice", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    """Without them again."""
    op.drop_table("letter_text")
    with op.batch_alter_table("application_feedback") as table:
        table.drop_index(op.f("ix_application_feedback_batch_id"))
    op.drop_table("application_feedback")
    for name in ("review_draft", "review"):
        with op.batch_alter_table(name) as table:
            table.drop_column("advice")
    with op.batch_alter_table("letter") as table:
        table.drop_index("uq_letter_live_decision")
        table.drop_index(op.f("ix_letter_decides_application_id"))
    with op.batch_alter_table("letter") as table:
        table.drop_constraint(op.f("fk_letter_decides_application_id_application"), type_="foreignkey")
        table.drop_column("leaves_at")
        table.drop_column("decides_application_id")
