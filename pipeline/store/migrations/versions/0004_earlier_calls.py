"""What calls tell to the rules about calls after them.

Of calls that were processed before nothing is known here: they are taken as not transcribed until they are run again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables, and the index by which a customer's calls are found in order of time."""
    op.create_index("ix_recordings_customer_ref_started_at", "recordings", ["customer_ref", "started_at"])
    op.create_table(
        "heard_calls",
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("customer_ref", CODE),
        sa.Column("reply_words", sa.Integer()),
        sa.Column("checks", CODE),
        sa.Column("judged", CODE),
        sa.PrimaryKeyConstraint("call_id", name="pk_heard_calls"),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_heard_calls_call_id"),
    )
    op.create_table(
        "heard_rules",
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("rule_id", CODE, nullable=False),
        sa.Column("kind", CODE, nullable=False),
        sa.PrimaryKeyConstraint("call_id", "rule_id", name="pk_heard_rules"),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_heard_rules_call_id"),
    )


def downgrade() -> None:
    """Earmark only goes forward: an older database comes from a back-up."""
    raise NotImplementedError("go back by restoring a back-up")
