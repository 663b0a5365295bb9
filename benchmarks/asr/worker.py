"""One system in a process of its own, so that its memory is its own: ``python -m benchmarks.asr.worker``.

The parent writes a line of JSON for each file and reads one back. `Worker` is the parent's side.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.asr.measures import Heard
from benchmarks.asr.systems import SYSTEMS, Options, command_of

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a system made of one file.

    Attributes:
        took_s: Time from the file on disk to its words.
        cpu_s: The processor's time for it, over all cores: what other programs do bears on it less.
        peak_mb: The most memory that the process has held so far, weights and libraries included, 10**6 bytes.
        problem: What went wrong; the words are empty then.
    """

    words: tuple[Heard, ...] = ()
    took_s: float = 0.0
    cpu_s: float = 0.0
    peak_mb: float = 0.0
    problem: str | None = None


class Worker:
    """A running system. Ends with the ``with`` block."""

    def __init__(self, name: str, options: Options) -> None:
        """Start it; weights are loaded by the first file."""
        self.name = name
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.asr.worker", name, json.dumps(asdict(options))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def hear(self, file: Path) -> Answer:
        """Return what it hears in a file; whatever fails there is told in the answer."""
        if self._process.poll() is not None:
            return Answer(problem=f"its process ended with {self._process.returncode}")
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(str(file.resolve())) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            return Answer(problem=f"its process ended with {self._process.wait()}")
        data: dict[str, Any] = json.loads(line)
        return Answer(**{**data, "words": tuple(Heard(**word) for word in data["words"])})


def hear_cold(name: str, options: Options, file: Path) -> Answer:
    """Return what a system makes of one file in a process that is started for it: the command, where it has one."""
    began_s, before_s = time.perf_counter(), _cpu_s(resource.RUSAGE_CHILDREN)
    words: tuple[Heard, ...] = ()
    problem = None
    command = command_of(name, options)
    if command:
        try:
            words = tuple(command(file))
        except (RuntimeError, ValueError) as error:
            problem = str(error)
    else:
        with Worker(name, options) as worker:
            answer = worker.hear(file)
        words, problem = answer.words, answer.problem
    return Answer(
        words=words,
        took_s=time.perf_counter() - began_s,
        cpu_s=_cpu_s(resource.RUSAGE_CHILDREN) - before_s,
        problem=problem,
    )


def peak_mb() -> float:
    """Return the most memory this process has held, 10**6 bytes.

    From /proc where there is one: ``ru_maxrss`` still counts what the parent held when it started this process.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6


def _cpu_s(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Answer one line for each line that comes in."""
    parser = argparse.ArgumentParser(description="One system of the benchmark.")
    parser.add_argument("name", choices=SYSTEMS)
    parser.add_argument("options", type=json.loads)
    arguments = parser.parse_args()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints must not end up among the answers
    options = Options(**arguments.options)
    listener = None
    for line in sys.stdin:
        began_s, before_s = time.perf_counter(), _cpu_s(resource.RUSAGE_SELF)
        words: list[Heard] = []
        problem = None
        file = Path(json.loads(line))
        try:
            listener = listener or SYSTEMS[arguments.name](options)
            words = listener(file)
        except Exception as error:  # noqa: BLE001 - a system that fails on a file has failed, not the benchmark
            problem = f"{file.name}: {type(error).__name__}: {error}"
        answer = Answer(
            words=tuple(words),
            took_s=time.perf_counter() - began_s,
            cpu_s=_cpu_s(resource.RUSAGE_SELF) - before_s,
            peak_mb=peak_mb(),
            problem=problem,
        )
        answers.write(json.dumps(asdict(answer)) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
