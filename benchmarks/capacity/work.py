"""Calls per hour and core: sample calls with changed sound, by one worker and by two, on PostgreSQL.

Each worker is a process of `earmark run` with its own calls; both write to one database. What a run with one call a
worker takes is taken off: starting, loading models, ending. Processor seconds are those of all processes of the workers
together: where the machine has other work, they are what holds.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from benchmarks.capacity.material import Material
from pipeline.canonical import from_json
from pipeline.records import Transcript
from pipeline.store.database import open_store
from pipeline.store.tables import files, steps
from pipeline.transcribe.files import transcript_to_json

CONFIG = Path(__file__).resolve().parents[2] / "samples" / "earmark.toml"


@dataclass(frozen=True, kw_only=True)
class Worked:
    """What calls took: seconds of the clock and of the processor, without the start of the workers.

    Attributes:
        calls: Without the first of each worker, which the start is measured with.
        minutes: Of these calls.
        wall_s: From start to end, less that of a run with the first calls alone.
        cpu_s: The same of all processors.
    """

    calls: int
    minutes: float
    workers: int
    cores: int
    wall_s: float
    cpu_s: float

    @property
    def mean_minutes(self) -> float:
        """How long a call is."""
        return self.minutes / self.calls

    @property
    def cpu_s_per_call(self) -> float:
        """Processor seconds of a call."""
        return self.cpu_s / self.calls

    @property
    def calls_per_hour(self) -> float | None:
        """By the clock, of a worker that goes on; None where the machine was so busy that the start took longer."""
        return self.calls / self.wall_s * 3600 if self.wall_s > 0 else None

    def row(self, name: str) -> str:
        """Return a line of the table."""
        hourly = self.calls_per_hour
        by_clock = "– | – | –"
        if hourly is not None:
            by_core = hourly / self.cores
            by_clock = f"{hourly:,.0f} | {by_core:,.0f} | {by_core * self.mean_minutes / 60:.1f}"
        return (
            f"| {name} | {self.workers} | {self.calls} | {self.mean_minutes:.1f} | {by_clock} "
            f"| {self.cpu_s_per_call:.1f} | {3600 / self.cpu_s_per_call:,.0f} |"
        )


HEAD = (
    "| calls | workers | number | minutes | calls an hour | calls an hour and core | hours of audio an hour and core "
    "| processor seconds a call | calls per hour of a processor |\n|---|---|---|---|---|---|---|---|---|"
)


def work(
    material: Material, new_database: Callable[[], str], scratch: Path, *, workers: int, engine: str | None = None
) -> tuple[Worked, str]:
    """Have so many workers score the calls into a new database; return what it took, and the database's URL.

    Workers score their first calls into a database of their own first: what that takes is mostly starting, loading
    models and ending, and is taken off.

    Args:
        material: In two halves, with two calls or more in each.
        new_database: Gives the URL of a new one.
        scratch: An empty folder for workspaces.
        workers: 1 or 2.
        engine: None for the real one.
    """
    halves = [material.half(0), material.half(1)]
    shares = halves if workers == 2 else [halves[0] + halves[1]]
    firsts = [share[:1] for share in shares]
    start_wall_s, start_cpu_s = _timed(firsts, new_database(), scratch / "first", engine)
    url = new_database()
    wall_s, cpu_s = _timed(shares, url, scratch / "all", engine)
    others = [file for share in shares for file in share[1:]]
    done = Worked(
        calls=len(others),
        minutes=sum(material.minutes[file] for file in others),
        workers=workers,
        cores=len(os.sched_getaffinity(0)),
        wall_s=wall_s - start_wall_s,
        cpu_s=max(cpu_s - start_cpu_s, 0.001),
    )
    return done, url


def _timed(shares: Sequence[Sequence[Path]], url: str, scratch: Path, engine: str | None) -> tuple[float, float]:
    open_store(url).close()  # the tables are not what is measured
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    running = [_start(share, url, scratch / f"worker-{number}", engine) for number, share in enumerate(shares)]
    for process in running:
        _, told = process.communicate()
        if process.returncode:
            raise SystemExit(f"a worker failed: {told.decode()[-2000:]}")
    wall_s = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _start(share: Sequence[Path], url: str, workspace: Path, engine: str | None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "app.cli.main", "run", *map(str, share), "--json"]
    command += ["--config", str(CONFIG), "--workspace", str(workspace), *(["--engine", engine] if engine else [])]
    environment = {**os.environ, "EARMARK_DATABASE_URL": url}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def write_scripts(url: str) -> int:
    """Put beside each recording what was recognised in it, for runs without recognition; return how many.

    What is masked stays masked, so that finding personal data has a little less to do there.
    """
    written = 0
    with closing(open_store(url)) as store, store.read() as connection:
        statement = (
            select(files.c.media_uri, steps.c.payload)
            .join(steps, steps.c.call_id == files.c.call_id)
            .where(steps.c.step == "transcript")
        )
        for media_uri, payload in connection.execute(statement):
            file = Path(media_uri).with_suffix(".transcript.json")
            file.write_text(json.dumps(transcript_to_json(from_json(Transcript, payload))), encoding="utf-8")
            written += 1
    return written
