"""Reading beside those who write, from an open store and from the start."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, func, select

from pipeline.errors import StoreError
from pipeline.store.database import Store, inspect_database, open_store
from pipeline.store.tables import recordings
from tests.store.builders import taken_in


def _count(connection: Connection) -> int | None:
    return connection.scalar(select(func.count()).select_from(recordings))


@pytest.mark.timeout(30)  # half of what SQLite would wait
def test_read_does_not_wait_for_an_open_writer(store: Store, store_url: str) -> None:
    with store.begin() as writer:
        taken_in(writer)
        with store.read() as reader, store.read() as another:
            assert (_count(reader), _count(another)) == (0, 0)
        opened = open_store(store_url)  # as another process does
        with opened.read() as reader:
            assert _count(reader) == 0
        opened.close()
        assert "version 0" in inspect_database(store_url)


def test_read_holds_up_no_writer_and_sees_one_moment(store: Store) -> None:
    with store.read() as reader:
        assert _count(reader) == 0
        with store.begin() as writer:
            taken_in(writer)
        assert _count(reader) == 0
    with store.read() as reader:
        assert _count(reader) == 1


def test_read_refuses_to_write_and_leaves_the_connection_fit_for_it(store: Store) -> None:
    with pytest.raises(StoreError, match=r"read-?only"), store.read() as reader:
        taken_in(reader)
    with store.begin() as writer:
        taken_in(writer)
    with store.read() as reader:
        assert _count(reader) == 1


def test_read_lets_other_errors_through(store: Store) -> None:
    with pytest.raises(LookupError), store.read():
        raise LookupError
