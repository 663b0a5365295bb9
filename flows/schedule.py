"""The schedule: score new recordings again and again."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import time, timedelta
from pathlib import Path
from typing import Any, cast

from flows.arrivals import Watch
from flows.prefect_home import prefect_server, told_as_server_error
from flows.runtime import Runtime, using
from pipeline.config import CONFIG_VARIABLE, Settings
from pipeline.intake.discover import find_recordings
from pipeline.media.place import place_of, root_text


def serve_schedule(
    settings: Settings,
    config: Path | None,
    paths: Sequence[str | Path],
    *,
    every_minutes: int,
    report: Callable[[str, str], None],
    digests_at: time | None = None,
    reasons_at: time | None = None,
    retention_at: time | None = None,
    watch_seconds: int | None = None,
) -> None:
    """Run the main job now, and then on an interval until stopped, one run at a time.

    Prefect runs each later one in a process of its own, which reads its settings from the environment and the settings
    file, and prints into ``prefect/schedule.log`` of the workspace. With ``PREFECT_API_URL`` set, the deployment stands
    on that server; else on one that ends with this process.

    Args:
        settings: The workspace.
        config: The settings file that led to these settings, if any.
        paths: Files and folders to look into, or addresses of them.
        every_minutes: From one start to the next.
        report: Told (event, subject) during the first run.
        digests_at: When digests are sent, each day in the site's zone; None: not at all. What is due goes out then: a
            week's on any day after it has ended, to whoever does not have it.
        reasons_at: When new calls get their contact reason, likewise.
        retention_at: When calls are deleted whose time is over, likewise.
        watch_seconds: From one look for new recordings to the next; in place of the interval, and in this process, so
            that models stay loaded.

    Raises:
        EarmarkError: A path, the database, a rubric or Prefect's server is not as it should be.
    """
    places = [place_of(path, settings.intake) for path in paths]
    find_recordings(places, settings.intake)
    os.environ["EARMARK_WORKSPACE"] = str(settings.workspace.resolve())
    os.environ["EARMARK_RUN__LOG_FORMAT"] = settings.run.log_format  # the processes of later runs read it
    if config:
        os.environ[CONFIG_VARIABLE] = str(config.resolve())
    roots = [root_text(place) for place in places]
    daily = {"digests": digests_at, "reasons": reasons_at, "retention": retention_at}
    with using(Runtime(settings=settings, report=report, patient=True)) as runtime:
        runtime.parts, runtime.store  # noqa: B018 (a wrong rubric or an unreachable database is said before anything starts)
        with prefect_server(settings.workspace, models_dir=settings.models_dir, scheduling=True) as wait_for_server:
            from flows.main_job import score_recordings  # noqa: PLC0415 (Prefect reads its environment when imported)

            wait_for_server()
            with told_as_server_error():
                score_recordings(roots, settled=True)
            if watch_seconds is not None:
                _watch(runtime, roots, every_s=watch_seconds, daily=daily)
                return
            with _printing_to(settings.workspace / "prefect" / "schedule.log"):
                _serve(settings, roots, every_minutes=every_minutes, daily=daily)


def _watch(runtime: Runtime, roots: Sequence[str], *, every_s: int, daily: Mapping[str, time | None]) -> None:
    from flows.main_job import score_arrivals  # noqa: PLC0415 (Prefect reads its environment when imported)

    jobs: dict[Callable[[], object], time] = {
        job: at for name, job in _daily_jobs().items() if (at := daily[name]) is not None
    }
    with told_as_server_error():
        Watch(runtime=runtime, roots=roots, score=score_arrivals, daily=jobs).until(threading.Event(), every_s=every_s)


def _daily_jobs() -> dict[str, Any]:
    from flows.digest_flow import send_due_digests  # noqa: PLC0415 (Prefect reads its environment when imported)
    from flows.reasons_flow import find_contact_reasons  # noqa: PLC0415
    from flows.retention_flow import apply_retention  # noqa: PLC0415

    return {"digests": send_due_digests, "reasons": find_contact_reasons, "retention": apply_retention}


def _serve(
    settings: Settings,
    roots: Sequence[str],
    *,
    every_minutes: int,
    daily: Mapping[str, time | None],
) -> None:
    """Start runs when they are due, one at a time: digests wait for scores that are being made."""
    from prefect import serve  # noqa: PLC0415 (Prefect reads its environment when imported)
    from prefect.schedules import Cron  # noqa: PLC0415

    from flows.main_job import score_recordings  # noqa: PLC0415

    every = timedelta(minutes=every_minutes)
    parameters = {"paths": list(roots), "settled": True}
    served = [score_recordings.to_deployment(name="earmark", parameters=parameters, interval=every)]
    for name, job in _daily_jobs().items():
        if (at := daily[name]) is not None:
            each_day = Cron(f"{at.minute} {at.hour} * * *", timezone=settings.scorecards.timezone)
            served.append(job.to_deployment(name=f"earmark-{name}", schedule=each_day))
    # to_deployment gives a coroutine where a loop is running, which is not so here
    serve(*cast(Any, served), limit=1, print_starting_message=False)


@contextmanager
def _printing_to(log_file: Path) -> Iterator[None]:
    """Send what this process and those it starts print on stderr to a file: a stopped run would print its traceback."""
    sys.stderr.flush()
    kept = os.dup(sys.stderr.fileno())
    with log_file.open("ab") as log:
        os.dup2(log.fileno(), sys.stderr.fileno())
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, sys.stderr.fileno())
        os.close(kept)
