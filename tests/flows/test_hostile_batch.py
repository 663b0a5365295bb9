"""Two hundred malformed and hostile files among good calls: the batch ends, all of them are told, nothing grows."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.canonical import from_json
from pipeline.intake.defects import DEFECTS
from pipeline.records import Defect
from tests.intake.hostile_batch import HOSTILE, Batch, write_good_calls, write_hostile_batch

MOST_GROWTH_MB = 500
"""What hostile files may cost beyond the good calls alone. Most of it goes into a manifest of a million rows, which is
allowed; others claim 20 GB, or decode to 30 days."""

TURNS_TEXT = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A run that has ended."""

    code: int
    out: str
    err: str
    peak_mb: float
    database: Path


def run(recordings: Path, workspace: Path) -> Ran:
    """Run in a process of its own, whose end tells the most memory that it ever held."""
    workspace.mkdir()
    # An hour is enough to show that decoding stops, in an eighth of the time that the usual bound would take.
    (workspace / "earmark.toml").write_text("[intake]\nmax_duration_ms = 3600000\n")
    words = ["run", str(recordings), "--engine", "scripted", "--workspace", str(workspace)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("EARMARK_", "PREFECT_"))}
    out, err = workspace.with_suffix(".out"), workspace.with_suffix(".err")
    with out.open("wb") as to_out, err.open("wb") as to_err:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli.main", *words],
            env=kept,
            stdin=subprocess.DEVNULL,
            stdout=to_out,
            stderr=to_err,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Ran(
        code=process.returncode,
        out=out.read_text("utf-8"),
        err=err.read_text("utf-8"),
        peak_mb=used.ru_maxrss / (1024 if sys.platform == "linux" else 1 << 20),
        database=workspace / "earmark.db",
    )


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Batch, Ran]:
    folder = tmp_path_factory.mktemp("hostile").resolve()
    batch = write_hostile_batch(folder / "calls")
    return batch, run(folder / "calls", folder / "workspace")


def rows(database: Path, query: str) -> list[Any]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


@pytest.mark.slow
def test_a_batch_of_hostile_files_ends_with_the_good_calls_scored(hostile: tuple[Batch, Ran]) -> None:
    batch, ran = hostile

    assert batch.hostile == HOSTILE
    assert ran.code == 0, ran.err
    scored = rows(ran.database, "SELECT media_uri FROM recordings JOIN current_scores USING (call_id)")
    assert {str(path) for path in batch.good} <= {uri for (uri,) in scored}


@pytest.mark.slow
def test_every_hostile_file_is_listed_with_a_code_or_a_reason(hostile: tuple[Batch, Ran]) -> None:
    batch, ran = hostile
    listed = {
        uri: (call_id, [d.code for d in from_json(tuple[Defect, ...], defects) if d.fatal])
        for uri, call_id, defects in rows(ran.database, "SELECT media_uri, call_id, defects FROM files")
    }
    reasons = dict(rows(ran.database, "SELECT media_uri, reason FROM recordings JOIN failures USING (call_id)"))

    for path, code in batch.bad.items():
        call_id, codes = listed[str(path)]
        assert call_id is None, path
        assert codes, path
        assert set(codes) <= set(DEFECTS), path
        assert code is None or code in codes, (path, codes)
    for path in batch.lost:
        assert reasons[str(path)], path
        assert "unexpected" not in reasons[str(path)], path
    expected = batch.good | set(batch.bad) | batch.lost | batch.either
    assert set(listed) == {str(path) for path in expected}, "each once, and nothing from outside the folder"


@pytest.mark.slow
def test_a_hostile_batch_leaves_no_partial_row(hostile: tuple[Batch, Ran]) -> None:
    _, ran = hostile

    for uri, call_id, defects in rows(ran.database, "SELECT media_uri, call_id, defects FROM files"):
        assert (call_id is None) == any(defect["fatal"] for defect in json.loads(defects)), uri
    calls = {call_id for (call_id,) in rows(ran.database, "SELECT call_id FROM recordings")}
    scored = {call_id for (call_id,) in rows(ran.database, "SELECT call_id FROM current_scores")}
    failed = {call_id for (call_id,) in rows(ran.database, "SELECT call_id FROM failures")}
    assert calls == scored | failed
    assert not scored & failed
    without_file = (
        "SELECT call_id FROM recordings WHERE call_id NOT IN (SELECT call_id FROM files WHERE call_id NOT NULL)"
    )
    assert rows(ran.database, without_file) == []
    assert rows(ran.database, "PRAGMA foreign_key_check") == []
    assert rows(ran.database, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.slow
def test_a_hostile_batch_prints_nothing_that_steers_a_terminal(hostile: tuple[Batch, Ran]) -> None:
    _, ran = hostile

    for line in (ran.out + ran.err).splitlines():
        steering = {char for char in line if unicodedata.category(char) == "Cc" or char in TURNS_TEXT}
        assert steering <= {"\t"}, ascii(line)
    assert "Traceback" not in ran.out + ran.err
    assert "lines.wav" not in {line.split(" (")[0] for line in ran.err.splitlines()}, "a name must not begin a line"


@pytest.mark.slow
def test_a_hostile_batch_takes_hardly_more_memory_than_its_good_calls(
    hostile: tuple[Batch, Ran], tmp_path: Path
) -> None:
    write_good_calls(tmp_path / "calls")
    usual = run(tmp_path / "calls", tmp_path / "workspace")
    assert usual.code == 0, usual.err

    assert hostile[1].peak_mb < usual.peak_mb + MOST_GROWTH_MB, (hostile[1].peak_mb, usual.peak_mb)
