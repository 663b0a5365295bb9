"""The table of keys by which something here is sealed; `tables.py` says how columns are made."""

from __future__ import annotations

from sqlalchemy import Column, Table

from pipeline.store.tables import Code, metadata

at_rest_keys = Table(
    "at_rest_keys",
    metadata,
    Column("key_id", Code, primary_key=True),  # made from the key, and tells nothing about it
)
