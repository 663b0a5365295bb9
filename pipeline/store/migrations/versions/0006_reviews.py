"""What people say about scores: reviews, disputes, acknowledgements, calibration sessions, samples, closed flags."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "calibration_sessions",
        sa.Column("session_id", CODE, nullable=False),
        sa.Column("rubric_id", CODE, nullable=False),
        sa.Column("calls", sa.Text(), nullable=False),
        sa.Column("reviewers", sa.Text(), nullable=False),
        sa.Column("expert", CODE, nullable=False),
        sa.Column("started_by", CODE, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_calibration_sessions"),
    )
    op.create_table(
        "session_closings",
        sa.Column("session_id", CODE, nullable=False),
        sa.Column("closed_by", CODE, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_session_closings"),
        sa.ForeignKeyConstraint(
            ["session_id"], ["calibration_sessions.session_id"], name="fk_session_closings_session_id"
        ),
    )
    op.create_table(
        "reviews",
        sa.Column("review_id", CODE, nullable=False),
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("score_id", CODE, nullable=False),
        sa.Column("criterion_id", CODE, nullable=False),
        sa.Column("asked", CODE, nullable=False),
        sa.Column("status", CODE, nullable=False),
        sa.Column("share", sa.Double()),
        sa.Column("answer", sa.Text()),
        sa.Column("machine_status", CODE),
        sa.Column("machine_confidence", sa.Double()),
        sa.Column("reviewer", CODE, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("session_id", CODE),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("review_id", name="pk_reviews"),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_reviews_call_id"),
        sa.ForeignKeyConstraint(["score_id"], ["scores.score_id"], name="fk_reviews_score_id"),
        sa.ForeignKeyConstraint(["session_id"], ["calibration_sessions.session_id"], name="fk_reviews_session_id"),
    )
    op.create_index("ix_reviews_call_id", "reviews", ["call_id"])
    op.create_index("ix_reviews_made_at", "reviews", ["made_at"])
    op.create_index("ix_reviews_session_id", "reviews", ["session_id"])
    op.create_table(
        "acknowledgements",
        sa.Column("acknowledgement_id", CODE, nullable=False),
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("score_id", CODE, nullable=False),
        sa.Column("state", CODE, nullable=False),
        sa.Column("acknowledged_by", CODE, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("acknowledgement_id", name="pk_acknowledgements"),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_acknowledgements_call_id"),
        sa.ForeignKeyConstraint(["score_id"], ["scores.score_id"], name="fk_acknowledgements_score_id"),
    )
    op.create_index("ix_acknowledgements_call_id", "acknowledgements", ["call_id"])
    op.create_table(
        "disputes",
        sa.Column("dispute_id", CODE, nullable=False),
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("score_id", CODE, nullable=False),
        sa.Column("criterion_id", CODE, nullable=False),
        sa.Column("asked", CODE, nullable=False),
        sa.Column("opened_by", CODE, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("dispute_id", name="pk_disputes"),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_disputes_call_id"),
        sa.ForeignKeyConstraint(["score_id"], ["scores.score_id"], name="fk_disputes_score_id"),
    )
    op.create_index("ix_disputes_call_id", "disputes", ["call_id"])
    op.create_index("ix_disputes_score_id", "disputes", ["score_id"])
    op.create_table(
        "dispute_rulings",
        sa.Column("dispute_id", CODE, nullable=False),
        sa.Column("outcome", CODE, nullable=False),
        sa.Column("ruled_by", CODE, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("review_id", CODE),
        sa.Column("ruled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("dispute_id", name="pk_dispute_rulings"),
        sa.ForeignKeyConstraint(["dispute_id"], ["disputes.dispute_id"], name="fk_dispute_rulings_dispute_id"),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.review_id"], name="fk_dispute_rulings_review_id"),
    )
    op.create_table(
        "sampled_calls",
        sa.Column("policy", CODE, nullable=False),
        sa.Column("period", CODE, nullable=False),
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("score_id", CODE, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("reviewer", CODE),
        sa.Column("agent_id", CODE),
        sa.Column("sampled_by", CODE, nullable=False),
        sa.Column("sampled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("policy", "period", "call_id", name="pk_sampled_calls"),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_sampled_calls_call_id"),
        sa.ForeignKeyConstraint(["score_id"], ["scores.score_id"], name="fk_sampled_calls_score_id"),
    )
    op.create_index("ix_sampled_calls_call_id", "sampled_calls", ["call_id"])
    op.create_table(
        "queue_closings",
        sa.Column("closing_id", CODE, nullable=False),
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("closed_by", CODE, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("closing_id", name="pk_queue_closings"),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_queue_closings_call_id"),
    )
    op.create_index("ix_queue_closings_call_id", "queue_closings", ["call_id"])
    op.create_table(
        "flag_changes",
        sa.Column("change_id", CODE, nullable=False),
        sa.Column("flag_id", CODE, nullable=False),
        sa.Column("state", CODE, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_by", CODE, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("change_id", name="pk_flag_changes"),
        sa.ForeignKeyConstraint(["flag_id"], ["flags.flag_id"], name="fk_flag_changes_flag_id"),
    )
    op.create_index("ix_flag_changes_flag_id", "flag_changes", ["flag_id"])


def downgrade() -> None:
    """Earmark only goes forward: an older database comes from a back-up."""
    raise NotImplementedError("go back by restoring a back-up")
