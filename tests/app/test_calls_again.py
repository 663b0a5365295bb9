"""`earmark calls index` and `earmark calls retry`."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.store.calls import get_recording, list_calls
from pipeline.store.database import open_store
from pipeline.store.failures import failed_calls, put_failure
from pipeline.store.search import search_calls
from pipeline.store.search_index import unsearched_count
from pipeline.store.search_query import parse_query
from tests.app.conftest import Earmark


@pytest.fixture
def own(workspace: Path, tmp_path: Path) -> Path:
    """A copy of the scored workspace."""
    return Path(shutil.copytree(workspace, tmp_path / "data", ignore=shutil.ignore_patterns("prefect*")))


def test_calls_index_makes_every_scored_call_searchable(earmark: Earmark, own: Path) -> None:
    for _ in range(2):  # again makes it anew
        finished = earmark("calls", "index", "--workspace", own)
        assert (finished.returncode, finished.stdout) == (0, "Ready for search: 8 calls.\n")
        store = open_store(f"sqlite:///{own / 'earmark.db'}")
        with store.read() as connection:
            assert unsearched_count(connection) == 0
            assert len(search_calls(connection, parse_query('"lost my card"')).calls) > 0
        store.close()


@pytest.mark.slow
def test_calls_retry_processes_failed_calls_and_leaves_what_is_known_of_them(earmark: Earmark, own: Path) -> None:
    nothing = earmark("calls", "retry", "--workspace", own)
    assert (nothing.returncode, nothing.stdout) == (0, "No call has failed in processing.\n")
    store = open_store(f"sqlite:///{own / 'earmark.db'}")
    with store.begin() as connection:
        call = get_recording(connection, list_calls(connection, status="scored")[0].call_id)
        put_failure(connection, call.call_id, step="process", reason="the disk is full", now=datetime.now(UTC))
    config = own / "earmark.toml"
    config.write_text('[transcribe]\nengine = "scripted"\n')
    finished = earmark("calls", "retry", call.call_id[:10], "--workspace", own, "--config", config)
    assert finished.returncode == 0, finished.stderr
    assert "1 unchanged" in finished.stdout
    with store.read() as connection:
        assert failed_calls(connection) == []
        assert get_recording(connection, call.call_id) == call
    store.close()


def test_calls_retry_says_how_a_file_that_was_held_back_is_done_again(earmark: Earmark, own: Path) -> None:
    store = open_store(f"sqlite:///{own / 'earmark.db'}")
    with store.read() as connection:
        file = next(call for call in list_calls(connection, status="failed") if "damaged" in call.media_uri)
    store.close()

    refused = earmark("calls", "retry", file.call_id, "--workspace", own)
    unknown = earmark("calls", "retry", "f-none", "--workspace", own)

    assert (refused.returncode, refused.stdout) == (1, "")
    (reason,) = [defect.reason for defect in file.defects if defect.fatal]
    assert reason in refused.stderr
    assert "give the folder that holds damaged.wav to earmark run once more" in refused.stderr
    assert unknown.returncode == 1
    assert "no file 'f-none' is held back" in unknown.stderr
