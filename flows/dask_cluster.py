"""The backlog on a Dask cluster that the centre has: each of its workers claims batches and processes them.

Where the calls are, and who has them, is in the database as ever: a task is told nothing and returns a number.
"""

from __future__ import annotations

from typing import Any

from prefect import flow, task

from flows.claimed_calls import Worker
from flows.runtime import current
from pipeline.config import RunSettings
from pipeline.errors import ConfigError, EarmarkError, UnexpectedError


@task(name="work on a batch")
def work_on_batch() -> int:
    """Claim a batch and process it, in a process of the cluster; 0 where no call waits.

    It reads its settings from that process's environment, and keeps its models from batch to batch.
    """
    try:
        return Worker(current()).work_on_batch()
    except EarmarkError:
        raise
    except Exception as error:  # noqa: BLE001 (Prefect keeps messages, and those of libraries may hold words of a call)
        raise UnexpectedError(error) from None


@flow(name="work on a cluster")
def work_on_cluster(at_once: int) -> int:
    """Keep so many batches in work until no call waits; return how many calls were claimed.

    Raises:
        EarmarkError: As `Worker.work_on_batch`; the other batches in work are finished before.
    """
    in_work = [work_on_batch.submit() for _ in range(at_once)]
    claimed = 0
    failed: BaseException | None = None
    while in_work:
        number = in_work.pop(0).result(raise_on_failure=False)
        if isinstance(number, BaseException):
            failed = failed or number
        elif number:
            claimed += number
            if failed is None:
                in_work.append(work_on_batch.submit())
    if failed is not None:
        raise failed
    return claimed


def dask_runner(settings: RunSettings) -> Any:
    """Return what hands tasks to the cluster that settings name, or to one on this machine.

    Raises:
        ConfigError: It is not installed.
    """
    try:
        from prefect_dask import DaskTaskRunner  # noqa: PLC0415 (an extra)
    except ImportError:
        raise ConfigError(
            'run.task_runner = "dask" needs prefect-dask: pip install "earmark[dask]", on every machine of the cluster'
        ) from None
    if settings.dask_address:
        return DaskTaskRunner(address=settings.dask_address)
    return DaskTaskRunner(cluster_kwargs={"n_workers": settings.dask_batches, "threads_per_worker": 1})
