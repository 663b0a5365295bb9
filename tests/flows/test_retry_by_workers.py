"""`earmark calls retry` beside a real Prefect server: workers take the calls; without workers it does them itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.store.calls import list_calls
from pipeline.store.database import Store, open_store
from pipeline.store.failures import put_failure
from tests.flows.prefect_site import PrefectSite, wait_until
from tests.scripted_calls import write_batch
from tests.test_settle import take


@pytest.fixture
def site(tmp_path: Path) -> Iterator[PrefectSite]:
    """A Prefect server with what a centre deploys."""
    opened = PrefectSite(
        tmp_path,
        {
            "EARMARK_WORKSPACE": str(tmp_path / "data"),
            "EARMARK_TRANSCRIBE__ENGINE": "scripted",
            "EARMARK_INTAKE__SITE_TIMEZONE": "UTC",
        },
    )
    try:
        opened.start_server()
        yield opened
    finally:
        opened.stop()


def states(store: Store) -> list[str]:
    with store.read() as connection:
        return [call.status for call in list_calls(connection)]


def fail_all(store: Store) -> list[str]:
    with store.begin() as connection:
        ids = [call.call_id for call in list_calls(connection)]
        for call_id in ids:
            put_failure(connection, call_id, step="process", reason="the disk is full", now=datetime.now(UTC))
    return ids


@pytest.mark.slow
def test_workers_take_failed_calls_at_once_and_without_workers_they_are_processed_here(site: PrefectSite) -> None:
    (site.folder / "data").mkdir()
    store = open_store(f"sqlite:///{site.folder / 'data' / 'earmark.db'}")
    take(write_batch(site.folder / "recordings", 2), store, ["call-00", "call-01"])
    first, second = fail_all(store)
    site.earmark("flows", "deploy", str(site.folder / "recordings"))

    here = json.loads(site.earmark("calls", "retry", first, "--json"))  # a pool, but no worker
    assert (here["processed"], here["failed"]) == (1, 0)
    assert sorted(states(store)) == ["failed", "scored"]

    site.start("worker", "prefect", "worker", "start", "--pool", "earmark-workers", "--limit", "1")
    pool = "/work_pools/earmark-workers"
    wait_until(lambda: site.ask("GET", pool)["status"] == "READY", "the worker answers")
    assert "1 waiting for a worker" in site.earmark("calls", "retry", second)
    wait_until(lambda: states(store) == ["scored"] * 2, "the worker has processed it")
    store.close()
