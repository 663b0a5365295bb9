"""Tables of contact reasons: which there are, which each call has, and the calls' openings as vectors.

They hold no words of calls but the labels of groups, which several calls share. `tables.py` says how columns are made.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Double, ForeignKey, Table, Text

from pipeline.store.sealed import SealedBytes, SealedText
from pipeline.store.tables import WHEN, Code, UtcDateTime, metadata

contact_reasons = Table(
    "contact_reasons",
    metadata,
    Column("reason_id", Code, primary_key=True),  # of a rule, or a number such as g7
    Column("kind", Code, nullable=False),  # rule or group
    Column("label", SealedText("contact_reasons.label"), nullable=False),
    Column("name", Text),  # NULL: nobody has named it
    Column("phrases", SealedText("contact_reasons.phrases"), nullable=False),
    Column("centre", SealedBytes("contact_reasons.centre")),  # as a call's vector; NULL: of a rule
    Column("in_use", Boolean, nullable=False),  # one that is found again gets its id and name back
    Column("named_by", Code),
    Column("named_at", UtcDateTime, info=WHEN),
    Column("found_at", UtcDateTime, nullable=False, info=WHEN),
)

call_reasons = Table(
    "call_reasons",
    metadata,
    Column("call_id", Code, ForeignKey("recordings.call_id"), primary_key=True),
    Column("reason_id", Code, ForeignKey("contact_reasons.reason_id"), index=True),  # NULL: none; told_by says why
    Column("told_by", Code, nullable=False),
    Column("similarity", Double),
    Column("told_at", UtcDateTime, nullable=False, info=WHEN),
)

call_embeddings = Table(
    "call_embeddings",
    metadata,
    Column("call_id", Code, ForeignKey("recordings.call_id"), primary_key=True),
    Column("made_from", Code, nullable=False),  # hash of the transcript's key, the encoder and how openings are chosen
    Column(
        "vector", SealedBytes("call_embeddings.vector")
    ),  # 384 16-bit floats; NULL: nothing was said that could tell a reason
    Column("rules_key", Code, nullable=False),  # hash of the rules that were looked for
    Column("rule_id", Code),  # of the first that was found; NULL: none
)
