"""Which calls wait for a worker, and which are with one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHEN = sa.DateTime(timezone=True)

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Calls that have neither a score nor a failure have waited since they were taken in."""
    op.create_table(
        "call_claims",
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("backfill", sa.Boolean, nullable=False),
        sa.Column("waiting_since", WHEN, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("claimed_by", CODE),
        sa.Column("claimed_at", WHEN),
        sa.Column("until", WHEN),
        sa.Column("begun_at", WHEN),
        sa.PrimaryKeyConstraint("call_id", name="pk_call_claims"),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_call_claims_call_id"),
    )
    op.create_index("ix_call_claims_claimed_by", "call_claims", ["claimed_by"])
    op.create_index("ix_call_claims_until", "call_claims", ["until"])
    op.create_index("ix_call_claims_backfill_waiting_since", "call_claims", ["backfill", "waiting_since"])
    op.execute(
        "INSERT INTO call_claims (call_id, backfill, waiting_since, attempts) "
        "SELECT call_id, false, added_at, 0 FROM recordings "
        "WHERE NOT EXISTS (SELECT 1 FROM current_scores WHERE current_scores.call_id = recordings.call_id) "
        "AND NOT EXISTS (SELECT 1 FROM failures WHERE failures.call_id = recordings.call_id)"
    )


def downgrade() -> None:
    """Earmark only goes forward: an older database comes from a back-up."""
    raise NotImplementedError("go back by restoring a back-up")
