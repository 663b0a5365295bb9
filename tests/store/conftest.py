"""An open, empty store on both kinds of database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from pipeline.store.database import Store, open_store
from tests.postgres import postgres_server, store_url

__all__ = ["connection", "postgres_server", "store", "store_url"]


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
