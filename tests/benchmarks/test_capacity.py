"""The capacity benchmark: what it makes, how it counts, and the sheet that the docs show."""

from __future__ import annotations

import json
import re
import wave
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from benchmarks import console_calls
from benchmarks.capacity import growth, million
from benchmarks.capacity.figures import Figures, keep, line, read_figures
from benchmarks.capacity.material import SHORT, USUAL, USUAL_S, write_calls
from benchmarks.capacity.sheet import CALLS_A_DAY, GPUS, Gpu, Site, by_gpu, by_processor, sheet
from benchmarks.capacity.work import Worked
from pipeline.store.console_tables import call_overviews, searchable_calls
from pipeline.store.database import open_store
from pipeline.store.tables import criterion_results, metadata, recordings, scores
from tests.postgres import PostgresServer
from tests.store.builders import score, scored, taken_in

FIGURES = Figures(
    core_s_per_call=2.0,
    core_s_per_minute=8.0,
    rest_s_per_call=1.0,
    rest_s_per_minute=0.5,
    bytes_per_call=10_000,
    bytes_per_minute=15_000,
    made="on a test",
)
SITE = Site(calls_per_day=86_400, minutes=6, peak=1, utilisation=1, cores_per_machine=16, keep_days=10)


def test_processors_are_counted_by_what_a_call_takes() -> None:
    needed = by_processor(SITE, FIGURES)  # a call a second, 50 core seconds each
    assert (needed.cores, needed.machines, needed.gpus) == (50, 4, 0)
    assert needed.database_gb == pytest.approx(86_400 * 10 * 100_000 / 1e9)
    assert needed.cost_month == pytest.approx(4 * 16 * 0.04 * 730 + needed.database_gb * 0.1)


def test_peak_and_utilisation_multiply_what_is_needed() -> None:
    needed = by_processor(replace(SITE, peak=3, utilisation=0.6), FIGURES)
    assert needed.cores == pytest.approx(50 * 3 / 0.6)


def test_gpus_take_recognition_and_leave_the_rest_to_processors() -> None:
    needed = by_gpu(SITE, FIGURES, Gpu(model="m", speed=40, source="a test"))
    assert needed.gpus == 9  # 360 seconds of audio a second
    assert needed.cores == pytest.approx(4)
    assert by_gpu(replace(SITE, calls_per_day=1), FIGURES, GPUS[0]).gpus == 1


def test_line_goes_through_both_kinds_of_calls_and_never_below_nothing() -> None:
    through = line("core_s", (1, 10), (6, 40))
    assert through == {"core_s_per_call": pytest.approx(4), "core_s_per_minute": pytest.approx(6)}
    assert line("core_s", (1, 1), (6, 60)) == {"core_s_per_call": 0, "core_s_per_minute": 10}


def test_worker_is_counted_by_the_clock_and_by_the_processor() -> None:
    done = Worked(calls=10, minutes=60, workers=1, cores=2, wall_s=100.0, cpu_s=200.0)
    assert done.calls_per_hour == 360
    assert done.cpu_s_per_call == 20
    assert done.row("usual") == "| usual | 1 | 10 | 6.0 | 360 | 180 | 18.0 | 20.0 | 180 |"


def test_calls_have_sounds_of_their_own(tmp_path: Path) -> None:
    few = write_calls(tmp_path / "few", SHORT, 3)
    one = write_calls(tmp_path / "one", USUAL, 1)
    found = sorted(few.folder.rglob("*.wav"))
    assert found == sorted(few.minutes)
    assert len({file.read_bytes() for file in found}) == 3
    others = write_calls(tmp_path / "others", SHORT, 1, first=3)
    assert {file.name for file in others.minutes} == {"short-0003.wav"}
    assert one.mean_minutes * 60 == USUAL_S
    with wave.open(str(next(one.folder.rglob("*.wav")))) as opened:
        assert (opened.getnchannels(), opened.getframerate()) == (2, 8000)


def test_same_sample_is_another_call_the_second_time(tmp_path: Path) -> None:
    samples = len({file.name for file in write_calls(tmp_path / "a", SHORT, 1).folder.rglob("*.wav")})
    again = write_calls(tmp_path / "b", SHORT, 40)
    sounds = {file.read_bytes() for file in again.folder.rglob("*.wav")}
    assert (samples, len(sounds)) == (1, 40)


def test_growth_counts_both_kinds_of_database(tmp_path: Path, postgres_server: PostgresServer) -> None:
    url = f"sqlite:///{tmp_path / 'calls.db'}"
    with closing(open_store(url)) as store, store.begin() as connection:
        for number in range(50):
            taken_in(connection, f"c-{number}")
            scored(connection, score(f"c-{number}", f"s-{number}"))
    target = postgres_server.new_url()
    found = growth.grown(url, [f"sqlite:///{tmp_path / 'copy.db'}", target], minutes=1, least=100)
    assert found.calls == 100
    assert found.sqlite > 0
    assert found.postgresql["scores"] > 0
    assert re.fullmatch(r"\| fifty \| 100 \| 1\.0 \| [\d.]+ \| [\d.]+ \| .*scores [\d.]+.* \|", found.row("fifty"))
    with closing(open_store(target)) as store, store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(call_overviews)) == 100


@pytest.mark.slow
def test_million_is_made_of_whole_calls(postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_calls, "BLOCK", 30)
    monkeypatch.setattr(console_calls, "CONVERSATIONS", 2)
    with postgres_server.connect() as connection:
        connection.execute("CREATE DATABASE capacity_of_a_test")
    url = postgres_server.url("capacity_of_a_test")
    loaded = million.load(url, 120)
    assert loaded.calls == 120
    with closing(open_store(url)) as store, store.begin() as connection:
        for table in (recordings, scores, call_overviews, searchable_calls):
            of_calls = table.c.call_id.like("c-0%")
            count, ids = connection.execute(
                select(func.count(), func.count(table.c.call_id.distinct())).where(of_calls)
            ).one()
            assert (table.name, count, ids) == (table.name, 120, 120)
        assert connection.scalar(select(func.count(criterion_results.c.score_id.distinct()))) == 120
        assert connection.scalar(select(func.count(recordings.c.agent_id.distinct()))) >= 100
        keys = connection.execute(text("SELECT conrelid::regclass, conname FROM pg_constraint WHERE NOT convalidated"))
        for table_name, key in keys.all():  # every row's call and score are there
            connection.execute(text(f"ALTER TABLE {table_name} VALIDATE CONSTRAINT {key}"))
        indexes = connection.execute(text("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'"))
        assert {index.name for table in metadata.tables.values() for index in table.indexes} <= set(indexes.scalars())


def test_figures_are_kept_part_by_part(tmp_path: Path) -> None:
    keep({"made": "on Monday", "core_s_per_call": 1.0}, "Calls", "first", folder=tmp_path)
    keep({"made": "on Tuesday"}, "Calls", "second", folder=tmp_path)
    keep({}, "Pages", "third", folder=tmp_path)
    assert json.loads((tmp_path / "figures.json").read_text()) == {"made": "on Tuesday", "core_s_per_call": 1.0}
    page = (tmp_path / "CAPACITY.md").read_text()
    assert [part in page for part in ("first", "second", "third")] == [False, True, True]


def test_capacity_page_shows_the_sheet_of_the_figures_measured_last() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "capacity.md").read_text()
    shown = sheet([Site(calls_per_day=calls) for calls in CALLS_A_DAY], read_figures())
    assert shown in page, "the figures have changed: python -m benchmarks.capacity sheet --write"


@pytest.mark.parametrize(("changed", "told"), [({"utilisation": 1.2}, "at most 1"), ({"minutes": 0}, "more than 0")])
def test_site_that_no_centre_has_is_refused(changed: dict[str, float], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        replace(SITE, **changed)
