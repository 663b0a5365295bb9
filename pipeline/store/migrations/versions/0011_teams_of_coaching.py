"""The team that a coaching session was about, which bounds who may read it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Leave earlier sessions without a team: they are for their agent and for who sees all teams."""
    op.add_column("coaching_sessions", sa.Column("team", CODE))


def downgrade() -> None:
    """Earmark only goes forward: an older database comes from a back-up."""
    raise NotImplementedError("go back by restoring a back-up")
