"""How often a call that failed was tried."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What failed before was tried at least once."""
    op.add_column("failures", sa.Column("tries", sa.Integer, nullable=False, server_default="1"))


def downgrade() -> None:
    """Earmark only goes forward: an older database comes from a back-up."""
    raise NotImplementedError("go back by restoring a back-up")
