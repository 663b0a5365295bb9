"""A worker processes what waits, whatever single calls do, and outlasts a database that goes away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from flows.call_threads import work_in_threads
from flows.claimed_calls import Worker
from flows.leases import renewing
from flows.runtime import Runtime
from pipeline.compliance.packs import load_packs, rules_fingerprint
from pipeline.config import RunSettings, Settings, TranscribeSettings
from pipeline.detectors import Detectors
from pipeline.errors import EngineError, IntakeError, StoreError
from pipeline.parts import Parts
from pipeline.records import MadeBy, Recording
from pipeline.score.rubrics import load_rubrics
from pipeline.sound import CallAudio
from pipeline.store import claims
from pipeline.store.claim_tables import call_claims
from pipeline.store.database import Store
from pipeline.store.failures import failed_calls, get_failure
from pipeline.store.tables import current_scores, scores
from pipeline.transcribe.engine import Engine, Recognition, create_engine
from tests.postgres import PostgresServer, postgres_server, start_server, store_url
from tests.scripted_calls import write_call, write_manifest
from tests.test_run import WordListSentiment
from tests.test_settle import take

__all__ = ["postgres_server", "store_url"]

Hook = Callable[[str], None]


class HookedEngine:
    """The scripted engine, which does something else first with each recording's name."""

    def __init__(self, engine: Engine, runtime: ScriptedRuntime) -> None:
        self.engine, self.runtime = engine, runtime

    def made_by(self, recording: Recording | None = None) -> MadeBy:
        return self.engine.made_by(recording)

    def recognise(self, recording: Recording, audio: CallAudio, *, prompt: str | None = None) -> Recognition:
        self.runtime.hook(Path(recording.media_uri).stem)
        return self.engine.recognise(recording, audio, prompt=prompt)


class ScriptedRuntime(Runtime):
    """A runtime without models."""

    hook: Hook = staticmethod(lambda _: None)

    @cached_property
    def parts(self) -> Parts:
        settings = self.settings
        rules = load_packs(settings.compliance.rules_dir)
        key = rules_fingerprint(rules)
        return Parts(
            settings=settings,
            engine=HookedEngine(create_engine(settings.transcribe, settings.models_dir), self),
            detectors=Detectors(settings=settings, sentiment=WordListSentiment(), rules=rules, rules_key=key),
            rubrics=load_rubrics(settings.score.rubrics_dir),
        )


class Site:
    """A workspace whose calls wait."""

    def __init__(self, folder: Path, url: str, **run: Any) -> None:
        given = {"workers": 1, "claim": 5, "retries": 1, "retry_delay_s": 0, "outage_s": 60, **run}
        self.folder = folder
        self.runtime = ScriptedRuntime(
            settings=Settings(
                workspace=folder / "ws",
                database_url=url,
                transcribe=TranscribeSettings(engine="scripted"),
                run=RunSettings(**given),
            )
        )
        self.ids: dict[str, str] = {}

    @property
    def store(self) -> Store:
        return self.runtime.store

    def take_in(self, *names: str, customer: str = "") -> None:
        rows = []
        for i, name in enumerate(names):
            write_call(self.folder / "calls", name, seed=len(self.ids) + i)
            at = {"started_at": f"2026-10-05T{9 + len(names) - i:02d}:00:00Z", "customer_ref": customer}
            rows.append({"file": f"{name}.wav", "agent_id": "tom", "queue": "bank_support", **at})
        write_manifest(self.folder / "calls", rows)
        self.ids |= take(self.folder / "calls", self.store, names)

    def column(self, statement: Any) -> set[str]:
        names = {call_id: name for name, call_id in self.ids.items()}
        with self.store.read() as connection:
            return {names[call_id] for call_id in connection.scalars(statement)}

    @property
    def scored(self) -> set[str]:
        return self.column(select(current_scores.c.call_id))

    @property
    def waiting(self) -> set[str]:
        return self.column(select(call_claims.c.call_id))

    def failure(self, name: str) -> str:
        with self.store.read() as connection:
            failure = get_failure(connection, self.ids[name])
        assert failure is not None
        return failure.reason


@pytest.fixture
def site(store_url: str, tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path, store_url)
    yield made
    made.store.close()


def test_worker_processes_what_waits_batch_after_batch(site: Site) -> None:
    names = [f"c{i}" for i in range(6)]
    site.take_in(*names)
    worker = Worker(site.runtime)
    assert [worker.work_on_batch() for _ in range(3)] == [5, 1, 0]
    assert site.scored == set(names)
    assert site.waiting == set()
    assert worker.outcomes == {"processed": 6}


def test_call_that_fails_is_listed_and_the_others_are_scored(site: Site) -> None:
    def hook(name: str) -> None:
        if name == "bad":
            raise EngineError("the recogniser fell over")

    site.runtime.hook = hook
    site.take_in("good", "bad")
    worker = Worker(site.runtime)
    worker.work_on_batch()
    assert site.failure("bad") == "the recogniser fell over"
    assert (site.scored, site.waiting) == ({"good"}, set())
    assert worker.work_on_batch() == 0, "what failed does not wait"


def test_fault_that_nobody_foresaw_is_tried_again_and_then_listed_without_its_words(site: Site) -> None:
    times: dict[str, int] = {}

    def hook(name: str) -> None:
        times[name] = times.get(name, 0) + 1
        if name == "always" or times[name] == 1:
            raise MemoryError("words of the call")

    site.runtime.hook = hook
    site.take_in("once", "always")
    Worker(site.runtime).work_on_batch()
    assert times == {"once": 2, "always": 2}
    assert site.scored == {"once"}
    assert "MemoryError" in site.failure("always")
    assert "words" not in site.failure("always")


def test_recording_that_is_gone_for_a_moment_is_tried_again_and_one_that_stays_away_tells_how_often(site: Site) -> None:
    site.take_in("back", "gone")
    seen: list[str] = []

    def lose(name: str) -> None:
        seen.append(name)
        if name == "gone" or seen.count("back") == 1:
            raise IntakeError("unreadable", "the file cannot be opened")

    site.runtime.hook = lose
    Worker(site.runtime).work_on_batch()

    assert site.scored == {"back"}
    assert sorted(seen) == ["back", "back", "gone", "gone"]
    with site.store.read() as connection:
        failure = get_failure(connection, site.ids["gone"])
    assert failure is not None
    assert (failure.reason, failure.tries) == ("the file cannot be opened", 2)


def test_call_that_takes_too_long_is_listed(tmp_path: Path) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'earmark.db'}", call_timeout_s=1)

    def hook(_: str) -> None:
        while True:
            threading.Event().wait(0.01)

    site.runtime.hook = hook
    site.take_in("hangs")
    Worker(site.runtime).work_on_batch()
    assert "run.call_timeout_s = 1 s" in site.failure("hangs")
    site.store.close()


def test_call_that_another_worker_took_is_left_to_it(site: Site) -> None:
    site.take_in("first", "second")

    def hook(_: str) -> None:
        others = update(call_claims).where(call_claims.c.begun_at.is_(None))
        with site.store.begin() as connection:
            connection.execute(others.values(claimed_by="other"))

    site.runtime.hook = hook
    worker = Worker(site.runtime)
    worker.work_on_batch()
    assert worker.outcomes == {"lost": 1, "processed": 1}
    assert len(site.scored) == 1
    assert len(site.waiting) == 1


def test_worker_that_slept_past_its_lease_fails_no_call_that_another_one_scored(site: Site) -> None:
    site.take_in("one")
    other = Worker(site.runtime, name="other")

    def sleep_and_fail(_: str) -> None:
        site.runtime.hook = lambda _: None
        with site.store.begin() as connection:
            connection.execute(update(call_claims).values(until=datetime(2020, 1, 1, tzinfo=UTC)))
        assert other.work_on_batch() == 1
        raise EngineError("the machine's own fault")

    site.runtime.hook = sleep_and_fail
    slept = Worker(site.runtime)
    slept.work_on_batch()
    assert (dict(slept.outcomes), dict(other.outcomes)) == ({"lost": 1}, {"processed": 1})
    with site.store.read() as connection:
        assert failed_calls(connection) == []
    assert site.scored == {"one"}


def test_calls_of_one_customer_are_processed_in_order_of_time(tmp_path: Path) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'earmark.db'}", workers=4)
    heard: list[str] = []
    site.runtime.hook = heard.append
    site.take_in("last", "third", "second", "first", customer="C-7")
    Worker(site.runtime).work_on_batch()
    assert heard == ["first", "second", "third", "last"]
    with site.store.read() as connection:
        assert len(connection.execute(select(scores.c.score_id)).all()) == 4
    site.store.close()


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A server of the test's own: it goes away."""
    server = start_server()
    yield server
    server.stop()


class StartsServer(threading.Event):
    """Lets the database come back in the first pause of whoever waits for it."""

    def __init__(self, server: PostgresServer) -> None:
        super().__init__()
        self.server, self.pauses = server, 0

    def wait(self, timeout: float | None = None) -> bool:
        if not self.pauses:
            self.server.start_again()
        self.pauses += 1
        return self.is_set()


@pytest.mark.parametrize("retries", [0, 2])
def test_worker_outlasts_a_database_that_goes_away(own_postgres: PostgresServer, tmp_path: Path, retries: int) -> None:
    site = Site(tmp_path, own_postgres.new_url(), retries=retries)
    gone: list[str] = []

    def hook(name: str) -> None:
        if not gone:
            gone.append(name)
            own_postgres.end()

    site.runtime.hook = hook
    site.take_in("a", "b", "c")
    starts = StartsServer(own_postgres)
    Worker(site.runtime, stop=starts).work_on_batch()
    assert (len(gone), starts.pauses) == (1, 1)
    assert site.scored == {"a", "b", "c"}
    assert site.waiting == set()
    site.store.close()


def test_database_that_stays_away_ends_the_worker_and_fails_no_call(
    own_postgres: PostgresServer, tmp_path: Path
) -> None:
    site = Site(tmp_path, own_postgres.new_url(), outage_s=0)
    site.runtime.hook = lambda _: own_postgres.end()
    site.take_in("a", "b")
    with pytest.raises(StoreError):
        Worker(site.runtime).work_on_batch()
    own_postgres.start_again()
    with site.store.begin() as connection:
        assert failed_calls(connection) == []
    assert site.waiting == {"a", "b"}
    site.runtime.hook = lambda _: None
    with site.store.begin() as connection:  # the leases that could not be let go of run out
        connection.execute(update(call_claims).values(until=call_claims.c.claimed_at))
    after = Worker(site.runtime)
    while after.work_on_batch():
        pass
    assert site.scored == {"a", "b"}
    site.store.close()


def test_leases_are_renewed_while_at_work_and_let_go_of_at_the_end(store_url: str, tmp_path: Path) -> None:
    site = Site(tmp_path, store_url)
    site.take_in("one")

    def until() -> Any:
        with site.store.read() as connection:
            return connection.scalar(select(call_claims.c.until))

    with renewing(site.store, "a", lease_s=0.05):
        with site.store.begin() as connection:
            claims.claim(connection, "a", limit=5, lease_s=0.05, attempts=3)
        first = until()
        while until() <= first:  # the test's own limit ends it
            threading.Event().wait(0.01)
    assert until() is None
    assert site.waiting == {"one"}
    site.store.close()


def test_threads_work_on_all_calls_and_tell_which_failed() -> None:
    together = threading.Barrier(2, timeout=60)

    def do(call_id: str) -> bool:
        if call_id in ("a", "b"):
            together.wait()  # nobody gets past here alone
        return call_id != "c"

    calls = [("a", None), ("b", None), ("c", "C-1"), ("d", "C-1")]
    stop = threading.Event()
    assert work_in_threads(calls, do, at_once=2, stop=stop) == {"c"}
    assert not stop.is_set()


def test_threads_tell_that_they_stop_before_the_calls_in_work_have_ended() -> None:
    both_at_work, told = threading.Barrier(2), threading.Event()
    told_meanwhile: list[bool] = []

    def do(call_id: str) -> bool:
        both_at_work.wait(timeout=60)
        if call_id == "a":
            raise StoreError("the database is away")
        told_meanwhile.append(told.wait(timeout=60))
        return True

    with pytest.raises(StoreError):
        work_in_threads([("a", None), ("b", None)], do, at_once=2, stop=threading.Event(), stopping=told.set)
    assert told_meanwhile == [True]


def test_worker_that_stops_lets_go_of_what_it_has_not_begun(site: Site) -> None:
    site.take_in("one", "two", "three")
    worker = Worker(site.runtime)
    left: list[set[str]] = []

    def hook(name: str) -> None:
        worker._let_go()
        mine = select(call_claims.c.call_id).where(call_claims.c.claimed_by == worker.name)
        left.append(site.column(mine) - {name})

    site.runtime.hook = hook
    worker.work_on_batch()
    assert left == [set()], "the one at work was kept"
    assert worker.outcomes == {"processed": 1, "lost": 2}
    assert len(site.waiting) == 2


def test_threads_begin_no_other_call_after_an_error() -> None:
    begun: list[str] = []

    def do(call_id: str) -> bool:
        begun.append(call_id)
        raise StoreError("the database is away")

    stop = threading.Event()
    with pytest.raises(StoreError):
        work_in_threads([("a", None), ("b", "C-1"), ("c", "C-1")], do, at_once=1, stop=stop)
    assert begun == ["a"]
    assert stop.is_set()
