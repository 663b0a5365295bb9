"""`kill -9` in the middle of a back-up, and a back-up in the middle of a run."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.backup.archive import COPY, UNFINISHED
from pipeline.backup.create import create
from pipeline.backup.restore import verify
from pipeline.config import Settings
from pipeline.errors import BackupError
from tests.flows.test_batch import command, environment, made_at, run, snapshot, stored
from tests.scripted_calls import write_batch
from tests.store.builders import NOW

CALLS = 12

_HANGING = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from pipeline.backup import archive
from pipeline.backup.create import create
from pipeline.config import Settings

def hang(self, manifest):
    self._archive.fp.flush()
    print("hanging", flush=True)
    time.sleep(600)

archive.Writer.end = hang
settings, out = Settings(workspace=Path(sys.argv[1])), Path(sys.argv[2])
create(settings, out, settings_file=None, uploads=True, now=datetime.now(UTC))
"""


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_killed_back_up_leaves_nothing_that_looks_whole(settings: Settings, tmp_path: Path) -> None:
    out = tmp_path / "backups" / "back-up"
    out.parent.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", _HANGING, str(settings.workspace), str(out)], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "hanging\n"
        with pytest.raises(BackupError, match="another back-up is writing"):
            create(settings, out, settings_file=None, uploads=True, now=NOW)
        process.send_signal(signal.SIGKILL)
    assert not out.exists()
    assert {path.stat().st_mode & 0o777 for path in out.parent.iterdir()} == {0o600}

    left = {path.name for path in out.parent.iterdir()}
    assert left == {f".back-up{UNFINISHED}", f".back-up{COPY}"}

    next_day = out.with_name("back-up-of-the-next-day")
    made = create(settings, next_day, settings_file=None, uploads=True, now=NOW)

    assert verify(next_day) == made.manifest
    assert [path.name for path in out.parent.iterdir()] == [next_day.name], "what the killed one left is gone"


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_parts_of_killed_back_ups_go_and_those_of_others_stay(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    of_killed = [f".a{COPY}", f".a{COPY}-journal", f".b{UNFINISHED}"]
    of_others = [".c.part", ".d.database.part", "e.earmark-part"]
    written_now = [f".f{UNFINISHED}", f".f{COPY}"]
    for name in (*of_killed, *of_others, *written_now):
        (folder / name).write_text("words of calls")

    with (folder / written_now[0]).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        create(settings, folder / "g", settings_file=None, uploads=True, now=NOW)

    assert sorted(path.name for path in folder.iterdir()) == sorted([*of_others, *written_now, "g"])
    assert {(folder / name).read_text() for name in (*of_others, *written_now)} == {"words of calls"}


@pytest.mark.slow
def test_a_run_goes_on_from_a_back_up_that_was_made_during_another(tmp_path: Path) -> None:
    recordings = write_batch(tmp_path / "recordings", CALLS)
    alone, broken, restored = tmp_path / "alone", tmp_path / "broken", tmp_path / "restored"
    assert run(recordings, alone).returncode == 0

    process = subprocess.Popen(
        command(recordings, broken), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 240
    while stored(broken, "scores") < 2 and time.monotonic() < deadline:
        assert process.poll() is None, "the run ended before it could be backed up"
        time.sleep(0.01)
    made = create(Settings(workspace=broken), tmp_path / "back-up", settings_file=None, uploads=True, now=NOW)
    process.send_signal(signal.SIGKILL)  # the machine is lost
    process.wait()
    assert 2 <= made.manifest.tables["scores"].rows < CALLS, "backed up in the middle"

    for words in (["verify", "back-up"], ["restore", "back-up", "--workspace", "restored"]):
        done = subprocess.run(
            [sys.executable, "-m", "app.cli.main", "backup", *words],
            cwd=tmp_path, env=environment() | {"PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert f"Recordings: {made.manifest.tables['recordings'].rows} of" in done.stdout
    made_before = made_at(restored)
    assert made_before
    again = run(recordings, restored)

    assert again.returncode == 0, again.stderr
    assert snapshot(restored) == snapshot(alone)
    made_after = made_at(restored)
    assert {key: made_after[key] for key in made_before} == made_before, "what was finished is not done again"
