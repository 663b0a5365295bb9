"""The table of digests that were sent; `tables.py` says how columns are made."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table

from pipeline.store.tables import WHEN, Code, UtcDateTime, metadata

sent_digests = Table(
    "sent_digests",
    metadata,
    Column("team", Code, primary_key=True),  # "*": of all teams
    Column("label", Code, primary_key=True),  # 2026-10-05, 2026-W41 or 2026-10: no two kinds of period look alike
    Column("receiver", Code, primary_key=True),  # in small letters: two spellings are one mailbox
    Column("times", Integer, nullable=False),  # how often it went out; 0: it is going out, or a process died in it
    Column("begun_at", UtcDateTime, nullable=False, info=WHEN),
    Column("sent_at", UtcDateTime, info=WHEN),  # when last; NULL: not yet
    Index(None, "sent_at"),
)
