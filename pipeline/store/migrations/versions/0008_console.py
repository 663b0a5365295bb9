"""The console: people and what they keep there, overviews of calls, coaching, uploads, webhooks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables; every call that is there wants an overview."""
    op.create_table(
        "coaching_sessions",
        sa.Column("session_id", CODE, nullable=False),
        sa.Column("agent_id", CODE, nullable=False),
        sa.Column("questions", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("held_by", CODE, nullable=False),
        sa.Column("held_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_coaching_sessions"),
    )
    op.create_index("ix_coaching_sessions_agent_id", "coaching_sessions", ["agent_id"])
    op.create_table(
        "failed_sign_ins",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", CODE, nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_failed_sign_ins"),
    )
    op.create_index("ix_failed_sign_ins_key_at", "failed_sign_ins", ["key", "at"])
    op.create_table(
        "stale_overviews",
        sa.Column("call_id", CODE, nullable=False),
        sa.PrimaryKeyConstraint("call_id", name="pk_stale_overviews"),
    )
    op.create_table(
        "uploads",
        sa.Column("upload_id", CODE, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_uri", CODE, nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("state", CODE, nullable=False),
        sa.Column("call_id", CODE),
        sa.Column("reason", sa.Text()),
        sa.Column("uploaded_by", CODE, nullable=False),
        sa.Column("uploaded_at", WHEN, nullable=False),
        sa.Column("changed_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("upload_id", name="pk_uploads"),
    )
    op.create_table(
        "users",
        sa.Column("user_id", CODE, nullable=False),
        sa.Column("name", CODE, nullable=False),
        sa.Column("folded_name", CODE, nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("role", CODE, nullable=False),
        sa.Column("teams", sa.Text(), nullable=False),
        sa.Column("agent_id", CODE),
        sa.Column("hears_unredacted", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("subject", CODE),
        sa.Column("password_hash", sa.Text()),
        sa.Column("created_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_users"),
    )
    op.create_index("ix_users_folded_name", "users", ["folded_name"], unique=True)
    op.create_index("ix_users_subject", "users", ["subject"], unique=True)
    op.create_table(
        "webhooks",
        sa.Column("webhook_id", CODE, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_by", CODE, nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("webhook_id", name="pk_webhooks"),
    )
    op.create_table(
        "api_tokens",
        sa.Column("token_id", CODE, nullable=False),
        sa.Column("token_hash", CODE, nullable=False),
        sa.Column("user_id", CODE, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("permissions", sa.Text(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("expires_at", WHEN),
        sa.Column("used_at", WHEN),
        sa.Column("revoked_at", WHEN),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name="fk_api_tokens_user_id"),
        sa.PrimaryKeyConstraint("token_id", name="pk_api_tokens"),
    )
    op.create_index("ix_api_tokens_token_hash", "api_tokens", ["token_hash"], unique=True)
    op.create_index("ix_api_tokens_user_id", "api_tokens", ["user_id"])
    op.create_table(
        "assignments",
        sa.Column("assignment_id", CODE, nullable=False),
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("assigned_to", CODE),
        sa.Column("assigned_by", CODE, nullable=False),
        sa.Column("assigned_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_assignments_call_id"),
        sa.PrimaryKeyConstraint("assignment_id", name="pk_assignments"),
    )
    op.create_index("ix_assignments_call_id", "assignments", ["call_id"])
    op.create_table(
        "call_overview_flags",
        sa.Column("code", CODE, nullable=False),
        sa.Column("call_id", CODE, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_call_overview_flags_call_id"),
        sa.PrimaryKeyConstraint("code", "call_id", name="pk_call_overview_flags"),
    )
    op.create_index("ix_call_overview_flags_call_id", "call_overview_flags", ["call_id"])
    op.create_table(
        "call_overviews",
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("started_at", WHEN),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("agent_id", CODE),
        sa.Column("team", CODE),
        sa.Column("queue", CODE),
        sa.Column("direction", CODE),
        sa.Column("state", CODE, nullable=False),
        sa.Column("score_id", CODE),
        sa.Column("rubric_id", CODE),
        sa.Column("machine_share", sa.Double()),
        sa.Column("share", sa.Double()),
        sa.Column("passed", sa.Boolean()),
        sa.Column("reviewed", sa.Boolean(), nullable=False),
        sa.Column("customer_sentiment", sa.Double()),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer()),
        sa.Column("waits", sa.Boolean(), nullable=False),
        sa.Column("place", sa.Integer()),
        sa.Column("waits_since", WHEN),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Integer(), nullable=False),
        sa.Column("reviewers", CODE),
        sa.Column("assigned_to", CODE),
        sa.Column("open_disputes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_call_overviews_call_id"),
        sa.PrimaryKeyConstraint("call_id", name="pk_call_overviews"),
    )
    op.create_index("ix_call_overviews_agent_id", "call_overviews", ["agent_id", "started_at"])
    op.create_index("ix_call_overviews_share", "call_overviews", ["share", "call_id"])
    op.create_index("ix_call_overviews_started_at", "call_overviews", ["started_at", "call_id"])
    op.create_index("ix_call_overviews_team", "call_overviews", ["team", "started_at"])
    op.create_index("ix_call_overviews_waiting", "call_overviews", ["waits", "place", "started_at", "call_id"])
    op.create_table(
        "coaching_acknowledgements",
        sa.Column("session_id", CODE, nullable=False),
        sa.Column("acknowledged_by", CODE, nullable=False),
        sa.Column("acknowledged_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["coaching_sessions.session_id"], name="fk_coaching_acknowledgements_session_id"
        ),
        sa.PrimaryKeyConstraint("session_id", name="pk_coaching_acknowledgements"),
    )
    op.create_table(
        "coaching_items",
        sa.Column("item_id", CODE, nullable=False),
        sa.Column("agent_id", CODE, nullable=False),
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("criterion_id", CODE),
        sa.Column("start_ms", sa.Integer()),
        sa.Column("end_ms", sa.Integer()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("sent_by", CODE, nullable=False),
        sa.Column("sent_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_coaching_items_call_id"),
        sa.PrimaryKeyConstraint("item_id", name="pk_coaching_items"),
    )
    op.create_index("ix_coaching_items_agent_id", "coaching_items", ["agent_id"])
    op.create_table(
        "coaching_session_items",
        sa.Column("item_id", CODE, nullable=False),
        sa.Column("session_id", CODE, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["coaching_items.item_id"], name="fk_coaching_session_items_item_id"),
        sa.ForeignKeyConstraint(
            ["session_id"], ["coaching_sessions.session_id"], name="fk_coaching_session_items_session_id"
        ),
        sa.PrimaryKeyConstraint("item_id", name="pk_coaching_session_items"),
    )
    op.create_index("ix_coaching_session_items_session_id", "coaching_session_items", ["session_id"])
    op.create_table(
        "comments",
        sa.Column("comment_id", CODE, nullable=False),
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("criterion_id", CODE),
        sa.Column("at_ms", sa.Integer()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by", CODE, nullable=False),
        sa.Column("written_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_comments_call_id"),
        sa.PrimaryKeyConstraint("comment_id", name="pk_comments"),
    )
    op.create_index("ix_comments_call_id", "comments", ["call_id"])
    op.create_table(
        "saved_views",
        sa.Column("view_id", CODE, nullable=False),
        sa.Column("user_id", CODE, nullable=False),
        sa.Column("page", CODE, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name="fk_saved_views_user_id"),
        sa.PrimaryKeyConstraint("view_id", name="pk_saved_views"),
    )
    op.create_index("ix_saved_views_user_id", "saved_views", ["user_id"])
    op.create_table(
        "web_sessions",
        sa.Column("token_hash", CODE, nullable=False),
        sa.Column("user_id", CODE, nullable=False),
        sa.Column("form_token", CODE, nullable=False),
        sa.Column("started_at", WHEN, nullable=False),
        sa.Column("seen_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name="fk_web_sessions_user_id"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_web_sessions"),
    )
    op.create_index("ix_web_sessions_user_id", "web_sessions", ["user_id"])
    op.create_table(
        "webhook_deliveries",
        sa.Column("delivery_id", CODE, nullable=False),
        sa.Column("webhook_id", CODE, nullable=False),
        sa.Column("event", CODE, nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", CODE, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", WHEN, nullable=False),
        sa.Column("answer", sa.Text()),
        sa.Column("made_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.webhook_id"], name="fk_webhook_deliveries_webhook_id"),
        sa.PrimaryKeyConstraint("delivery_id", name="pk_webhook_deliveries"),
    )
    op.create_index("ix_webhook_deliveries_state_next_at", "webhook_deliveries", ["state", "next_at"])
    op.create_index("ix_webhook_deliveries_webhook_id", "webhook_deliveries", ["webhook_id"])

    op.create_index("ix_scores_made_at", "scores", ["made_at"])
    op.create_index("ix_flags_raised_at_flag_id", "flags", ["raised_at", "flag_id"])
    op.create_index("ix_audit_log_actor_sequence", "audit_log", ["actor", "sequence"])
    op.create_index("ix_audit_log_action_sequence", "audit_log", ["action", "sequence"])
    op.execute("INSERT INTO stale_overviews (call_id) SELECT call_id FROM recordings")


def downgrade() -> None:
    """Earmark only goes forward: an older database comes from a back-up."""
    raise NotImplementedError("go back by restoring a back-up")
