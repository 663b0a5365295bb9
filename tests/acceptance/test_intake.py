"""What comes in: formats, metadata from three sources, and files that cannot be used, each with its reason."""

import csv
import json
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.command import AUDIO, Workspace, earmark
from tests.acceptance.recordings import (
    CODECS,
    conversation,
    excerpt,
    script_beside,
    transcript,
    true_transcript,
    truth,
    write,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

Row = dict[str, Any]

SOURCE = truth()["09-no-guarantee"]["file"]
GSM = truth()["19-third-call"]["file"]
LENGTH_MS = 12_000
SHORT = transcript(
    conversation(
        ("agent", "Thank you for calling Harbour Bank, James speaking. This call is recorded."),
        ("customer", "Hi James. I applied for a car loan on Sunday."),
        ("agent", "Let me check that for you."),
    )
)
ARGUMENTS = ("--engine", "scripted", "--rubric", "general")
WITHOUT_ZONE = "2026-10-14T10-22-31_GUID_7f3a_AGENT_priya.shah_CUST_C-1042_.wav"
UNMATCHED = "14-10-2026_GUID_7f3b_AGENT_tom.becker_CUST_C-1043_.wav"
MONTH_13 = "2026-13-02T09-15-00_GUID_9b1d_AGENT_lena.fischer_CUST_C-1093_.wav"

UNUSABLE = (
    "text.wav",
    "nothing.wav",
    "no-sound.wav",
    "cut.flac",
    "cut.wav",
    "noise.mp3",
    WITHOUT_ZONE,
    UNMATCHED,
    MONTH_13,
    "naive.wav",
)


class Folder:
    """A folder of recordings that all differ, each with a transcript for the engine `scripted` beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.begin_ms = 0
        path.mkdir()

    def add(self, name: str, codec: str = "pcm_s16le") -> Path:
        self.begin_ms += 250
        recording = write(self.path / name, excerpt(SOURCE, self.begin_ms, LENGTH_MS), codec)
        script_beside(recording, SHORT)
        return recording

    def sidecar(self, recording: Path, **values: str) -> None:
        recording.with_suffix(".json").write_text(json.dumps(values))


def fill(folder: Folder) -> None:
    for name, codec in CODECS.items():
        folder.add(name, codec)
    gsm = Path(shutil.copy(AUDIO / GSM, folder.path / "gsm.wav"))
    script_beside(gsm, true_transcript("19-third-call"))

    for name in ("in-manifest.wav", "naive.wav"):
        folder.add(name)
    with (folder.path / "manifest.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "started_at", "agent_id", "team", "queue", "direction", "customer_ref"])
        table.writerow(["in-manifest.wav", "2026-10-05T23:30:00-04:00", "ana.m", "west", "sales", "outbound", "K-1"])
        table.writerow(["naive.wav", "2026-10-05T23:30:00", "ana.m", "west", "sales", "outbound", "K-2"])
    beside = folder.add("in-sidecar.wav")
    folder.sidecar(
        beside,
        started_at="2026-10-06T08:00:00+02:00",
        agent_id="bo.n",
        team="east",
        queue="billing",
        customer_ref="K-3",
    )
    for name in (WITHOUT_ZONE, UNMATCHED, MONTH_13):
        folder.add(name)

    first = folder.add("twice-a.wav")
    shutil.copy(first, folder.path / "twice-b.wav")
    script_beside(folder.path / "twice-b.wav", SHORT)
    again = write(folder.path / "twice-c.flac", excerpt(SOURCE, folder.begin_ms, LENGTH_MS), "flac")
    script_beside(again, SHORT)

    (folder.path / "text.wav").write_text("This is a note that somebody saved under the wrong ending.\n" * 40)
    (folder.path / "nothing.wav").write_bytes(b"")
    whole = folder.add("whole.wav")
    (folder.path / "no-sound.wav").write_bytes(whole.read_bytes()[:44])
    (folder.path / "cut.wav").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    whole.rename(folder.path / "whole-call.wav")
    flac = folder.add("whole.flac", "flac")
    (folder.path / "cut.flac").write_bytes(flac.read_bytes()[: flac.stat().st_size // 2])
    flac.unlink()
    (folder.path / "noise.mp3").write_bytes(bytes(range(256)) * 64)
    script_beside(folder.path / "whole-call.wav", SHORT)


@pytest.fixture(scope="module")
def intake(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A folder with everything in it, run without any setting."""
    home = tmp_path_factory.mktemp("intake")
    folder = Folder(home / "calls")
    fill(folder)
    run = earmark("run", folder.path, *ARGUMENTS, "--workspace", home / "workspace", cwd=home)
    return Workspace(path=home / "workspace", home=home, run=run)


@pytest.fixture(scope="module")
def rows(intake: Workspace) -> dict[str, Row]:
    intake.run.ok()
    return {Path(row["media_uri"]).name: row for row in intake.calls()}


@pytest.fixture(scope="module")
def reason_of(rows: dict[str, Row]) -> Callable[[str], str]:
    def reason(name: str) -> str:
        row = rows[name]
        assert row["status"] == "failed", row
        assert row["score_share"] is None
        return " ".join(defect["reason"] for defect in row["defects"]) + " " + str(row.get("failure") or "")

    return reason


def test_the_rest_of_the_batch_goes_on(intake: Workspace, rows: dict[str, Row]) -> None:
    intake.run.ok()
    failed = {name for name, row in rows.items() if row["status"] == "failed"}
    assert failed == set(UNUSABLE)
    assert {row["status"] for name, row in rows.items() if name not in UNUSABLE} == {"scored"}


def test_failed_files_and_nothing_else_are_listed_as_failed(intake: Workspace) -> None:
    listed = intake.calls("--status", "failed")
    assert {Path(row["media_uri"]).name for row in listed} == set(UNUSABLE)


@pytest.mark.parametrize("name", [*CODECS, "gsm.wav"])
def test_formats_of_telephone_systems_are_read(intake: Workspace, rows: dict[str, Row], name: str) -> None:
    row = rows[name]
    assert row["status"] == "scored", row["defects"]
    recording = intake.show(row["call_id"])["recording"]
    assert recording["channels"] == (1 if name == "gsm.wav" else 2)
    expected = truth()["19-third-call"]["duration_ms"] if name == "gsm.wav" else LENGTH_MS
    assert recording["duration_ms"] == pytest.approx(expected, abs=150)


def test_the_same_call_under_several_names_is_one_call(intake: Workspace, rows: dict[str, Row]) -> None:
    names = {"twice-a.wav", "twice-b.wav", "twice-c.flac"}
    listed = names & set(rows)
    assert len(listed) == 1, listed
    assert rows[listed.pop()]["status"] == "scored"


def test_metadata_of_a_manifest(intake: Workspace, rows: dict[str, Row]) -> None:
    row = rows["in-manifest.wav"]
    assert (row["agent_id"], row["team"], row["queue"]) == ("ana.m", "west", "sales")
    assert datetime.fromisoformat(row["started_at"]) == datetime(2026, 10, 6, 3, 30, tzinfo=UTC)
    recording = intake.show(row["call_id"])["recording"]
    assert (recording["direction"], recording["customer_ref"]) == ("outbound", "K-1")


def test_metadata_of_a_sidecar(intake: Workspace, rows: dict[str, Row]) -> None:
    row = rows["in-sidecar.wav"]
    assert (row["agent_id"], row["team"], row["queue"]) == ("bo.n", "east", "billing")
    assert datetime.fromisoformat(row["started_at"]) == datetime(2026, 10, 6, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "tells"),
    [
        ("text.wav", r"no sound|not .*(?:sound|audio|recording)|cannot be read"),
        ("nothing.wav", r"empty|no sound"),
        ("no-sound.wav", r"empty|no sound"),
        ("cut.flac", r"breaks off|truncated|incomplete|only [0-9.]+ s are there"),
        ("cut.wav", r"breaks off|truncated|incomplete|only [0-9.]+ s are there"),
        ("noise.mp3", r"no sound|not .*(?:sound|audio|recording)|cannot be read|damaged"),
        (WITHOUT_ZONE, r"zone"),
        ("naive.wav", r"zone"),
        (UNMATCHED, r"pattern|match"),
        (MONTH_13, r"date|day|month|time"),
    ],
)
def test_the_reason_is_plain(reason_of: Callable[[str], str], name: str, tells: str) -> None:
    reason = reason_of(name)
    assert re.search(tells, reason, re.IGNORECASE), reason
    assert not re.search(r"Errno|Exception|Traceback|av\.|<class|\{|\\x", reason), reason
    assert 20 < len(reason) < 400


def test_defects_are_shown_to_a_reader_too(intake: Workspace, reason_of: Callable[[str], str]) -> None:
    table = " ".join(intake.ask("calls", "list", "--status", "failed").ok().out.split())
    for part in ("zone", "pattern", "empty"):
        assert part in table


def test_a_mended_file_is_taken_on_the_next_run(intake: Workspace, rows: dict[str, Row]) -> None:
    settings = intake.home / "site.toml"
    settings.write_text('[intake]\nsite_timezone = "America/New_York"\n')
    calls = intake.home / "calls"
    intake.ask("run", calls / WITHOUT_ZONE, calls / "naive.wav", *ARGUMENTS, "--config", settings).ok()
    after = {Path(row["media_uri"]).name: row for row in intake.calls()}
    mended = after[WITHOUT_ZONE]
    assert mended["status"] == "scored"
    assert mended["agent_id"] == "priya.shah"
    assert datetime.fromisoformat(mended["started_at"]) == datetime(2026, 10, 14, 14, 22, 31, tzinfo=UTC)
    assert intake.show(mended["call_id"])["recording"]["customer_ref"] == "C-1042"
    assert after["naive.wav"]["status"] == "scored"
    assert datetime.fromisoformat(after["naive.wav"]["started_at"]) == datetime(2026, 10, 6, 3, 30, tzinfo=UTC)
    failed = {name for name, row in after.items() if row["status"] == "failed"}
    assert failed == set(UNUSABLE) - {WITHOUT_ZONE, "naive.wav"}
    for name, row in rows.items():
        if row["status"] == "scored":
            assert after[name] == row
