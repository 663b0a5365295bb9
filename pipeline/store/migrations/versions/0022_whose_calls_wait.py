"""How many calls wait for somebody, and how many gravely, without reading all that wait."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Few calls are given to somebody or drawn for somebody: indexes of those alone stay small."""
    op.create_index("ix_call_overviews_severity", "call_overviews", ["waits", "severity"])
    for column in ("assigned_to", "reviewers"):
        named = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            f"ix_call_overviews_{column}", "call_overviews", [column], sqlite_where=named, postgresql_where=named
        )


def downgrade() -> None:
    """Earmark only goes forward: an older database comes from a back-up."""
    raise NotImplementedError("go back by restoring a back-up")
