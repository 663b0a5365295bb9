"""Run the main job in this process, with Prefect's temporary server, and count what happened."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from flows.prefect_home import prefect_server, told_as_server_error
from flows.preparation import anything_new, preparing
from flows.runtime import Runtime, using, utc_now
from pipeline.config import Settings
from pipeline.intake.discover import find_recordings
from pipeline.logs import duration_ms, log_event
from pipeline.media.place import place_of, root_text
from pipeline.records.webhooks import WebhookEvent
from pipeline.store.database import Store
from pipeline.store.webhooks import tell

Report = Callable[[str, str], None]

COUNTED = ("taken_in", "rejected", "processed", "unchanged", "failed")


@dataclass(frozen=True, kw_only=True)
class BatchResult:
    """What one run did.

    Attributes:
        taken_in: Recordings that were read.
        rejected: Files that were not, each listed with its reason.
        processed: Calls for which something had to be done.
        unchanged: Calls for which everything was stored already.
        failed: Calls that could not be processed, each listed with its reason.
        reports: Folder of the scorecards.
    """

    taken_in: int
    rejected: int
    processed: int
    unchanged: int
    failed: int
    reports: Path


def run_batch(settings: Settings, paths: Sequence[str | Path], report: Report) -> BatchResult:
    """Score recordings from beginning to end.

    Args:
        settings: The workspace, engines and rubric to use.
        paths: Files and folders of recordings, or addresses of them.
        report: Told (event, id) as work proceeds; see `flows.runtime.Runtime`.

    Raises:
        EarmarkError: The run cannot start: a path, the database, a rubric or Prefect's server.
    """
    places = [place_of(path, settings.intake) for path in paths]
    found = find_recordings(places, settings.intake)  # a wrong path is said before a workspace is made for it

    def job() -> None:
        from flows.main_job import score_recordings  # noqa: PLC0415 (Prefect reads its environment when imported)

        score_recordings([root_text(place) for place in places])

    return _run(settings, report, job, is_new=lambda store: anything_new(store, found))


def run_calls(settings: Settings, call_ids: Sequence[str], report: Report) -> BatchResult:
    """Process calls that were taken in before, such as those that failed; their files are not taken in anew.

    Args:
        settings: The workspace, engines and rubric to use.
        call_ids: Whole ids.
        report: As for `run_batch`.

    Raises:
        EarmarkError: The run cannot start: the database, a rubric or Prefect's server.
    """

    def job() -> None:
        from flows.main_job import score_calls  # noqa: PLC0415

        score_calls(list(call_ids))

    return _run(settings, report, job, is_new=lambda _: bool(call_ids))


def _run(
    settings: Settings, report: Report, job: Callable[[], None], *, is_new: Callable[[Store], bool]
) -> BatchResult:
    outcomes: dict[str, str] = {}
    lock = threading.Lock()

    def count(event: str, subject: str) -> None:
        with lock:  # a call that fails and then succeeds on a retry counts once, as what it became
            outcomes[subject] = event
        report(event, subject)

    began = utc_now()
    log_event("run_started")
    with ExitStack() as stack:
        runtime = stack.enter_context(using(Runtime(settings=settings, report=count, patient=True)))
        # A wrong rubric or an unreachable database is said before anything starts.
        parts, store = runtime.parts, runtime.store
        wait_for_server = stack.enter_context(prefect_server(settings.workspace, models_dir=settings.models_dir))
        import flows.main_job  # noqa: F401, PLC0415 (Prefect reads its environment when imported)

        # Not before the imports: both would be slower for it.
        stack.enter_context(preparing(parts.preparations() if is_new(store) else ()))
        wait_for_server()
        with told_as_server_error():
            job()
        became = Counter(outcomes.values())
        counts = {name: became[name] for name in COUNTED}
        log_event("run_finished", **counts, duration_ms=duration_ms(began, utc_now()))
        with store.begin() as connection:
            tell(connection, WebhookEvent.BATCH_FINISHED, [counts], now=utc_now())
    return BatchResult(**counts, reports=settings.reports_dir)
