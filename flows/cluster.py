"""The backlog on a cluster that the centre has, of Dask or Ray: each of its workers claims batches and processes them.

Where the calls are, and who has them, is in the database as ever: a task is told nothing and returns a number.
"""

from __future__ import annotations

import os
from typing import Any

from prefect import flow, task

from flows.claimed_calls import Worker
from flows.runtime import current
from pipeline.config import RunSettings
from pipeline.errors import ConfigError, EarmarkError, UnexpectedError

_RAY_STORE_BYTES = 100_000_000
"""Tasks return a number each; left to itself Ray would set a third of the memory aside for what they return."""


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
        future = in_work.pop(0)
        future.wait()  # a process of Ray's that died is a state after this; asked for its result at once, it raises
        number = future.result(raise_on_failure=False)
        if isinstance(number, BaseException):
            failed = failed or number
        elif number:
            claimed += number
            if failed is None:
                in_work.append(work_on_batch.submit())
    if failed is not None:
        raise failed
    return claimed


def cluster_runner(settings: RunSettings) -> Any:
    """Return what hands tasks to the cluster that settings name, or to one that it starts on this machine.

    Raises:
        ConfigError: It is not installed.
    """
    kind = settings.task_runner
    try:
        return _ray(settings) if kind == "ray" else _dask(settings)
    except ImportError:
        raise ConfigError(
            f'run.task_runner = "{kind}" needs prefect-{kind}: pip install "earmark[{kind}]", on every machine of the '
            "cluster"
        ) from None


def _dask(settings: RunSettings) -> Any:
    from prefect_dask.task_runners import DaskTaskRunner  # noqa: PLC0415 (an extra)

    if settings.cluster_address:
        return DaskTaskRunner(address=settings.cluster_address)
    return DaskTaskRunner(cluster_kwargs={"n_workers": settings.cluster_batches, "threads_per_worker": 1})


def _ray(settings: RunSettings) -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # else it reports to its makers; read when it is imported
    from prefect_ray import RayTaskRunner  # noqa: PLC0415 (an extra)

    if settings.cluster_address:
        return RayTaskRunner(address=settings.cluster_address)
    return RayTaskRunner(
        init_kwargs={
            "num_cpus": settings.cluster_batches,
            "include_dashboard": False,
            "object_store_memory": _RAY_STORE_BYTES,
        }
    )
