"""Calls per hour and core: sample calls with changed sound, by one worker and by two, on PostgreSQL.

A site as docs/operate.md puts it up: Prefect's server, a worker that takes recordings in, and one or two that listen.
They have done some calls before, so that models are loaded. The clock runs from the first call that is taken in to the
last score; processor seconds are those of all workers and what they started, without the two servers'.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.capacity.material import Material
from pipeline.canonical import from_json
from pipeline.config import CONFIG_VARIABLE
from pipeline.records import Transcript
from pipeline.store.database import Store, open_store
from pipeline.store.tables import failures, files, recordings, scores, steps
from pipeline.transcribe.files import transcript_to_json
from tests.flows.prefect_site import PrefectSite, descendants, wait_until

CONFIG = Path(__file__).resolve().parents[2] / "samples" / "earmark.toml"
CLAIM = 5
"""Calls that a worker takes at a time: few, so that two share what there is to the end."""
WARM_UP_CALLS = 2 * CLAIM
_WITHIN_S = 3600.0


@dataclass(frozen=True, kw_only=True)
class Worked:
    """What calls took: seconds of the clock and of all processors."""

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
    def calls_per_hour(self) -> float:
        """By the clock."""
        return self.calls / self.wall_s * 3600

    def row(self, name: str) -> str:
        """Return a line of the table."""
        by_core = self.calls_per_hour / self.cores
        return (
            f"| {name} | {self.workers} | {self.calls} | {self.mean_minutes:.1f} | {self.calls_per_hour:,.0f} "
            f"| {by_core:,.0f} | {by_core * self.mean_minutes / 60:.1f} "
            f"| {self.cpu_s_per_call:.1f} | {3600 / self.cpu_s_per_call:,.0f} |"
        )


HEAD = (
    "| calls | workers | number | minutes | calls an hour | calls an hour and core | hours of audio an hour and core "
    "| processor seconds a call | calls per hour of a processor |\n|---|---|---|---|---|---|---|---|---|"
)


def work(
    warm_up: Material, material: Material, url: str, scratch: Path, *, workers: int, engine: str | None = None
) -> Worked:
    """Have so many workers score the calls into a new database, and return what it took.

    Args:
        warm_up: Calls to load models with, `WARM_UP_CALLS` of them.
        material: The calls that count.
        url: A new database.
        scratch: A folder that is not there yet, on the same disk as the recordings.
        workers: 1 or 2.
        engine: None for the real one.
    """
    watched = scratch / "recordings"
    watched.mkdir(parents=True)
    with closing(open_store(url)) as store, _site(scratch, url, workers, engine) as site:
        _take_in(site, store, warm_up, watched)
        before_s, since = _processor_s(site), datetime.now(UTC)
        _take_in(site, store, material, watched)
        cpu_s = _processor_s(site) - before_s
        with store.read() as connection:
            began = connection.scalar(select(func.min(recordings.c.added_at)).where(recordings.c.added_at >= since))
            ended = connection.scalar(select(func.max(scores.c.made_at)))
    if began is None or ended is None:
        raise SystemExit("no call was taken in: see the logs of the workers")
    return Worked(
        calls=len(material.minutes),
        minutes=sum(material.minutes.values()),
        workers=workers,
        cores=len(os.sched_getaffinity(0)),
        wall_s=(ended - began).total_seconds(),
        cpu_s=cpu_s,
    )


@contextmanager
def _site(scratch: Path, url: str, workers: int, engine: str | None) -> Iterator[PrefectSite]:
    variables = {
        "EARMARK_DATABASE_URL": url,
        "EARMARK_WORKSPACE": str(scratch / "workspace"),
        CONFIG_VARIABLE: str(CONFIG),
        "EARMARK_RUN__CLAIM": str(CLAIM),
        "EARMARK_RUN__IDLE_S": str(_WITHIN_S),
        **({"EARMARK_TRANSCRIBE__ENGINE": engine} if engine else {}),
    }
    site = PrefectSite(scratch, variables)
    try:
        site.start_server()
        site.earmark("flows", "deploy", str(scratch / "recordings"))
        site.start("site", "prefect", "worker", "start", "--pool", "earmark-site")
        for number in range(workers):
            site.start(f"worker-{number}", "prefect", "worker", "start", "--pool", "earmark-workers", "--limit", "1")
        backlog = site.deployment_id("work through the backlog/earmark-backlog")
        for _ in range(workers):
            site.run_now(backlog)
        wait_until(lambda: site.running(backlog) == workers, "the workers wait for calls")
        yield site
    finally:
        site.stop()


def _take_in(site: PrefectSite, store: Store, material: Material, watched: Path) -> None:
    """Put recordings where they are found, all at once, and wait until each has its score."""
    ready = watched.parent / "ready"
    shutil.copytree(material.folder, ready, copy_function=os.link)
    wanted = _scored(store) + len(material.minutes)
    ready.rename(watched / material.folder.name)
    site.run_now(site.deployment_id("intake/earmark-intake"))
    end = time.monotonic() + _WITHIN_S
    while _scored(store) < wanted:
        with store.read() as connection:
            failed = connection.execute(select(failures.c.call_id, failures.c.reason)).all()
        if failed or time.monotonic() > end:
            raise SystemExit(f"{_scored(store)} of {wanted} calls were scored; failed: {failed}")
        time.sleep(0.2)


def _scored(store: Store) -> int:
    with store.read() as connection:
        return connection.scalar(select(func.count()).select_from(scores)) or 0


def _processor_s(site: PrefectSite) -> float:
    """Return the processor seconds of the workers and of everything that they started, whether it has ended or not."""
    _, *workers = site.processes
    ticks = 0
    for pid in {below for worker in workers for below in (worker.pid, *descendants(worker.pid))}:
        try:
            after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended, and is counted with whoever started it
            continue
        ticks += sum(map(int, after_name[11:15]))  # own and ended ones' user and system time: proc(5)
    return ticks / os.sysconf("SC_CLK_TCK")


def write_scripts(url: str, *materials: Material) -> None:
    """Put beside each recording what was recognised in it, for runs without recognition.

    What is masked stays masked, so that finding personal data has a little less to do there.
    """
    by_name = {file.name: file for material in materials for file in material.minutes}
    with closing(open_store(url)) as store, store.read() as connection:
        statement = (
            select(files.c.media_uri, steps.c.payload)
            .join(steps, steps.c.call_id == files.c.call_id)
            .where(steps.c.step == "transcript")
        )
        for media_uri, payload in connection.execute(statement):
            file = by_name[Path(media_uri).name].with_suffix(".transcript.json")
            file.write_text(json.dumps(transcript_to_json(from_json(Transcript, payload))), encoding="utf-8")
