"""Calls by when they were taken in: what waits longest, and what came in lately."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The column is there since the first version; it had no index."""
    op.create_index("ix_recordings_added_at", "recordings", ["added_at"])


def downgrade() -> None:
    """Earmark only goes forward: an older database comes from a back-up."""
    raise NotImplementedError("go back by restoring a back-up")
