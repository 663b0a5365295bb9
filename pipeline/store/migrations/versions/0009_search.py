"""Search: the turns of calls, in the form that each database searches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables; every scored call that is there is to be read."""
    op.create_table(
        "stale_searches",
        sa.Column("call_id", CODE, nullable=False),
        sa.PrimaryKeyConstraint("call_id", name="pk_stale_searches"),
    )
    op.create_table(
        "searchable_calls",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("started_s", sa.BigInteger(), nullable=False),
        sa.Column("transcript_key", CODE, nullable=False),
        sa.Column("agent_id", CODE),
        sa.Column("team", CODE),
        sa.Column("queue", CODE),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_searchable_calls_call_id"),
        sa.PrimaryKeyConstraint("number", name="pk_searchable_calls"),
    )
    op.create_index("ix_searchable_calls_call_id", "searchable_calls", ["call_id"], unique=True)
    op.create_index("ix_searchable_calls_started_s", "searchable_calls", ["started_s", "number", "team", "queue"])
    op.create_index("ix_searchable_calls_agent_id", "searchable_calls", ["agent_id", "started_s", "number"])
    if op.get_bind().dialect.name == "sqlite":
        # The words come folded and parted by blanks: this tokeniser takes them as they are.
        op.execute(
            "CREATE VIRTUAL TABLE turn_index USING fts5(agent, customer, others, role UNINDEXED, position UNINDEXED,"
            """ start_ms UNINDEXED, "text" UNINDEXED, tokenize = "ascii tokenchars '''_'")"""
        )
    else:
        op.execute(
            "CREATE TABLE turn_index (turn_id BIGINT CONSTRAINT pk_turn_index PRIMARY KEY, words TSVECTOR NOT NULL,"
            ' role TEXT NOT NULL, position INTEGER NOT NULL, start_ms INTEGER NOT NULL, "text" TEXT NOT NULL)'
        )
        op.execute("CREATE INDEX ix_turn_index_words ON turn_index USING gin (words)")
    op.execute("INSERT INTO stale_searches (call_id) SELECT call_id FROM current_scores")


def downgrade() -> None:
    """Earmark only goes forward: an older database comes from a back-up."""
    raise NotImplementedError("go back by restoring a back-up")
