"""A watch goes on: over new recordings, a source that is away, and the jobs of the day."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time as clock
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import fsspec
import pytest

from flows.arrivals import Watch, arrived, still_written
from flows.runtime import Runtime, using
from pipeline.config import IntakeSettings, Settings
from pipeline.errors import ReportError
from pipeline.media import servers
from pipeline.store.calls import list_calls
from tests.scripted_calls import write_call

NOON = datetime(2026, 10, 14, 12, 0, tzinfo=ZoneInfo("UTC"))


@pytest.fixture
def told() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def runtime(tmp_path: Path, told: list[tuple[str, str]]) -> Iterator[Runtime]:
    settings = Settings(workspace=tmp_path / "workspace", intake=IntakeSettings(settle_s=10))
    with using(Runtime(settings=settings, report=lambda *event: told.append(event))) as current:
        yield current


@pytest.fixture
def bucket() -> Iterator[fsspec.AbstractFileSystem]:
    memory = fsspec.filesystem("memory")
    yield memory
    memory.store.clear()
    servers.forget()


def taking_in(media_uris: list[str], roots: list[str]) -> object:
    from flows.intake import take_in_files
    from flows.runtime import current

    current().forget_manifests()
    return take_in_files.fn(media_uris, roots)


def test_new_recordings_become_calls_and_are_not_looked_at_twice(
    runtime: Runtime, tmp_path: Path, bucket: fsspec.AbstractFileSystem
) -> None:
    calls = tmp_path / "calls"
    write_call(calls, "a", seed=1)
    bucket.pipe("/calls/b.wav", write_call(tmp_path / "other", "b", seed=2).read_bytes())
    watch = Watch(runtime=runtime, roots=[str(calls), "memory://calls"], score=taking_in)
    assert watch.look(now=NOON, now_s=0) == 1  # the object; the file may still grow
    assert watch.look(now=NOON, now_s=11) == 1
    assert watch.look(now=NOON, now_s=22) == 0
    with runtime.store.read() as connection:
        assert len(list_calls(connection)) == 2
    again = Watch(runtime=runtime, roots=[str(calls), "memory://calls"], score=taking_in)
    assert [again.look(now=NOON, now_s=0), again.look(now=NOON, now_s=11)] == [0, 0]


def test_recordings_that_still_grow_wait_for_the_next_intake(runtime: Runtime, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    whole, growing = write_call(calls, "whole", seed=1), write_call(calls, "growing", seed=2)
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        with growing.open("ab") as file:
            file.write(b"more")

    assert still_written(runtime, [str(calls)], wait=wait) == {str(growing)}
    taking_in([str(whole), str(growing)], [str(calls)])
    assert still_written(runtime, [str(calls)], wait=wait) == set()
    assert waited == [10]


def test_recordings_arrive_once_and_again_when_they_were_written_anew(runtime: Runtime, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    known, new = write_call(calls, "known", seed=1), write_call(calls, "new", seed=2)
    taking_in([str(known)], [str(calls)])
    assert arrived(runtime, [str(calls)], wait=lambda _: None) == [str(new)]
    taking_in([str(new)], [str(calls)])
    assert arrived(runtime, [str(calls)], wait=lambda _: None) == []
    write_call(calls, "known", seed=3)
    assert arrived(runtime, [str(calls)], wait=lambda _: None) == [str(known)]


def test_source_that_is_away_is_told_and_looked_for_again(runtime: Runtime, told: list[tuple[str, str]]) -> None:
    pytest.importorskip("aiohttp", reason="aiohttp is not installed: pip install -e '.[dev]'")
    watch = Watch(runtime=runtime, roots=["http://127.0.0.1:9/calls/"], score=taking_in)
    assert [watch.look(now=NOON, now_s=0), watch.look(now=NOON, now_s=1)] == [0, 0]
    assert [event for event, _ in told] == ["source_away", "source_away"]
    assert "http://127.0.0.1:9" in told[0][1]


def test_jobs_of_the_day_are_done_once_when_their_time_has_come(runtime: Runtime) -> None:
    done: list[datetime] = []
    now = NOON
    watch = Watch(runtime=runtime, roots=[], score=taking_in, daily={lambda: done.append(now): time(12, 30)})
    for now in (NOON, NOON.replace(minute=29), NOON.replace(minute=31), NOON.replace(hour=23)):
        watch.look(now=now, now_s=0)
    assert done == [NOON.replace(minute=31)]
    now = NOON.replace(day=15, minute=30)
    watch.look(now=now, now_s=0)
    assert len(done) == 2


def test_a_job_of_the_day_that_fails_is_told_and_done_again_the_next_day(
    runtime: Runtime, told: list[tuple[str, str]]
) -> None:
    def fail() -> None:
        raise ReportError("some files could not be deleted")

    watch = Watch(runtime=runtime, roots=[], score=taking_in, daily={fail: time(12, 30)})
    for day in (14, 15):
        for hour in (12, 13, 14):
            watch.look(now=NOON.replace(day=day, hour=hour), now_s=0)
    assert told == [("job_failed", "some files could not be deleted")] * 2


def scored(workspace: Path) -> int:
    """Count scores while somebody else writes; 0 where there is no table yet."""
    if not (workspace / "earmark.db").exists():
        return 0
    with closing(sqlite3.connect(f"file:{workspace / 'earmark.db'}?mode=ro", uri=True, timeout=5)) as connection:
        try:
            return int(connection.execute("select count(*) from scores").fetchone()[0])
        except sqlite3.OperationalError:
            return 0


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM is for POSIX")
def test_served_watch_scores_what_arrives_while_it_runs(tmp_path: Path) -> None:
    calls, workspace = tmp_path / "calls", tmp_path / "workspace"
    write_call(calls, "first", seed=1)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("EARMARK_", "PREFECT_"))}
    variables = {"EARMARK_TRANSCRIBE__ENGINE": "scripted", "EARMARK_INTAKE__SETTLE_S": "1"}
    served = ["flows", "serve", str(calls), "--watch-seconds", "1", "--workspace", str(workspace)]
    with subprocess.Popen(
        [sys.executable, "-m", "app.cli.main", *served], env=kept | variables, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            for wanted, name in ((1, "second"), (2, "third"), (3, None)):
                wait_until(lambda wanted=wanted: scored(workspace) >= wanted or process.poll() is not None)
                assert process.poll() is None
                if name:
                    write_call(calls, name, seed=wanted + 1)
        finally:
            process.terminate()
            _, said = process.communicate(timeout=60)
    assert "Traceback" not in said
    assert scored(workspace) == 3
    assert (workspace / "reports" / "index.html").is_file()


def wait_until(holds: Callable[[], bool], timeout_s: float = 240) -> None:
    end = clock.monotonic() + timeout_s
    while not holds():
        assert clock.monotonic() < end, "waited in vain"
        clock.sleep(0.2)
