"""Score history again: chunks of calls as tasks, each done in a process of its own kind, since it is Python that works.

A few calls are scored in this process: Prefect's server alone would take longer to start.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass
from functools import reduce
from operator import add

from flows.prefect_home import prefect_server, told_as_server_error
from flows.rescore_worker import processes, rescore_chunk, work
from pipeline.errors import EarmarkError, ServerError
from pipeline.rescoring.job import Job
from pipeline.rescoring.rescore import Rescored
from pipeline.store.database import Store
from pipeline.store.wanted_calls import in_batches

CHUNK = 200
FEW_CALLS = 1000
"""Up to so many calls are scored sooner without Prefect and processes than these take to start."""

Report = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a rescore did, and why chunks of it could not be done; what was done is stored."""

    rescored: Rescored
    errors: tuple[EarmarkError, ...] = ()


def run_rescore(call_ids: Sequence[str], job: Job, store: Store, report: Report) -> Outcome:
    """Score calls again.

    Args:
        call_ids: Those that have facts.
        job: What to score by.
        store: The open database of the job's settings.
        report: Told how many more calls are done, chunk by chunk.

    Raises:
        ServerError: Prefect's server does not start, or another run is at work in the workspace.
    """
    chunks = list(in_batches(call_ids, CHUNK))
    done = _here(chunks, job, store, report) if len(call_ids) <= FEW_CALLS else _spread(chunks, job, report)
    errors = tuple(each for each in done if isinstance(each, EarmarkError))
    return Outcome(
        rescored=reduce(add, (each for each in done if isinstance(each, Rescored)), Rescored()), errors=errors
    )


def _here(chunks: Sequence[Sequence[str]], job: Job, store: Store, report: Report) -> list[Rescored | EarmarkError]:
    done: list[Rescored | EarmarkError] = []
    for chunk in chunks:
        try:
            done.append(rescore_chunk(chunk, job, store))
        except EarmarkError as error:
            done.append(error)
        report(len(chunk))
    return done


def _spread(chunks: Sequence[Sequence[str]], job: Job, report: Report) -> list[Rescored | EarmarkError]:
    settings = job.scorer.settings
    count = min(settings.run.workers, os.cpu_count() or 1)
    with ExitStack() as stack:
        wait_for_server = stack.enter_context(prefect_server(settings.workspace, models_dir=settings.models_dir))
        pool = processes(count, settings, job)
        stack.callback(pool.shutdown, wait=True, cancel_futures=True)
        for _ in range(count):
            pool.submit(os.getpid)  # they start while the server does
        from flows.rescore_flow import rescore_calls  # noqa: PLC0415 (Prefect reads its environment when imported)

        wait_for_server()

        def in_pool(chunk: Sequence[str]) -> Rescored:
            try:
                return pool.submit(work, chunk).result()
            except BrokenProcessPool:
                raise ServerError(
                    "a process that scored calls was ended from outside: is memory short? What was finished is stored; "
                    "run again, with a smaller run.workers if it happens again"
                ) from None

        with told_as_server_error():
            return rescore_calls(chunks, in_pool, report, settings.run, count)
