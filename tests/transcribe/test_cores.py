from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pipeline.transcribe.cores import Cores, core_count


class Busy:
    """Counts who computes at the same time."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self._lock = threading.Lock()

    def work(self, cores: Cores, wanted: int) -> None:
        with cores.hold(wanted):
            with self._lock:
                self.now += wanted
                self.most = max(self.most, self.now)
            time.sleep(0.02)
            with self._lock:
                self.now -= wanted


def together(cores: list[Cores], wanted: list[int]) -> int:
    busy = Busy()
    threads = [threading.Thread(target=busy.work, args=(c, w)) for c in cores for w in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive(), "waits for ever"
    return busy.most


@pytest.mark.parametrize("wanted", [[1] * 6, [2, 1, 2, 1], [2, 2, 2]])
def test_never_more_cores_are_held_than_there_are(tmp_path: Path, wanted: list[int]) -> None:
    two_processes = [Cores(tmp_path / "cores", 2), Cores(tmp_path / "cores", 2)]
    assert together(two_processes, wanted) == 2


def test_more_than_there_are_cannot_be_wanted(tmp_path: Path) -> None:
    with Cores(tmp_path / "cores", 2).hold(5):
        pass


HOLDS = """
import sys, time
from pathlib import Path
from pipeline.transcribe.cores import Cores
with Cores(Path(sys.argv[1]), 1).hold():
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_killed_process_gives_its_core_back(tmp_path: Path) -> None:
    folder = tmp_path / "cores"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(folder)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        got = threading.Event()

        def wait() -> None:
            with Cores(folder, 1).hold():
                got.set()

        waiting = threading.Thread(target=wait)
        waiting.start()
        assert not got.wait(0.2)
        other.kill()
        assert got.wait(10)
        waiting.join()


def test_a_folder_that_cannot_be_made_holds_nobody_up(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with Cores(tmp_path / "file" / "cores", 1).hold(), Cores(tmp_path / "file" / "cores", 1).hold():
        pass


def test_core_count_is_what_settings_say_or_what_there_is() -> None:
    assert core_count(3) == 3
    assert core_count(0) >= 1
