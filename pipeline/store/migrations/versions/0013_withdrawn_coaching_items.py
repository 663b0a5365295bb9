"""Coaching items that their sender took back."""

import sqlalchemy as sa
from alembic import op

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No item was taken back before."""
    op.create_table(
        "coaching_withdrawals",
        sa.Column("item_id", CODE, nullable=False),
        sa.Column("withdrawn_by", CODE, nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["coaching_items.item_id"], name="fk_coaching_withdrawals_item_id"),
        sa.PrimaryKeyConstraint("item_id", name="pk_coaching_withdrawals"),
    )


def downgrade() -> None:
    """Earmark only goes forward: an older database comes from a back-up."""
    raise NotImplementedError("go back by restoring a back-up")
