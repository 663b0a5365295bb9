"""Tables of retention: legal holds, what was deleted, and files that are still to go.

What is kept of a deleted call is a keyed hash of its sound. `tables.py` says how columns are made.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from pipeline.store.tables import WHEN, Code, Json, UtcDateTime, metadata

# Nothing deletes a call that all given columns of a standing hold fit: pipeline/store/holds.py asks.
legal_holds = Table(
    "legal_holds",
    metadata,
    Column("hold_id", Code, primary_key=True),
    Column("call_id", Code),  # no foreign key: a hold that was lifted outlives its call
    Column("customer_ref", Code),
    Column("agent_id", Code),
    Column("queue", Code),
    Column("since", UtcDateTime),  # of calls that began then or later
    Column("before", UtcDateTime),
    Column("reason", Text, nullable=False),
    Column("placed_by", Code, nullable=False),
    Column("placed_at", UtcDateTime, nullable=False, info=WHEN),
    Column("lifted_by", Code),  # NULL: it stands
    Column("lifted_reason", Text),
    Column("lifted_at", UtcDateTime, info=WHEN),
)

deletion_keys = Table(
    "deletion_keys",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # there is one: 1
    Column("key", Code, nullable=False, info=WHEN),  # random, hexadecimal: what hashes of calls are keyed with
)

deletion_records = Table(
    "deletion_records",
    metadata,
    Column("record_id", Code, primary_key=True),
    Column("occasion", Code, nullable=False),  # policy or request
    Column("reason", Text, nullable=False),
    Column("made_by", Code, nullable=False),
    Column("begun_at", UtcDateTime, nullable=False, info=WHEN),
    Column("rows", Json, nullable=False),  # deleted ones by table, so far
    Column("held", Integer, nullable=False),  # calls that were due and stayed because of a hold
    Column("handed_out", Integer, nullable=False),  # times that something of these calls was exported
    Column("finished_at", UtcDateTime, index=True, info=WHEN),  # NULL: files are still to go
    Column("document", Json, info=WHEN),  # as it was signed
    Column("signature", Text, info=WHEN),
)

deleted_calls = Table(
    "deleted_calls",
    metadata,
    Column("call_hash", Code, primary_key=True),  # HMAC-SHA256 of the hash of its sound
    Column("what", Code, primary_key=True),  # call or media
    Column("record_id", Code, ForeignKey("deletion_records.record_id"), nullable=False, index=True),
    Column("policy", Code),  # NULL: on request
    Column("deleted_at", UtcDateTime, nullable=False, info=WHEN),
)

# Files of calls whose rows are gone. Emptied when the record is finished: paths may name customers.
deletion_files = Table(
    "deletion_files",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("record_id", Code, ForeignKey("deletion_records.record_id"), nullable=False),
    Column("path", Code, nullable=False),
    Column("kind", Code, nullable=False),  # recording, metadata, transcript, sound, pack
    Column("size_bytes", BigInteger),  # of a recording as it was taken in: another file in its place stays
    Column("modified_ns", BigInteger),
    Column("became", Code),  # NULL: waits
    Index(None, "record_id", "became"),
)

# Calls whose sound was deleted and whose results stay.
deleted_media = Table(
    "deleted_media",
    metadata,
    Column("call_id", Code, ForeignKey("recordings.call_id"), primary_key=True),
    Column("deleted_at", UtcDateTime, nullable=False, info=WHEN),
)
