"""Files, recordings, step results, failures, scores and flags.

Written out in full and independent of `tables.py`: what a migration once did must not change with later code.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "recordings",
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("sha256", CODE, nullable=False),
        sa.Column("media_uri", CODE, nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("sample_rate_hz", sa.Integer(), nullable=False),
        sa.Column("channels", sa.Integer(), nullable=False),
        sa.Column("started_at", INSTANT),
        sa.Column("agent_id", CODE),
        sa.Column("team", CODE),
        sa.Column("queue", CODE),
        sa.Column("customer_ref", CODE),
        sa.Column("direction", CODE),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("defects", sa.Text(), nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("call_id", name="pk_recordings"),
    )
    op.create_index("ix_recordings_started_at", "recordings", ["started_at"])
    op.create_index("ix_recordings_agent_id", "recordings", ["agent_id"])
    op.create_index("ix_recordings_team", "recordings", ["team"])

    op.create_table(
        "files",
        sa.Column("media_uri", CODE, nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("modified_ns", sa.BigInteger(), nullable=False),
        sa.Column("file_id", CODE, nullable=False),
        sa.Column("call_id", CODE),
        sa.Column("defects", sa.Text(), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("media_uri", name="pk_files"),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_files_call_id"),
    )
    op.create_index("ix_files_call_id", "files", ["call_id"])

    op.create_table(
        "steps",
        sa.Column("key", CODE, nullable=False),
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("step", CODE, nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_steps"),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_steps_call_id"),
    )
    op.create_index("ix_steps_call_id_step", "steps", ["call_id", "step"])

    op.create_table(
        "failures",
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("step", CODE, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("failed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("call_id", name="pk_failures"),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_failures_call_id"),
    )

    op.create_table(
        "scores",
        sa.Column("score_id", CODE, nullable=False),
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("facts_key", CODE, nullable=False),
        sa.Column("rubric_id", CODE, nullable=False),
        sa.Column("rubric_version", sa.Integer(), nullable=False),
        sa.Column("rubric_fingerprint", CODE, nullable=False),
        sa.Column("pass_share", sa.Double(), nullable=False),
        sa.Column("share", sa.Double()),
        sa.Column("raw_share", sa.Double()),
        sa.Column("critical_share", sa.Double()),
        sa.Column("assessed_share", sa.Double()),
        sa.Column("passed", sa.Boolean()),
        sa.Column("auto_failed", sa.Boolean(), nullable=False),
        sa.Column("critical_error", sa.Boolean(), nullable=False),
        sa.Column("customer_sentiment", sa.Double()),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("score_id", name="pk_scores"),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_scores_call_id"),
    )
    op.create_index("ix_scores_call_id", "scores", ["call_id"])

    op.create_table(
        "criterion_results",
        sa.Column("score_id", CODE, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("criterion_id", CODE, nullable=False),
        sa.Column("section_id", CODE, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("status", CODE, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("points_possible", sa.Double(), nullable=False),
        sa.Column("points_earned", sa.Double()),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("critical", sa.Boolean(), nullable=False),
        sa.Column("auto_fail", sa.Boolean(), nullable=False),
        sa.Column("confidence", sa.Double()),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("searched", sa.Text()),
        sa.Column("nearest_miss", sa.Text()),
        sa.Column("rule_ids", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("score_id", "position", name="pk_criterion_results"),
        sa.ForeignKeyConstraint(["score_id"], ["scores.score_id"], name="fk_criterion_results_score_id"),
    )

    op.create_table(
        "current_scores",
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("score_id", CODE, nullable=False),
        sa.PrimaryKeyConstraint("call_id", name="pk_current_scores"),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_current_scores_call_id"),
        sa.ForeignKeyConstraint(["score_id"], ["scores.score_id"], name="fk_current_scores_score_id"),
    )
    op.create_index("ix_current_scores_score_id", "current_scores", ["score_id"])

    op.create_table(
        "flags",
        sa.Column("flag_id", CODE, nullable=False),
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("score_id", CODE, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", CODE, nullable=False),
        sa.Column("severity", CODE, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("criterion_id", CODE),
        sa.Column("rule_id", CODE),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("state", CODE, nullable=False),
        sa.Column("raised_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("flag_id", name="pk_flags"),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_flags_call_id"),
        sa.ForeignKeyConstraint(["score_id"], ["scores.score_id"], name="fk_flags_score_id"),
    )
    op.create_index("ix_flags_score_id", "flags", ["score_id"])


def downgrade() -> None:
    """Earmark only goes forward: an older database comes from a back-up."""
    raise NotImplementedError("go back by restoring a back-up")
