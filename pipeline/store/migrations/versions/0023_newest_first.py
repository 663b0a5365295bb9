"""The newest and the best calls first, without sorting all of them."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """PostgreSQL reads an index backwards for these orders only where unknown times and scores come first."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for order, column in (("newest", "started_at"), ("best", "share")):
        op.create_index(
            f"ix_call_overviews_{order}", "call_overviews", [sa.text(f"{column} DESC NULLS LAST"), "call_id"]
        )


def downgrade() -> None:
    """Earmark only goes forward: an older database comes from a back-up."""
    raise NotImplementedError("go back by restoring a back-up")
