"""Alembic's entry: runs on the connection, and in the transaction, that `pipeline.store.migrate` opened."""

from __future__ import annotations

from alembic import context

from pipeline.store.console_tables import metadata  # which adds its own to those of tables.py
from pipeline.store.migrate import VERSION_TABLE
from pipeline.store.search_index import is_in_metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    include_name=is_in_metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
