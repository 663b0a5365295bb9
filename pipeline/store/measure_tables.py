"""The table of what conversations measure: small enough to read of all calls. `tables.py` says how columns are made."""

from __future__ import annotations

from sqlalchemy import Column, Double, ForeignKey, Integer, Table

from pipeline.store.tables import Code, metadata

call_measures = Table(
    "call_measures",
    metadata,
    Column("call_id", Code, ForeignKey("recordings.call_id"), primary_key=True),
    Column("facts_key", Code, nullable=False),  # of which facts; those of the current score, when it was made
    Column("duration_ms", Integer),
    Column("agent_talk_share", Double),
    Column("agent_words_per_minute", Double),
    Column("agent_longest_monologue_ms", Integer),
    Column("agent_response_time_ms", Integer),
    Column("agent_interruptions", Integer),
    Column("overtalk_ms", Integer),
    Column("dead_air_ms", Integer),
    Column("hold_ms", Integer),
    Column("customer_sentiment", Double),
    Column("customer_sentiment_change", Double),
    Column("agent_sentiment", Double),
)
