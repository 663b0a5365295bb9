"""What is said when a SQLite file cannot be written."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest
from sqlalchemy import text

from pipeline.errors import StoreError
from pipeline.store.database import Store, open_store
from pipeline.store.steps import put_step
from tests.factories import transcript
from tests.store.builders import NOW, taken_in

FULL = r"earmark\.db: the database cannot be used: disk full; make room there"
READ_ONLY = r"earmark\.db: .*readonly database; the file or its folder is read-only"


@pytest.fixture
def opened(tmp_path: Path) -> Store:
    """An open SQLite store with one call."""
    store = open_store(f"sqlite:///{tmp_path / 'earmark.db'}")
    with store.begin() as connection:
        taken_in(connection)
    return store


def test_store_tells_when_the_disk_is_full_and_keeps_what_was_stored(opened: Store) -> None:
    def write_much() -> None:
        with opened.begin() as connection:
            connection.execute(text("PRAGMA max_page_count = 60"))  # SQLite's own word for "no more room"
            for number in range(100):
                spoken = transcript(("customer", "marigold " * 500))
                put_step(connection, f"k-{number}", call_id="c-0001", step="transcript", record=spoken, now=NOW)

    with pytest.raises(StoreError, match=FULL) as caught:
        write_much()
    assert "marigold" not in str(caught.value)
    with opened.read() as connection:
        assert connection.scalar(text("SELECT count(*) FROM recordings")) == 1
        assert connection.scalar(text("SELECT count(*) FROM steps")) == 0
    opened.close()


def test_open_store_tells_when_the_disk_has_no_room_at_all(opened: Store) -> None:
    opened.close()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))  # less than the index of the log takes
    try:
        with pytest.raises(StoreError, match=FULL):
            open_store(str(opened.engine.url))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize(("mode", "of_folder"), [(0o444, 0o755), (0o644, 0o555), (0o444, 0o555)])
def test_store_tells_when_the_file_or_its_folder_is_read_only(
    opened: Store, tmp_path: Path, mode: int, of_folder: int
) -> None:
    opened.close()
    (tmp_path / "earmark.db").chmod(mode)
    tmp_path.chmod(of_folder)

    def write() -> None:
        with open_store(str(opened.engine.url)).begin() as connection:
            taken_in(connection, "c-2")

    try:
        with pytest.raises(StoreError, match=READ_ONLY):
            write()
    finally:
        tmp_path.chmod(0o755)
