"""register of interests, suspicions, invitations to a committee

Revision: 0006
After:    0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _state(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


INTERESTS = ("company", "fund", "board", "advising", "past_employer", "close_person")
TIES = ("shareholder", "board", "adviser", "former_employer")
GROUNDS = ("declared", "member", "company", "investor", "board", "employer", "person", "mail", "chain")


def upgrade() -> None:
    """The tables; who is on a committee already has accepted."""
    _register()
    _suspicions()
    _invitations()


def _register() -> None:
    op.create_table(
        "interest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", _state("interestkind", *INTERESTS), nullable=False),
        sa.Column("organisation", sa.String(length=160), nullable=False),
        sa.Column("siren", sa.String(length=9), nullable=True),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("since_year", sa.Integer(), nullable=True),
        sa.Column("until_year", sa.Integer(), nullable=True),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("siren IS NULL OR length(siren) = 9", name=op.f("ck_interest_siren_length")),
        sa.CheckConstraint("organisation <> '' OR person <> ''", name=op.f("ck_interest_names_something")),
        sa.CheckConstraint(
            "since_year IS NULL OR until_year IS NULL OR since_year <= until_year", name=op.f("ck_interest_years")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_interest_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interest")),
    )
    op.create_index(op.f("ix_interest_siren"), "interest", ["siren"])
    op.create_index(op.f("ix_interest_user_id"), "interest", ["user_id"])
    op.create_table(
        "interest_statement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("interests", sa.Integer(), nullable=False),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_interest_statement_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interest_statement")),
    )
    op.create_index(op.f("ix_interest_statement_user_id"), "interest_statement", ["user_id"])
    op.create_table(
        "startup_tie",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("startup_id", sa.Integer(), nullable=False),
        sa.Column("kind", _state("tiekind", *TIES), nullable=False),
        sa.Column("organisation", sa.String(length=160), nullable=False),
        sa.Column("siren", sa.String(length=9), nullable=True),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("siren IS NULL OR length(siren) = 9", name=op.f("ck_startup_tie_siren_length")),
        sa.CheckConstraint("organisation <> '' OR person <> ''", name=op.f("ck_startup_tie_names_something")),
        sa.ForeignKeyConstraint(["startup_id"], ["startup.id"], name=op.f("fk_startup_tie_startup_id_startup")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_startup_tie")),
    )
    op.create_index(op.f("ix_startup_tie_startup_id"), "startup_tie", ["startup_id"])


def _suspicions() -> None:
    op.create_table(
        "suspicion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reviewer_user_id", sa.Integer(), nullable=False),
        sa.Column("startup_id", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.String(length=32), nullable=False),
        sa.Column("kind", _state("groundkind", *GROUNDS), nullable=False),
        sa.Column("sentence", sa.JSON(), nullable=False),
        sa.Column("state", _state("suspicionstate", "confirmed", "ignored"), nullable=False),
        sa.Column("decided_by_user_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["decided_by_user_id"], ["user.id"], name=op.f("fk_suspicion_decided_by_user_id_user")
        ),
        sa.ForeignKeyConstraint(["reviewer_user_id"], ["user.id"], name=op.f("fk_suspicion_reviewer_user_id_user")),
        sa.ForeignKeyConstraint(["startup_id"], ["startup.id"], name=op.f("fk_suspicion_startup_id_startup")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspicion")),
        sa.UniqueConstraint(
            "reviewer_user_id",
            "startup_id",
            "evidence",
            name=op.f("uq_suspicion_reviewer_user_id_startup_id_evidence"),
        ),
    )
    op.create_index(op.f("ix_suspicion_startup_id"), "suspicion", ["startup_id"])
    op.add_column("conflict_of_interest", sa.Column("sentence", sa.JSON(), nullable=True))
    op.add_column("conflict_of_interest", sa.Column("evidence", sa.String(length=32), nullable=True))
    op.execute("UPDATE conflict_of_interest SET evidence = ''")
    with op.batch_alter_table("conflict_of_interest") as batch_op:
        batch_op.alter_column("evidence", existing_type=sa.String(length=32), nullable=False)


def _invitations() -> None:
    with op.batch_alter_table("batch_reviewer") as batch_op:
        batch_op.add_column(sa.Column("state", _state("invitationstate", "invited", "accepted", "declined"), nullable=True))
        batch_op.add_column(sa.Column("asked_capacity", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("decline_reason", sa.String(length=300), nullable=True))
    op.execute("UPDATE batch_reviewer SET state = 'accepted', decline_reason = ''")
    with op.batch_alter_table("batch_reviewer") as batch_op:
        batch_op.alter_column("state", existing_type=sa.String(length=32), nullable=False)
        batch_op.alter_column("decline_reason", existing_type=sa.String(length=300), nullable=False)
    op.create_table(
        "committee_link",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("batch_reviewer_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_reviewer_id"],
            ["batch_reviewer.id"],
            name=op.f("fk_committee_link_batch_reviewer_id_batch_reviewer"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_committee_link")),
    )
    op.create_index(op.f("ix_committee_link_batch_reviewer_id"), "committee_link", ["batch_reviewer_id"])


def downgrade() -> None:
    """Back to committees that nobody was asked to join."""
    op.drop_table("committee_link")
    op.execute("DELETE FROM batch_reviewer WHERE state <> 'accepted'")
    with op.batch_alter_table("batch_reviewer") as batch_op:
        batch_op.drop_constraint(op.f("ck_batch_reviewer_invitationstate"), type_="check")
        for name in ("decline_reason", "answered_at", "asked_capacity", "state"):
            batch_op.drop_column(name)
    with op.batch_alter_table("conflict_of_interest") as batch_op:
        batch_op.drop_column("evidence")
        batch_op.drop_column("sentence")
    for table in ("suspicion", "startup_tie", "interest_statement", "interest"):
        op.drop_table(table)
