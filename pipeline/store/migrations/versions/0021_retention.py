"""Retention: legal holds, records of deletion, and indexes by which a call's rows are found without a search."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHEN = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_INDEXED = (
    ("flags", "call_id"),
    ("reviews", "score_id"),
    ("acknowledgements", "score_id"),
    ("sampled_calls", "score_id"),
    ("coaching_items", "call_id"),
)


def upgrade() -> None:
    """Nothing is held, and nothing was deleted yet."""
    op.create_table(
        "legal_holds",
        sa.Column("hold_id", CODE, nullable=False),
        sa.Column("call_id", CODE),
        sa.Column("customer_ref", CODE),
        sa.Column("agent_id", CODE),
        sa.Column("queue", CODE),
        sa.Column("since", WHEN),
        sa.Column("before", WHEN),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("placed_by", CODE, nullable=False),
        sa.Column("placed_at", WHEN, nullable=False),
        sa.Column("lifted_by", CODE),
        sa.Column("lifted_reason", sa.Text),
        sa.Column("lifted_at", WHEN),
        sa.PrimaryKeyConstraint("hold_id", name="pk_legal_holds"),
    )
    op.create_table(
        "deletion_keys",
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("key", CODE, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_deletion_keys"),
    )
    op.create_table(
        "deletion_records",
        sa.Column("record_id", CODE, nullable=False),
        sa.Column("occasion", CODE, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("made_by", CODE, nullable=False),
        sa.Column("begun_at", WHEN, nullable=False),
        sa.Column("rows", sa.Text, nullable=False),
        sa.Column("held", sa.Integer, nullable=False),
        sa.Column("handed_out", sa.Integer, nullable=False),
        sa.Column("finished_at", WHEN),
        sa.Column("document", sa.Text),
        sa.Column("signature", sa.Text),
        sa.PrimaryKeyConstraint("record_id", name="pk_deletion_records"),
    )
    op.create_index("ix_deletion_records_finished_at", "deletion_records", ["finished_at"])
    of_record = ["deletion_records.record_id"]
    op.create_table(
        "deleted_calls",
        sa.Column("call_hash", CODE, nullable=False),
        sa.Column("what", CODE, nullable=False),
        sa.Column("record_id", CODE, nullable=False),
        sa.Column("policy", CODE),
        sa.Column("deleted_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["record_id"], of_record, name="fk_deleted_calls_record_id"),
        sa.PrimaryKeyConstraint("call_hash", "what", name="pk_deleted_calls"),
    )
    op.create_index("ix_deleted_calls_record_id", "deleted_calls", ["record_id"])
    op.create_table(
        "deletion_files",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("record_id", CODE, nullable=False),
        sa.Column("path", CODE, nullable=False),
        sa.Column("kind", CODE, nullable=False),
        sa.Column("size_bytes", sa.BigInteger),
        sa.Column("modified_ns", sa.BigInteger),
        sa.Column("became", CODE),
        sa.ForeignKeyConstraint(["record_id"], of_record, name="fk_deletion_files_record_id"),
        sa.PrimaryKeyConstraint("number", name="pk_deletion_files"),
    )
    op.create_index("ix_deletion_files_record_id_became", "deletion_files", ["record_id", "became"])
    op.create_table(
        "deleted_media",
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("deleted_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_deleted_media_call_id"),
        sa.PrimaryKeyConstraint("call_id", name="pk_deleted_media"),
    )
    for table, column in _INDEXED:
        op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    """Earmark only goes forward: an older database comes from a back-up."""
    raise NotImplementedError("go back by restoring a back-up")
