"""Calls that wait go to one worker at a time, fresh ones first, and none is lost or taken for ever."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from pipeline.store import claims
from pipeline.store.claim_tables import call_claims
from pipeline.store.claims import Claimed
from pipeline.store.database import Store, open_store
from pipeline.store.failures import get_failure, put_failure
from pipeline.store.waiting import FRESH_FOR, wait_again
from tests.postgres import PostgresServer
from tests.store.builders import NOW, score, scored, taken_in
from tests.store.old_versions import bring_back

LONG_S = 3600.0
OVER_S = 0.0  # a lease that has run out when it begins
OLD = NOW - FRESH_FOR - timedelta(days=100)


def claim(connection: Connection, worker: str = "a", *, lease_s: float = LONG_S, **changes: Any) -> Claimed:
    return claims.claim(connection, worker, lease_s=lease_s, **{"limit": 10, "attempts": 3, **changes})


def waiting(connection: Connection) -> set[str]:
    return set(connection.scalars(select(call_claims.c.call_id)))


def many(connection: Connection, number: int, *, name: str = "c", **changes: Any) -> list[str]:
    return [taken_in(connection, f"{name}-{i:03d}", **{"started_at": NOW, **changes}).call_id for i in range(number)]


def test_call_waits_from_intake_until_its_score_or_failure(connection: Connection) -> None:
    for call_id in ("scored", "failed", "waits"):
        taken_in(connection, call_id)
    scored(connection, score("scored"))
    put_failure(connection, "failed", step="process", reason="no sound", now=NOW)
    assert waiting(connection) == {"waits"}
    assert claims.anything_to_claim(connection)
    assert claim(connection).call_ids == ("waits",)
    assert not claims.anything_to_claim(connection)
    claims.renew(connection, "a", lease_s=OVER_S)
    assert claims.anything_to_claim(connection)


def test_call_that_is_taken_in_again_does_not_wait_again(connection: Connection) -> None:
    taken_in(connection, "known")
    scored(connection, score("known"))
    taken_in(connection, "known")
    assert waiting(connection) == set()


def test_failed_call_can_wait_again_once(connection: Connection) -> None:
    taken_in(connection, "failed")
    put_failure(connection, "failed", step="process", reason="no sound", now=NOW)
    wait_again(connection, ["failed", "failed", "unknown"], now=NOW)
    wait_again(connection, ["failed"], now=NOW)
    assert waiting(connection) == {"failed"}


def test_claimed_call_is_nobody_elses_until_its_lease_ran_out(connection: Connection) -> None:
    taken_in(connection, "one")
    assert claim(connection, "a").call_ids == ("one",)
    assert claim(connection, "b").call_ids == ()
    claims.renew(connection, "a", lease_s=OVER_S)
    assert claim(connection, "b").call_ids == ("one",)
    assert not claims.begin(connection, "a", "one")
    assert claims.begin(connection, "b", "one")


def test_renewed_lease_holds(connection: Connection) -> None:
    taken_in(connection, "one")
    claim(connection, "a", lease_s=OVER_S)
    assert claims.renew(connection, "a", lease_s=LONG_S) == 1
    assert claims.renew(connection, "b", lease_s=LONG_S) == 0
    assert claim(connection, "b").call_ids == ()


def test_released_calls_wait_again_and_count_no_attempt(connection: Connection) -> None:
    many(connection, 2)
    claim(connection, "a", limit=1)
    claims.begin(connection, "a", "c-000")
    assert claims.release(connection, "b") == 0
    assert claims.release(connection, "a") == 1
    again = claim(connection, "b")
    assert set(again.call_ids) == {"c-000", "c-001"}  # not alone: nothing speaks against it


def test_leases_are_judged_by_the_clock_of_the_database(connection: Connection) -> None:
    before = datetime.now(UTC)
    now = claims.database_now(connection)
    # the server of the tests is on this machine; SQLite tells thousandths
    assert before - timedelta(milliseconds=1) <= now <= datetime.now(UTC)
    taken_in(connection, "one")
    claim(connection, lease_s=60)
    row = connection.execute(select(call_claims)).one()
    assert row.until - row.claimed_at == timedelta(seconds=60)
    assert now <= row.claimed_at


def test_backfill_gets_one_place_in_five_and_what_stays_empty(connection: Connection) -> None:
    many(connection, 40, name="new")
    many(connection, 40, name="old", started_at=OLD)

    def shares(limit: int, worker: str) -> Counter[str]:
        return Counter(call_id[:3] for call_id in claim(connection, worker, limit=limit).call_ids)

    assert shares(20, "a") == {"new": 16, "old": 4}
    assert shares(5, "b") == {"new": 4, "old": 1}
    assert shares(30, "c") == {"new": 20, "old": 10}
    assert shares(30, "d") == {"old": 25}


def test_fresh_calls_take_the_places_that_backfill_leaves(connection: Connection) -> None:
    many(connection, 20)
    taken_in(connection, "undated", started_at=None)
    assert len(claim(connection, limit=20).call_ids) == 20
    assert claim(connection, "b", limit=20).call_ids == ("undated",)


def test_call_in_work_at_the_end_of_its_worker_is_taken_alone(connection: Connection) -> None:
    many(connection, 4)
    claim(connection, "a", lease_s=OVER_S)
    claims.begin(connection, "a", "c-002")
    assert claim(connection, "b").call_ids == ("c-002",)
    assert set(claim(connection, "c").call_ids) == {"c-000", "c-001", "c-003"}


def test_call_that_ends_its_workers_is_listed_as_failed(connection: Connection) -> None:
    many(connection, 2)
    for worker in ("a", "b", "c"):
        claimed = claim(connection, worker, lease_s=OVER_S)
        assert "c-000" in claimed.call_ids
        assert claimed.given_up == ()
        assert claims.begin(connection, worker, "c-000")
    last = claim(connection, "d")
    assert (last.call_ids, last.given_up) == (("c-001",), ("c-000",))
    failure = get_failure(connection, "c-000")
    assert failure is not None
    assert "ended 3 times" in failure.reason
    assert waiting(connection) == {"c-001"}


def test_calls_of_one_customer_stay_with_one_worker_where_order_matters(connection: Connection) -> None:
    later = {"started_at": NOW - timedelta(hours=1), "customer_ref": "C-7"}
    many(connection, 3, name="b")
    taken_in(connection, "a-late", **later)
    for hour in range(3):
        taken_in(connection, f"z-{hour}", started_at=NOW - timedelta(hours=9 - hour), customer_ref="C-7")
    taken_in(connection, "other", started_at=NOW, customer_ref="C-8")
    taken_in(connection, "hidden-1", started_at=NOW, customer_ref="anonymous")
    first = claim(connection, "a", limit=1, in_order=True)
    assert set(first.call_ids) == {"a-late", "z-0"}  # the earliest of that customer comes along
    assert {"z-1", "z-2"}.isdisjoint(claim(connection, "b", limit=5, in_order=True).call_ids)
    taken_in(connection, "hidden-2", started_at=NOW, customer_ref="anonymous")
    rest = claim(connection, "c", limit=5, in_order=True)
    assert "hidden-2" in rest.call_ids
    assert {"z-1", "z-2"}.isdisjoint(rest.call_ids)
    claims.release(connection, "a")
    assert set(claim(connection, "d", limit=9, in_order=True).call_ids) >= {"z-0", "z-1", "z-2"}


@pytest.mark.parametrize("in_order", [False, True])
def test_workers_at_once_share_calls_without_loss_or_overlap(store: Store, in_order: bool) -> None:
    with store.begin() as connection:
        for i in range(120):
            taken_in(connection, f"c-{i:03d}", started_at=NOW, customer_ref=f"C-{i % 30}")
    got: list[tuple[str, str]] = []
    ready = threading.Barrier(4)

    def work(worker: str) -> None:
        ready.wait()
        for _ in range(100):
            with store.begin() as connection:
                claimed = claim(connection, worker, limit=7, in_order=in_order).call_ids
            for call_id in claimed:
                got.append((call_id, worker))
                with store.begin() as connection:
                    assert claims.begin(connection, worker, call_id)
                    scored(connection, score(call_id, f"s-{call_id}"))
            if not claimed:
                break

    run_at_once(work, ["a", "b", "c", "d"])
    with store.begin() as connection:  # what a customer's worker still had when others stopped looking
        got += [(call_id, "end") for call_id in claim(connection, "end", limit=200).call_ids]
    assert sorted(call_id for call_id, _ in got) == [f"c-{i:03d}" for i in range(120)]


def run_at_once(work: Callable[[str], None], names: list[str]) -> None:
    failed: list[BaseException] = []

    def guarded(name: str) -> None:
        try:
            work(name)
        except BaseException as error:  # noqa: BLE001 (told below)
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_worker_does_not_wait_for_another_that_is_claiming(postgres_server: PostgresServer) -> None:
    store = open_store(postgres_server.new_url())
    with store.begin() as connection:
        many(connection, 4)
    with store.begin() as one, store.begin() as other:
        first, second = claim(one, "a", limit=2), claim(other, "b", limit=10)
    assert len(first.call_ids) == 2
    assert set(first.call_ids).isdisjoint(second.call_ids)
    store.close()


def test_calls_without_outcome_wait_after_the_update(store: Store) -> None:
    with store.begin() as connection:
        for call_id in ("scored", "failed", "waits"):
            taken_in(connection, call_id)
        scored(connection, score("scored"))
        put_failure(connection, "failed", step="process", reason="no sound", now=NOW)
        bring_back(connection, "0016")
    url = store.engine.url.render_as_string(hide_password=False)
    store.close()
    updated = open_store(url)
    with updated.begin() as connection:
        assert waiting(connection) == {"waits"}
        assert claim(connection).call_ids == ("waits",)
    updated.close()
