"""What calls are about, and the vectors that groups of calls are found in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "contact_reasons",
        sa.Column("reason_id", CODE, nullable=False),
        sa.Column("kind", CODE, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("phrases", sa.Text(), nullable=False),
        sa.Column("centre", sa.LargeBinary()),
        sa.Column("in_use", sa.Boolean(), nullable=False),
        sa.Column("named_by", CODE),
        sa.Column("named_at", WHEN),
        sa.Column("found_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("reason_id", name="pk_contact_reasons"),
    )
    op.create_table(
        "call_reasons",
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("reason_id", CODE),
        sa.Column("told_by", CODE, nullable=False),
        sa.Column("similarity", sa.Double()),
        sa.Column("told_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("call_id", name="pk_call_reasons"),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_call_reasons_call_id"),
        sa.ForeignKeyConstraint(["reason_id"], ["contact_reasons.reason_id"], name="fk_call_reasons_reason_id"),
    )
    op.create_index("ix_call_reasons_reason_id", "call_reasons", ["reason_id"])
    op.create_table(
        "call_embeddings",
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("made_from", CODE, nullable=False),
        sa.Column("vector", sa.LargeBinary()),
        sa.Column("rules_key", CODE, nullable=False),
        sa.Column("rule_id", CODE),
        sa.PrimaryKeyConstraint("call_id", name="pk_call_embeddings"),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_call_embeddings_call_id"),
    )


def downgrade() -> None:
    """Earmark only goes forward: an older database comes from a back-up."""
    raise NotImplementedError("go back by restoring a back-up")
