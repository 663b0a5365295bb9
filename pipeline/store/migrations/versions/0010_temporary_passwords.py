"""Passwords that somebody else has set, and that their user has to change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take every password that there is for its user's own."""
    op.add_column("users", sa.Column("temporary_password", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """Earmark only goes forward: an older database comes from a back-up."""
    raise NotImplementedError("go back by restoring a back-up")
