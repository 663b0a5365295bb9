"""The record of a deletion: what it says, its signature, and how somebody checks it without any database."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipeline.canonical import canonical_json
from pipeline.errors import ReportError
from pipeline.retention.signing import SigningKey, is_signed
from pipeline.store.deletions import DeletedCall, DeletionRecord

SCHEME = "earmark-deletion-1"


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordCheck:
    """What checking a record found; ``problems`` is empty where nothing speaks against it.

    Attributes:
        sha256: Of the document, which the audit log names.
        signed_by: Public key that signed it; None where it is unsigned or the signature is wrong.
    """

    record_id: str
    sha256: str
    calls: int
    signed_by: str | None
    problems: tuple[str, ...]


def record_document(
    record: DeletionRecord,
    *,
    calls: Sequence[DeletedCall],
    files: Mapping[str, Mapping[str, int]],
    holds_standing: int,
    key: SigningKey | None,
    now: datetime,
) -> str:
    """Return what a record says, as canonical JSON.

    Args:
        record: The deletion.
        calls: What was deleted, by keyed hash.
        files: How many files became what, by kind.
        holds_standing: How many legal holds stand; every call was held against them when it was deleted.
        key: What it will be signed with.
        now: When it is finished.
    """
    return canonical_json(
        {
            "scheme": SCHEME,
            "record_id": record.record_id,
            "occasion": record.occasion,
            "reason": record.reason,
            "by": record.made_by,
            "begun_at": _written(record.begun_at),
            "finished_at": _written(now),
            "calls": [{"hash": call.call_hash, "what": call.what, "policy": call.policy} for call in calls],
            "rows": dict(record.rows),
            "files": {became: dict(kinds) for became, kinds in files.items()},
            "holds": {"checked": True, "standing": holds_standing, "calls_kept_back": record.held},
            "handed_out": record.handed_out,
            "public_key": key.public if key else None,
        }
    )


def document_sha256(document: str) -> str:
    """Return the hash that the audit log names a document by."""
    return hashlib.sha256(document.encode()).hexdigest()


def written_record(document: str, signature: str | None) -> str:
    """Return a record as it is handed out: the document and its signature in one JSON file."""
    return json.dumps({"record": json.loads(document), "signature": signature}, indent=1, sort_keys=True) + "\n"


def check_record(text: str, *, public: str | None) -> RecordCheck:
    """Check a record that was handed out.

    Args:
        text: Contents of its file.
        public: The operator's public key, hexadecimal; None trusts the one in the record, which proves less.

    Raises:
        ReportError: It is no record.
    """
    try:
        data: dict[str, Any] = json.loads(text, object_pairs_hook=_each_key_once)
        record, signature = data["record"], data["signature"]
        document = canonical_json(record)
        known = record["scheme"] == SCHEME and isinstance(record["calls"], list)
        signer = record["public_key"]
    except (ValueError, KeyError, TypeError, RecursionError):
        known = False
    if not known:
        raise ReportError("this is no record of a deletion, or one of another version")
    problems = []
    right = bool(signature and signer) and is_signed(document.encode(), str(signature), str(signer))
    if signature and not right:
        problems.append("the signature is not that of this record: it was changed, or signed by somebody else")
    elif not signature and signer:
        problems.append("the signature was taken away")
    elif not signature:
        problems.append("the record is unsigned: only the audit log can tell whether it is the one that was made")
    if right and public is not None and public.strip().lower() != signer:
        problems.append(f"it was signed with another key ({str(signer)[:16]}…)")
    return RecordCheck(
        record_id=str(record["record_id"]),
        sha256=document_sha256(document),
        calls=len(record["calls"]),
        signed_by=str(signer) if right else None,
        problems=tuple(problems),
    )


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a field that stands twice: one program would check the last, and a reader believe the first."""
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ReportError(f"this is no record of a deletion: its field {twice!r} stands there twice")
    return found


def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="seconds")
