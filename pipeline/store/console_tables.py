"""Tables of the console: people, what they keep there, and what is derived so that pages need not count.

`tables.py` says how columns are made; `docs/store.md` says in words what is kept where.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Index, Integer, Table, Text, false, text

from pipeline.store.sealed import SealedText
from pipeline.store.tables import WHEN, Code, Json, UtcDateTime, metadata

__all__ = ["metadata"]  # whoever needs all tables takes it from here

users = Table(
    "users",
    metadata,
    Column("user_id", Code, primary_key=True),
    Column("name", Code, nullable=False),
    Column("folded_name", Code, nullable=False),  # two spellings of one name are one person
    Column("display_name", Text, nullable=False),
    Column("role", Code, nullable=False),
    Column("teams", Json, nullable=False),
    Column("agent_id", Code),
    Column("hears_unredacted", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("subject", Code),
    Column("password_hash", Text),  # NULL: signs in elsewhere
    Column("temporary_password", Boolean, nullable=False, server_default=false()),
    Column("created_at", UtcDateTime, nullable=False, info=WHEN),
    Index("ix_users_folded_name", "folded_name", unique=True),
    Index("ix_users_subject", "subject", unique=True),
)

web_sessions = Table(
    "web_sessions",
    metadata,
    Column("token_hash", Code, primary_key=True),  # SHA-256: who reads the database cannot sign in with it
    Column("user_id", Code, ForeignKey("users.user_id"), nullable=False, index=True),
    Column("form_token", Code, nullable=False),
    Column("started_at", UtcDateTime, nullable=False, info=WHEN),
    Column("seen_at", UtcDateTime, nullable=False, info=WHEN),
)

failed_sign_ins = Table(
    "failed_sign_ins",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("key", Code, nullable=False),  # hash of the name or of the address
    Column("at", UtcDateTime, nullable=False, info=WHEN),
    Index(None, "key", "at"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("token_id", Code, primary_key=True),
    Column("token_hash", Code, nullable=False),
    Column("user_id", Code, ForeignKey("users.user_id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("permissions", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, info=WHEN),
    Column("expires_at", UtcDateTime),
    Column("used_at", UtcDateTime, info=WHEN),
    Column("revoked_at", UtcDateTime, info=WHEN),
    Index("ix_api_tokens_token_hash", "token_hash", unique=True),
)

saved_views = Table(
    "saved_views",
    metadata,
    Column("view_id", Code, primary_key=True),
    Column("user_id", Code, ForeignKey("users.user_id"), nullable=False, index=True),
    Column("page", Code, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),  # as it stands in the address, without "?"
    Column("created_at", UtcDateTime, nullable=False, info=WHEN),
)


def _index_of_known(column: str) -> Index:
    """Return an index of a column of overviews that is seldom filled: of the rows where it is."""
    known = text(f"{column} IS NOT NULL")
    return Index(f"ix_call_overviews_{column}", column, sqlite_where=known, postgresql_where=known)


INDEXES_OF_POSTGRESQL = frozenset({"ix_call_overviews_newest", "ix_call_overviews_best"})
"""Of overviews from the highest value down, what is unknown last: migration 0023. SQLite does without, and its metadata
could not be compared with them."""


# One row per call: what lists and filters need. Derived; made again by `pipeline.reviewing.overviews`.
call_overviews = Table(
    "call_overviews",
    metadata,
    Column("call_id", Code, ForeignKey("recordings.call_id"), primary_key=True),
    Column("started_at", UtcDateTime),
    Column("duration_ms", Integer, nullable=False),
    Column("agent_id", Code),
    Column("team", Code),
    Column("queue", Code),
    Column("direction", Code),
    Column("state", Code, nullable=False),  # scored, pending, failed
    Column("score_id", Code),
    Column("rubric_id", Code),
    Column("machine_share", Double),
    Column("share", Double),  # with people's answers
    Column("passed", Boolean),
    Column("reviewed", Boolean, nullable=False),
    Column("customer_sentiment", Double),
    Column("flags", Json, nullable=False),  # codes of open ones, in their order
    Column("severity", Integer),  # of the gravest open flag: 0 critical, 1 major, 2 minor
    Column("waits", Boolean, nullable=False),
    Column("place", Integer),  # how grave the first reason is; lower comes first. NULL: does not wait
    Column("waits_since", UtcDateTime, info=WHEN),
    Column("reasons", Json, nullable=False),  # why it waits: kind, subject, severity and so on; no words of the call
    Column("kinds", Integer, nullable=False),  # of reasons, added up: 1 flagged, 2 unanswered, 4 sampled
    Column("reviewers", Code),  # for whom it was drawn, folded, each between line breaks; NULL: for anybody
    Column("assigned_to", Code),
    Column("open_disputes", Integer, nullable=False),
    Index("ix_call_overviews_waiting", "waits", "place", "started_at", "call_id"),
    Index("ix_call_overviews_started_at", "started_at", "call_id"),
    Index("ix_call_overviews_agent_id", "agent_id", "started_at"),
    Index("ix_call_overviews_team", "team", "started_at"),
    Index("ix_call_overviews_share", "share", "call_id"),
    Index("ix_call_overviews_severity", "waits", "severity"),
    _index_of_known("assigned_to"),
    _index_of_known("reviewers"),
)

call_overview_flags = Table(
    "call_overview_flags",
    metadata,
    Column("code", Code, primary_key=True),
    Column("call_id", Code, ForeignKey("recordings.call_id"), primary_key=True),
    Index(None, "call_id"),
)

stale_overviews = Table(
    "stale_overviews",
    metadata,
    Column("call_id", Code, primary_key=True),
)

assignments = Table(
    "assignments",
    metadata,
    Column("assignment_id", Code, primary_key=True),
    Column("call_id", Code, ForeignKey("recordings.call_id"), nullable=False, index=True),
    Column("assigned_to", Code),  # name; NULL: to nobody any more
    Column("assigned_by", Code, nullable=False),
    Column("assigned_at", UtcDateTime, nullable=False, info=WHEN),
)

comments = Table(
    "comments",
    metadata,
    Column("comment_id", Code, primary_key=True),
    Column("call_id", Code, ForeignKey("recordings.call_id"), nullable=False, index=True),
    Column("criterion_id", Code),
    Column("at_ms", Integer),  # of the recording
    Column("text", SealedText("comments.text"), nullable=False),
    Column("written_by", Code, nullable=False),
    Column("written_at", UtcDateTime, nullable=False, info=WHEN),
)

coaching_items = Table(
    "coaching_items",
    metadata,
    Column("item_id", Code, primary_key=True),
    Column("agent_id", Code, nullable=False, index=True),
    Column("call_id", Code, ForeignKey("recordings.call_id"), nullable=False, index=True),
    Column("criterion_id", Code),
    Column("start_ms", Integer),
    Column("end_ms", Integer),
    Column("note", SealedText("coaching_items.note"), nullable=False),
    Column("sent_by", Code, nullable=False),
    Column("sent_at", UtcDateTime, nullable=False, info=WHEN),
)

coaching_sessions = Table(
    "coaching_sessions",
    metadata,
    Column("session_id", Code, primary_key=True),
    Column("agent_id", Code, nullable=False, index=True),
    Column("questions", Json, nullable=False),  # what it was about: rubric and criterion
    Column("notes", SealedText("coaching_sessions.notes"), nullable=False),
    Column("action", SealedText("coaching_sessions.action"), nullable=False),
    Column("held_by", Code, nullable=False),
    Column("held_at", UtcDateTime, nullable=False, info=WHEN),
    Column("team", Code),  # of the agent's calls that it was about: only who sees this team's calls reads it
)

# An item is in one session at most: what is in none is open.
coaching_session_items = Table(
    "coaching_session_items",
    metadata,
    Column("item_id", Code, ForeignKey("coaching_items.item_id"), primary_key=True),
    Column("session_id", Code, ForeignKey("coaching_sessions.session_id"), nullable=False, index=True),
)

# An item that was sent by mistake: nothing is deleted, it is only left out of lists.
coaching_withdrawals = Table(
    "coaching_withdrawals",
    metadata,
    Column("item_id", Code, ForeignKey("coaching_items.item_id"), primary_key=True),
    Column("withdrawn_by", Code, nullable=False),
    Column("withdrawn_at", UtcDateTime, nullable=False, info=WHEN),
)

coaching_acknowledgements = Table(
    "coaching_acknowledgements",
    metadata,
    Column("session_id", Code, ForeignKey("coaching_sessions.session_id"), primary_key=True),
    Column("acknowledged_by", Code, nullable=False),
    Column("acknowledged_at", UtcDateTime, nullable=False, info=WHEN),
)

uploads = Table(
    "uploads",
    metadata,
    Column("upload_id", Code, primary_key=True),
    Column("name", Text, nullable=False),  # as the browser told it; shown, never used as a path
    Column("media_uri", Code, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("state", Code, nullable=False),  # waiting, working, done, failed
    Column("call_id", Code),
    Column("reason", Text),
    Column("uploaded_by", Code, nullable=False),
    Column("uploaded_at", UtcDateTime, nullable=False, info=WHEN),
    Column("changed_at", UtcDateTime, nullable=False, info=WHEN),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("webhook_id", Code, primary_key=True),
    Column("url", Text, nullable=False),
    Column(
        "secret", SealedText("webhooks.secret"), nullable=False
    ),  # what deliveries are signed with; shown once, when it is made
    Column("events", Json, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_by", Code, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, info=WHEN),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("delivery_id", Code, primary_key=True),
    Column("webhook_id", Code, ForeignKey("webhooks.webhook_id"), nullable=False, index=True),
    Column("event", Code, nullable=False),
    Column("payload", Json, nullable=False),
    Column("state", Code, nullable=False),  # waiting, delivered, given_up
    Column("attempts", Integer, nullable=False),
    Column("next_at", UtcDateTime, nullable=False, info=WHEN),
    Column("answer", Text),  # status or fault of the last attempt
    Column("made_at", UtcDateTime, nullable=False, info=WHEN),
    Index(None, "state", "next_at"),
)

# Which calls can be searched. Their turns are in `turn_index`, in the form of each database (search_index.py).
searchable_calls = Table(
    "searchable_calls",
    metadata,
    Column("number", Integer, primary_key=True),  # a turn's key in turn_index is made of it
    Column("call_id", Code, ForeignKey("recordings.call_id"), nullable=False),
    Column("started_s", BigInteger, nullable=False),  # since 1970; 0: unknown, which comes last
    Column("transcript_key", Code, nullable=False),
    # as in recordings, where a search looks again before it shows a call
    Column("agent_id", Code),
    Column("team", Code),
    Column("queue", Code),
    Index("ix_searchable_calls_call_id", "call_id", unique=True),
    Index("ix_searchable_calls_started_s", "started_s", "number", "team", "queue"),
    Index("ix_searchable_calls_agent_id", "agent_id", "started_s", "number"),
)

stale_searches = Table(
    "stale_searches",
    metadata,
    Column("call_id", Code, primary_key=True),
)
