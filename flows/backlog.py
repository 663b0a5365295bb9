"""The backlog as a Prefect flow: one run of it is one worker's process, which takes calls as long as there are any.

A run asks the database for work, not Prefect: Prefect starts it, shows it, and starts another where one is gone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from prefect import flow
from prefect.logging import get_run_logger
from prefect.states import Completed

from flows.claimed_calls import Worker
from flows.runtime import Runtime, current, utc_now
from flows.spare_run import keep_one_spare_run
from pipeline.errors import EarmarkError, UnexpectedError
from pipeline.logs import duration_ms, log_event
from pipeline.store.claims import anything_to_claim

LOOK_AGAIN_S = 5.0
"""What came in meanwhile waits so long for an idle worker; a query of a millisecond."""

LOOK_AT_RUNS_S = 15.0
"""So often a run sees to it that another one is due: a machine that starts finds its own that soon."""

RUNS_FOR_S = 3600.0
"""Then another run takes over: rubrics and settings are read when a run begins, so that changes are in force within the
hour, and what a library may have failed to free is free."""


@flow(name="work through the backlog")
def work_through_backlog() -> Any:
    """Claim calls that wait and process them, batch after batch, for an hour or until none has come for ``run.idle_s``.

    Raises:
        EarmarkError: Rules or models are not as they should be, or the database is away for longer than it may be. What
            was finished is stored, and what was not waits for another worker.
    """
    runtime, logger = current(), get_run_logger()
    worker = Worker(runtime)
    is_here = runtime.settings.run.task_runner == "threads"  # what becomes of calls on a cluster, its processes tell
    work = worker.work_on_batch if is_here else _on_cluster(runtime)
    claimed = 0
    failed: Exception | None = None
    began_at = utc_now()
    log_event("run_started")
    began = idle_since = look_at_runs = time.monotonic()
    try:
        while time.monotonic() - began < RUNS_FOR_S:
            if number := work():
                idle_since = time.monotonic()
                claimed += number
                logger.info("%s: %s", worker.name, _in_words(claimed, worker))
            elif time.monotonic() - idle_since >= runtime.settings.run.idle_s:
                break
            else:
                worker.stop.wait(LOOK_AGAIN_S)
            if time.monotonic() >= look_at_runs:
                look_at_runs = time.monotonic() + LOOK_AT_RUNS_S
                keep_one_spare_run(runtime.store)
    except EarmarkError as error:
        failed = error
        raise
    except Exception as error:  # noqa: BLE001 (Prefect keeps messages, and those of libraries may hold words of a call)
        failed = error
        raise UnexpectedError(error) from None
    finally:
        worker.stop.set()
        log_event(
            "run_finished",
            error=type(failed).__name__ if failed else None,
            count=claimed,
            **{outcome: worker.outcomes[outcome] for outcome in ("processed", "unchanged", "failed") if is_here},
            duration_ms=duration_ms(began_at, utc_now()),
        )
    return Completed(message=_in_words(claimed, worker))


def _on_cluster(runtime: Runtime) -> Callable[[], int]:
    """Return what has the cluster work until nothing waits, and leaves it alone where nothing does."""
    from flows.cluster import cluster_runner, work_on_cluster  # noqa: PLC0415 (an extra)

    settings = runtime.settings.run
    on_cluster = work_on_cluster.with_options(task_runner=cluster_runner(settings))

    def work() -> int:
        with runtime.store.read() as connection:
            anything = anything_to_claim(connection)
        return on_cluster(settings.cluster_batches) if anything else 0

    return work


def _in_words(claimed: int, worker: Worker) -> str:
    became = "".join(f", {number} {outcome}" for outcome, number in sorted(worker.outcomes.items()))
    return f"{claimed} claimed{became}"
