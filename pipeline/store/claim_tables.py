"""The table of calls that wait for a worker or are with one.

`tables.py` says how columns are made; `docs/store.md` says in words what is kept where.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table

from pipeline.store.tables import WHEN, Code, UtcDateTime, metadata

call_claims = Table(
    "call_claims",
    metadata,
    Column("call_id", Code, ForeignKey("recordings.call_id"), primary_key=True),
    Column("backfill", Boolean, nullable=False),
    Column("waiting_since", UtcDateTime, nullable=False, info=WHEN),
    Column("attempts", Integer, nullable=False),
    # NULL in all of these: nobody has it
    Column("claimed_by", Code, index=True),
    Column("claimed_at", UtcDateTime, info=WHEN),
    Column("until", UtcDateTime, index=True, info=WHEN),
    Column("begun_at", UtcDateTime, info=WHEN),
    Index(None, "backfill", "waiting_since"),
)
