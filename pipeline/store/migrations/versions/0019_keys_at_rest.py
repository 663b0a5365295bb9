"""By which keys something is sealed, so that a missing one is noticed when the database is opened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing has been sealed yet."""
    op.create_table(
        "at_rest_keys",
        sa.Column("key_id", CODE, nullable=False),
        sa.PrimaryKeyConstraint("key_id", name="pk_at_rest_keys"),
    )


def downgrade() -> None:
    """Earmark only goes forward: an older database comes from a back-up."""
    raise NotImplementedError("go back by restoring a back-up")
