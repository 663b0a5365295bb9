"""Stores on both kinds of database, and a workspace with two calls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection

from pipeline.store.database import Store, open_store
from pipeline.store.tables import recordings
from tests.audit.workspace import Workspace, make_workspace
from tests.postgres import postgres_server, store_url

__all__ = ["connection", "postgres_server", "store", "store_url", "workspace"]


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open, empty store."""
    opened = open_store(store_url)
    yield opened
    opened.close()


@pytest.fixture
def connection(store: Store) -> Iterator[Connection]:
    """A connection in one transaction of an empty store."""
    with store.begin() as opened:
        yield opened


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace with two judged calls of the 5th and 6th of October whose recordings are there."""
    made = make_workspace(tmp_path / "work")
    with made.store.begin() as connection:
        for day, call_id in enumerate(made.calls, start=5):
            began = recordings.update().where(recordings.c.call_id == call_id)
            connection.execute(began.values(started_at=datetime(2026, 10, day, 13, 30, tzinfo=UTC)))
    yield made
    made.store.close()
