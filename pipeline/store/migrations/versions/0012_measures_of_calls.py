"""What conversations measure, as columns: scorecards read it of all calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table; the refresh of overviews fills it, and `earmark scorecards` what that has not filled."""
    op.create_table(
        "call_measures",
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("facts_key", CODE, nullable=False),
        sa.Column("duration_ms", sa.Integer()),
        sa.Column("agent_talk_share", sa.Double()),
        sa.Column("agent_words_per_minute", sa.Double()),
        sa.Column("agent_longest_monologue_ms", sa.Integer()),
        sa.Column("agent_response_time_ms", sa.Integer()),
        sa.Column("agent_interruptions", sa.Integer()),
        sa.Column("overtalk_ms", sa.Integer()),
        sa.Column("dead_air_ms", sa.Integer()),
        sa.Column("hold_ms", sa.Integer()),
        sa.Column("customer_sentiment", sa.Double()),
        sa.Column("customer_sentiment_change", sa.Double()),
        sa.Column("agent_sentiment", sa.Double()),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_call_measures_call_id"),
        sa.PrimaryKeyConstraint("call_id", name="pk_call_measures"),
    )
    op.execute(
        "INSERT INTO stale_overviews (call_id) SELECT call_id FROM current_scores "
        "WHERE call_id NOT IN (SELECT call_id FROM stale_overviews)"
    )


def downgrade() -> None:
    """Earmark only goes forward: an older database comes from a back-up."""
    raise NotImplementedError("go back by restoring a back-up")
