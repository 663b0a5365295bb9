"""Which digest went to whom, so that none goes twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHEN = sa.DateTime(timezone=True)

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing has been sent yet."""
    op.create_table(
        "sent_digests",
        sa.Column("team", CODE, nullable=False),
        sa.Column("label", CODE, nullable=False),
        sa.Column("receiver", CODE, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("begun_at", WHEN, nullable=False),
        sa.Column("sent_at", WHEN),
        sa.PrimaryKeyConstraint("team", "label", "receiver", name="pk_sent_digests"),
    )
    op.create_index("ix_sent_digests_sent_at", "sent_digests", ["sent_at"])


def downgrade() -> None:
    """Earmark only goes forward: an older database comes from a back-up."""
    raise NotImplementedError("go back by restoring a back-up")
