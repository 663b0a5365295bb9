"""Two workers, 40 calls, one worker killed in the middle, PostgreSQL restarted: every call scored once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql
from sqlalchemy import func, select

from pipeline.store.claim_tables import call_claims
from pipeline.store.database import Store, open_store
from pipeline.store.tables import current_scores, failures, scores, steps
from tests.flows.prefect_site import PrefectSite, descendants, kill_tree, wait_until
from tests.postgres import PASSWORD, PostgresServer, start_server
from tests.scripted_calls import write_batch

CALLS = 40

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc for the processes to kill"),
]


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    """A server of this test's own: it is restarted."""
    server = start_server()
    yield server
    server.stop()


@pytest.fixture
def site(postgres: PostgresServer, tmp_path: Path) -> Iterator[PrefectSite]:
    """Prefect on PostgreSQL, beside Earmark's own database there."""
    with postgres.connect() as connection:
        for database in ("earmark", "prefect"):
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    password = PASSWORD.replace("/", "%2F")
    started = PrefectSite(
        tmp_path,
        {
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": (
                f"postgresql+asyncpg://earmark:{password}@/prefect?host={postgres.folder}"
            ),
            "EARMARK_DATABASE_URL": postgres.url("earmark"),
            "EARMARK_WORKSPACE": str(tmp_path / "workspace"),
            "EARMARK_TRANSCRIBE__ENGINE": "scripted",
            "EARMARK_RUN__CLAIM": "8",
            "EARMARK_RUN__LEASE_S": "10",
        },
    )
    try:
        started.start_server()
        yield started
    finally:
        started.stop()


def count(store: Store, table: Any) -> int:
    with store.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(table)) or 0)


def process_ids_at_work(store: Store) -> set[int]:
    """Processes that have begun with a call of theirs."""
    with store.read() as connection:
        at_work = select(call_claims.c.claimed_by).where(call_claims.c.begun_at.is_not(None)).distinct()
        return {int(name.split("/")[1]) for name in connection.scalars(at_work)}


def test_every_call_is_scored_once_though_a_worker_and_the_database_go(
    site: PrefectSite, postgres: PostgresServer, tmp_path: Path
) -> None:
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    assert "earmark-backlog" in site.earmark("flows", "deploy", str(recordings))
    site.start("site", "prefect", "worker", "start", "--pool", "earmark-site")
    workers = [
        site.start(f"worker-{i}", "prefect", "worker", "start", "--pool", "earmark-workers", "--limit", "1")
        for i in range(2)
    ]
    backlog = site.deployment_id("work through the backlog/earmark-backlog")
    for _ in workers:
        site.run_now(backlog)
    ready = write_batch(tmp_path / "ready", CALLS)
    wait_until(lambda: site.running(backlog) == 2, "both workers wait for calls")
    for_nobody = [site.run_now(backlog) for _ in range(3)]
    ready.rename(recordings / "ready")
    site.run_now(site.deployment_id("intake/earmark-intake"))
    store = open_store(postgres.url("earmark"))

    wait_until(lambda: len(process_ids_at_work(store)) == 2, "both workers are at work")
    at_work = min(process_ids_at_work(store))
    wait_until(lambda: count(store, scores) >= 3, "some calls are scored")
    (victim,) = [worker for worker in workers if at_work in descendants(worker.pid)]
    (survivor,) = [worker for worker in workers if worker is not victim]
    kill_tree(victim)
    with store.read() as connection:
        made_before = dict(connection.execute(select(steps.c.key, steps.c.made_at)).all())
    assert count(store, scores) < CALLS, "killed in the middle"
    assert count(store, call_claims) > 0
    store.close()

    postgres.restart()
    store = open_store(postgres.url("earmark"))
    wait_until(lambda: count(store, current_scores) == CALLS, "every call is scored")
    with store.read() as connection:
        per_call = connection.execute(select(scores.c.call_id, func.count()).group_by(scores.c.call_id)).all()
        made_after = dict(connection.execute(select(steps.c.key, steps.c.made_at)).all())
    assert sorted(number for _, number in per_call) == [1] * CALLS
    assert {key: made_after[key] for key in made_before} == made_before, "a finished step was done again"
    assert count(store, failures) == 0
    assert count(store, call_claims) == 0
    assert survivor.poll() is None
    wait_until(lambda: sum(map(site.has_run, for_nobody)) <= 1, "of the runs that nobody has a place for one is kept")
    store.close()
