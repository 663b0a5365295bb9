"""The outcomes of rules on every call, to count them; and the audit log.

The outcomes of calls that were scored before are filled in from what is stored: about a minute for 100,000 calls.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
CALLS_AT_ONCE = 500

# as `pipeline/store/findings.py` did when this was written
QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|(?<!\w)'.*?'(?!\w)")
FIGURE = re.compile(r"\d+(?:[.:,]\d+)*")


def upgrade() -> None:
    """Make the tables and fill in what is known."""
    versions = op.create_table(
        "rule_versions",
        sa.Column("version_key", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("rule_id", CODE, nullable=False),
        sa.Column("rule_fingerprint", CODE, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("severity", CODE, nullable=False),
        sa.Column("expected", CODE, nullable=False),
        sa.PrimaryKeyConstraint("version_key", name="pk_rule_versions"),
    )
    op.create_index("ix_rule_versions_rule_id", "rule_versions", ["rule_id"])
    findings = op.create_table(
        "findings",
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("version_key", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("kind", CODE, nullable=False),
        sa.Column("probable", sa.Boolean(), nullable=False),
        sa.Column("start_ms", sa.Integer()),
        sa.Column("end_ms", sa.Integer()),
        sa.Column("reason", sa.Text()),
        sa.PrimaryKeyConstraint("call_id", "version_key", name="pk_findings"),
        sa.ForeignKeyConstraint(["call_id"], ["recordings.call_id"], name="fk_findings_call_id"),
        sa.ForeignKeyConstraint(["version_key"], ["rule_versions.version_key"], name="fk_findings_version_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_log",
        sa.Column("sequence", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("at", CODE, nullable=False),
        sa.Column("actor", CODE, nullable=False),
        sa.Column("action", CODE, nullable=False),
        sa.Column("subject_kind", CODE, nullable=False),
        sa.Column("subject_id", CODE, nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("previous_hash", CODE, nullable=False),
        sa.Column("hash", CODE, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at"])
    op.create_index("ix_audit_log_subject_id", "audit_log", ["subject_id"])
    _fill(op.get_bind(), versions, findings)


def _fill(connection: sa.Connection, versions: sa.Table, findings: sa.Table) -> None:
    scored = connection.execute(
        sa.text(
            "SELECT current_scores.call_id, steps.payload FROM current_scores"
            " JOIN scores ON scores.score_id = current_scores.score_id"
            " JOIN steps ON steps.key = scores.facts_key ORDER BY current_scores.call_id"
        )
    ).all()
    stored = sa.text("SELECT payload FROM steps WHERE key = :key")
    known: set[int] = set()
    for first in range(0, len(scored), CALLS_AT_ONCE):
        rows: list[dict[str, Any]] = []
        for call_id, keys in scored[first : first + CALLS_AT_ONCE]:
            payload = connection.scalar(stored, {"key": json.loads(keys).get("findings")})
            for finding in json.loads(payload)["findings"] if payload else ():
                version = _version(finding)
                if version["version_key"] not in known:
                    connection.execute(versions.insert(), version)
                    known.add(version["version_key"])
                rows.append({"call_id": call_id, "version_key": version["version_key"], **_outcome(finding)})
        if rows:
            connection.execute(findings.insert(), rows)


def _version(finding: dict[str, Any]) -> dict[str, Any]:
    named = {name: finding[name] for name in ("rule_id", "rule_fingerprint", "title", "severity", "expected")}
    text = json.dumps(named, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return {"version_key": int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1, **named}


def _outcome(finding: dict[str, Any]) -> dict[str, Any]:
    quotes = finding["evidence"]
    places = [*quotes, *finding.get("stretches", ())]
    unknown = finding["kind"] == "cannot_assess"
    return {
        "kind": finding["kind"],
        "probable": any(quote.get("meaning_similarity") is not None for quote in quotes),
        "start_ms": places[0]["start_ms"] if places else None,
        "end_ms": places[0]["end_ms"] if places else None,
        "reason": FIGURE.sub("…", QUOTED.sub("…", finding["reason"])) if unknown else None,
    }


def downgrade() -> None:
    """Earmark only goes forward: an older database comes from a back-up."""
    raise NotImplementedError("go back by restoring a back-up")
