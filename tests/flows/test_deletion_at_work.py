"""A call is not deleted under a worker's hands; of one that was deleted all the same nothing comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from flows.claimed_calls import Worker
from pipeline.config import RetentionSettings
from pipeline.config.privacy import PrivacySettings
from pipeline.retention.deleting import Deleting, Deletion
from pipeline.retention.deletion import apply_policies, delete_on_request
from pipeline.store import claims
from pipeline.store.claim_tables import call_claims
from pipeline.store.database import open_store
from pipeline.store.erase import KEPT
from pipeline.store.snapshot import dump
from tests.flows.test_claimed_calls import Site
from tests.postgres import PostgresServer, postgres_server, store_url

__all__ = ["postgres_server", "store_url"]

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def site(store_url: str, tmp_path: Path) -> Iterator[Site]:
    """A workspace with a policy that every call has outlived, which keeps transcripts with personal data."""
    made = Site(tmp_path, store_url)
    given = {
        "retention": RetentionSettings(keep_call_days={"*": 1}),
        "privacy": PrivacySettings(keep_unredacted=True),
    }
    made.runtime.settings = made.runtime.settings.model_copy(update=given)
    yield made
    made.store.close()


def deleting(site: Site) -> Deleting:
    return Deleting(store=site.store, settings=site.runtime.settings, actor="olga", now=lambda: NOW, key=None, zone=UTC)


def traces(site: Site, call_id: str) -> set[str]:
    """Return which tables and files still know a call; the audit log does for ever."""
    with site.store.read() as connection:
        found = {name for name, rows in dump(connection).items() if name not in KEPT and call_id in json.dumps(rows)}
    folder = site.runtime.settings.workspace
    return found | {str(file.relative_to(folder)) for file in folder.rglob("*") if call_id in file.name}


def test_call_with_a_worker_stays_and_goes_with_the_next_deletion(site: Site) -> None:
    site.take_in("one")
    done: list[Deletion] = []

    def hook(_: str) -> None:
        done.extend(apply_policies(deleting(site)))
        done.extend(delete_on_request(list(site.ids.values()), "asked", deleting(site)))

    site.runtime.hook = hook
    worker = Worker(site.runtime)
    worker.work_on_batch()
    call_id = site.ids["one"]
    assert [(each.deleted, each.record, each.at_work) for each in done] == [(0, None, {call_id: worker.name})] * 2
    assert site.scored == {"one"}
    assert any(name.startswith("unredacted/") for name in traces(site, call_id))

    [after] = apply_policies(deleting(site))
    assert (after.deleted, after.at_work) == (1, {})
    assert traces(site, call_id) == set()


def test_worker_that_slept_past_its_lease_leaves_nothing_of_a_deleted_call_and_goes_on(site: Site) -> None:
    site.take_in("one", "two")
    asleep: list[str] = []

    def hook(name: str) -> None:
        if not asleep:
            asleep.append(site.ids[name])
            with site.store.begin() as connection:
                mine = update(call_claims).where(call_claims.c.call_id == asleep[0])
                connection.execute(mine.values(until=LONG_AGO))
            [done] = delete_on_request(asleep, "asked", deleting(site))
            assert done.deleted == 1

    site.runtime.hook = hook
    worker = Worker(site.runtime)
    worker.work_on_batch()
    assert worker.outcomes == {"lost": 1, "processed": 1}
    [gone] = asleep
    assert traces(site, gone) == set()
    [other] = set(site.ids.values()) - {gone}
    assert {"recordings", "steps", "scores"} <= traces(site, other)


def test_worker_does_not_begin_with_a_call_that_was_deleted_meanwhile(site: Site) -> None:
    site.take_in("one")
    with site.store.begin() as connection:
        claimed = claims.claim(connection, "a", limit=5, lease_s=-1.0, attempts=3)
    [done] = apply_policies(deleting(site))
    assert done.deleted == 1
    with site.store.begin() as connection:
        assert not claims.begin(connection, "a", claimed.call_ids[0])


def test_lease_is_judged_by_the_databases_clock(site: Site) -> None:
    site.take_in("one")
    with site.store.begin() as connection:
        claims.claim(connection, "a", limit=5, lease_s=3600, attempts=3)
    ahead = replace(deleting(site), now=lambda: NOW + timedelta(days=3650), clock_is_right=True)
    [done] = apply_policies(ahead)
    assert done.at_work == {site.ids["one"]: "a"}
    with site.store.begin() as connection:
        claims.release(connection, "a")
    [done] = apply_policies(deleting(site))
    assert done.deleted == 1


def test_deletion_does_not_wait_for_whoever_is_just_taking_a_call(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    site = Site(tmp_path, postgres_server.new_url())
    site.take_in("one")
    other = open_store(site.runtime.settings.store_url)
    with other.begin() as connection:
        claims.claim(connection, "a", limit=5, lease_s=3600, attempts=3)
        [done] = delete_on_request(list(site.ids.values()), "asked", deleting(site))
        assert list(done.at_work) == [site.ids["one"]]
    other.close()
    [done] = delete_on_request(list(site.ids.values()), "asked", deleting(site))
    assert done.at_work == {site.ids["one"]: "a"}
    site.store.close()
