"""What was measured in a file's sound, so that an unchanged file need not be decoded again.

Files that were taken in by an earlier version have nothing here: they are decoded once more.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; both databases do that without rewriting the table."""
    op.add_column("files", sa.Column("sound", sa.Text()))
    op.add_column("files", sa.Column("measured_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Earmark only goes forward: an older database comes from a back-up."""
    raise NotImplementedError("go back by restoring a back-up")
