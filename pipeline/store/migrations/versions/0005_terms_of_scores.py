"""What makes a total of answers, and what is known about each answer beside its points.

Scores of earlier versions have nothing here: their totals were made by points, without bonus, caps and marks.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns; both databases do that without rewriting the tables."""
    op.add_column("scores", sa.Column("terms", sa.Text()))
    for name, kind in (
        ("raw_confidence", sa.Double()),
        ("answer", sa.Text()),
        ("leaning", CODE),
        ("leaning_share", sa.Double()),
        ("leaning_answer", sa.Text()),
        ("asked", CODE),
        ("kind", CODE),
        ("depends_on", sa.Text()),
        ("auto_fail_effect", CODE),
        ("auto_fail_cap", sa.Double()),
    ):
        op.add_column("criterion_results", sa.Column(name, kind))


def downgrade() -> None:
    """Earmark only goes forward: an older database comes from a back-up."""
    raise NotImplementedError("go back by restoring a back-up")
