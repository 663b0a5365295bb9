"""The tables. `docs/store.md` says in words what is kept where; `migrations/` makes them.

Ids, codes and paths sort by code point on both databases (PostgreSQL would sort them by the server's language), so that
a list has the same order everywhere and the beginning of an id can be looked up through the index. What may hold words
of calls is `SealedText`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)

from pipeline.store.sealed import SealedText


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: kept in UTC, handed back aware, on SQLite too, which has no zones. Refuses naive times."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Bring an aware time to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Make a stored time aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Code = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is compared, sorted and looked up by code point."""

Json = Text()
"""Canonical JSON as text: what was hashed is what is kept."""

WHEN = {"when": True}
"""Marks the columns that say when a row was written, which two equal runs do not share."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _call_id(**options: Any) -> Column[str]:
    return Column("call_id", Code, ForeignKey("recordings.call_id"), **options)


recordings = Table(
    "recordings",
    metadata,
    Column("call_id", Code, primary_key=True),
    Column("sha256", Code, nullable=False),
    Column("media_uri", Code, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("sample_rate_hz", Integer, nullable=False),
    Column("channels", Integer, nullable=False),
    Column("started_at", UtcDateTime),
    Column("agent_id", Code),
    Column("team", Code),
    Column("queue", Code),
    Column("customer_ref", Code),
    Column("direction", Code),
    Column("metadata", Json, nullable=False),
    Column("defects", Json, nullable=False),
    Column("added_at", UtcDateTime, nullable=False, info=WHEN),
    Index(None, "started_at"),
    Index(None, "agent_id"),
    Index(None, "team"),
    Index(None, "customer_ref", "started_at"),
    Index(None, "added_at"),
)

files = Table(
    "files",
    metadata,
    Column("media_uri", Code, primary_key=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("modified_ns", BigInteger, nullable=False),
    Column("file_id", Code, nullable=False),
    _call_id(index=True),  # NULL: the file was rejected
    Column("defects", Json, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False, info=WHEN),
    Column("sound", Json),  # NULL: the file was rejected, or taken in before this column was there
    Column("measured_at", UtcDateTime, info=WHEN),
)

steps = Table(
    "steps",
    metadata,
    Column("key", Code, primary_key=True),
    _call_id(nullable=False),
    Column("step", Code, nullable=False),
    Column("payload", SealedText("steps.payload"), nullable=False),
    Column("made_at", UtcDateTime, nullable=False, info=WHEN),
    Index(None, "call_id", "step"),
)

failures = Table(
    "failures",
    metadata,
    _call_id(primary_key=True),
    Column("step", Code, nullable=False),
    Column("reason", Text, nullable=False),
    Column("failed_at", UtcDateTime, nullable=False, info=WHEN),
    Column("tries", Integer, nullable=False, server_default="1", info=WHEN),  # hangs on what passed meanwhile
)

scores = Table(
    "scores",
    metadata,
    Column("score_id", Code, primary_key=True),
    _call_id(nullable=False, index=True),
    Column("facts_key", Code, nullable=False),
    Column("rubric_id", Code, nullable=False),
    Column("rubric_version", Integer, nullable=False),
    Column("rubric_fingerprint", Code, nullable=False),
    Column("pass_share", Double, nullable=False),
    # derived from the results when the score is written, for queries; a CallScore derives them anew
    Column("share", Double),
    Column("raw_share", Double),
    Column("critical_share", Double),
    Column("assessed_share", Double),
    Column("passed", Boolean),
    Column("auto_failed", Boolean, nullable=False),
    Column("critical_error", Boolean, nullable=False),
    Column("customer_sentiment", Double),
    Column("terms", Json),  # NULL: made by points, without bonus, caps and marks
    Column("made_at", UtcDateTime, nullable=False, index=True, info=WHEN),
)

criterion_results = Table(
    "criterion_results",
    metadata,
    Column("score_id", Code, ForeignKey("scores.score_id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("criterion_id", Code, nullable=False),
    Column("section_id", Code, nullable=False),
    Column("title", Text, nullable=False),
    Column("status", Code, nullable=False),
    Column("reason", SealedText("criterion_results.reason"), nullable=False),
    Column("points_possible", Double, nullable=False),
    Column("points_earned", Double),
    Column("weight", Double, nullable=False),
    Column("critical", Boolean, nullable=False),
    Column("auto_fail", Boolean, nullable=False),
    Column("confidence", Double),
    Column("evidence", SealedText("criterion_results.evidence"), nullable=False),
    Column("searched", Json),
    Column("nearest_miss", SealedText("criterion_results.nearest_miss")),
    Column("rule_ids", Json, nullable=False),
    # NULL in all of these: the score was made before the column was there
    Column("raw_confidence", Double),
    Column("answer", Text),
    Column("leaning", Code),
    Column("leaning_share", Double),
    Column("leaning_answer", Text),
    Column("asked", Code),
    Column("kind", Code),
    Column("depends_on", Json),
    Column("auto_fail_effect", Code),
    Column("auto_fail_cap", Double),
)

current_scores = Table(
    "current_scores",
    metadata,
    _call_id(primary_key=True),
    Column("score_id", Code, ForeignKey("scores.score_id"), nullable=False, index=True),
)

flags = Table(
    "flags",
    metadata,
    Column("flag_id", Code, primary_key=True),
    _call_id(nullable=False, index=True),
    Column("score_id", Code, ForeignKey("scores.score_id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("code", Code, nullable=False),
    Column("severity", Code, nullable=False),
    Column("reason", SealedText("flags.reason"), nullable=False),
    Column("criterion_id", Code),
    Column("rule_id", Code),
    Column("evidence", SealedText("flags.evidence"), nullable=False),
    Column("state", Code, nullable=False),
    Column("raised_at", UtcDateTime, nullable=False, info=WHEN),
    Index(None, "raised_at", "flag_id"),
)

rule_versions = Table(
    "rule_versions",
    metadata,
    Column("version_key", BigInteger, primary_key=True, autoincrement=False),
    Column("rule_id", Code, nullable=False, index=True),
    Column("rule_fingerprint", Code, nullable=False),
    Column("title", Text, nullable=False),
    Column("severity", Code, nullable=False),
    Column("expected", Code, nullable=False),
)

# Millions of small rows: on SQLite they lie in the order of their key, without a second copy of it.
findings = Table(
    "findings",
    metadata,
    _call_id(primary_key=True),
    Column("version_key", BigInteger, ForeignKey("rule_versions.version_key"), primary_key=True, autoincrement=False),
    Column("kind", Code, nullable=False),
    Column("probable", Boolean, nullable=False),
    Column("start_ms", Integer),  # of the first evidence
    Column("end_ms", Integer),
    Column("reason", Text),  # why it could not be assessed, without words of the call
    sqlite_with_rowid=False,
)

# What was hashed is kept to the letter, times included: another spelling of the same instant would be a change.
audit_log = Table(
    "audit_log",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Code, nullable=False, index=True, info=WHEN),
    Column("actor", Code, nullable=False),
    Column("action", Code, nullable=False),
    Column("subject_kind", Code, nullable=False),
    Column("subject_id", Code, nullable=False),
    Column("details", Json, nullable=False),
    Column("previous_hash", Code, nullable=False, info=WHEN),
    Column("hash", Code, nullable=False, info=WHEN),
    Index(None, "subject_id"),
    Index(None, "actor", "sequence"),
    Index(None, "action", "sequence"),
)

# what a call tells to the rules about calls after it, and what those rules made of its own earlier calls
heard_calls = Table(
    "heard_calls",
    metadata,
    _call_id(primary_key=True),
    Column("customer_ref", Code),  # as it was then
    Column("reply_words", Integer),
    Column("checks", Code),  # NULL: there were no rules about calls
    Column("judged", Code),
)

heard_rules = Table(
    "heard_rules",
    metadata,
    _call_id(primary_key=True),
    Column("rule_id", Code, primary_key=True),
    Column("kind", Code, nullable=False),
)

# What people say. Rows are only ever added: what counts now is derived from them.
reviews = Table(
    "reviews",
    metadata,
    Column("review_id", Code, primary_key=True),
    _call_id(nullable=False, index=True),
    Column("score_id", Code, ForeignKey("scores.score_id"), nullable=False, index=True),
    Column("criterion_id", Code, nullable=False),
    Column("asked", Code, nullable=False),
    Column("status", Code, nullable=False),
    Column("share", Double),
    Column("answer", Text),
    Column("machine_status", Code),
    Column("machine_confidence", Double),
    Column("reviewer", Code, nullable=False),
    Column("reason", SealedText("reviews.reason"), nullable=False),
    Column("session_id", Code, ForeignKey("calibration_sessions.session_id"), index=True),
    Column("made_at", UtcDateTime, nullable=False, index=True, info=WHEN),
)

acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("acknowledgement_id", Code, primary_key=True),
    _call_id(nullable=False, index=True),
    Column("score_id", Code, ForeignKey("scores.score_id"), nullable=False, index=True),
    Column("state", Code, nullable=False),
    Column("acknowledged_by", Code, nullable=False),
    Column("made_at", UtcDateTime, nullable=False, info=WHEN),
)

disputes = Table(
    "disputes",
    metadata,
    Column("dispute_id", Code, primary_key=True),
    _call_id(nullable=False, index=True),
    Column("score_id", Code, ForeignKey("scores.score_id"), nullable=False, index=True),
    Column("criterion_id", Code, nullable=False),
    Column("asked", Code, nullable=False),
    Column("opened_by", Code, nullable=False),
    Column("reason", SealedText("disputes.reason"), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False, info=WHEN),
)

dispute_rulings = Table(
    "dispute_rulings",
    metadata,
    Column("dispute_id", Code, ForeignKey("disputes.dispute_id"), primary_key=True),
    Column("outcome", Code, nullable=False),
    Column("ruled_by", Code, nullable=False),
    Column("reason", SealedText("dispute_rulings.reason"), nullable=False),
    Column("review_id", Code, ForeignKey("reviews.review_id")),
    Column("ruled_at", UtcDateTime, nullable=False, info=WHEN),
)

calibration_sessions = Table(
    "calibration_sessions",
    metadata,
    Column("session_id", Code, primary_key=True),
    Column("rubric_id", Code, nullable=False),
    Column("calls", Json, nullable=False),
    Column("reviewers", Json, nullable=False),
    Column("expert", Code, nullable=False),
    Column("started_by", Code, nullable=False),
    Column("started_at", UtcDateTime, nullable=False, info=WHEN),
)

session_closings = Table(
    "session_closings",
    metadata,
    Column("session_id", Code, ForeignKey("calibration_sessions.session_id"), primary_key=True),
    Column("closed_by", Code, nullable=False),
    Column("closed_at", UtcDateTime, nullable=False, info=WHEN),
)

sampled_calls = Table(
    "sampled_calls",
    metadata,
    Column("policy", Code, primary_key=True),
    Column("period", Code, primary_key=True),
    _call_id(primary_key=True, index=True),
    Column("score_id", Code, ForeignKey("scores.score_id"), nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("reviewer", Code),
    Column("agent_id", Code),
    Column("sampled_by", Code, nullable=False),
    Column("sampled_at", UtcDateTime, nullable=False, info=WHEN),
)

queue_closings = Table(
    "queue_closings",
    metadata,
    Column("closing_id", Code, primary_key=True),
    _call_id(nullable=False, index=True),
    Column("closed_by", Code, nullable=False),
    Column("reason", SealedText("queue_closings.reason"), nullable=False),
    Column("closed_at", UtcDateTime, nullable=False, info=WHEN),
)

flag_changes = Table(
    "flag_changes",
    metadata,
    Column("change_id", Code, primary_key=True),
    Column("flag_id", Code, ForeignKey("flags.flag_id"), nullable=False, index=True),
    Column("state", Code, nullable=False),
    Column("reason", SealedText("flag_changes.reason"), nullable=False),
    Column("changed_by", Code, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False, info=WHEN),
)

# What people's answers taught about the machine's confidence: the newest version of a rubric counts.
trust_versions = Table(
    "trust_versions",
    metadata,
    Column("rubric_id", Code, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("fingerprint", Code),  # with the payload NULL: switched off
    Column("payload", Json),
    Column("made_by", Code, nullable=False),
    Column("made_at", UtcDateTime, nullable=False, info=WHEN),
)
