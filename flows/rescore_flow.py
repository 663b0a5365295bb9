"""The rescore as a Prefect flow: a task for each chunk of calls, tried again where the database was away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from prefect import Task, flow, task
from prefect.client.schemas.objects import State, TaskRun
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.tasks import exponential_backoff

from pipeline.config import RunSettings
from pipeline.errors import EarmarkError, StoreError, UnexpectedError
from pipeline.rescoring.rescore import Rescored


def _may_pass(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    return isinstance(state.result(raise_on_failure=False), StoreError)


def rescore_calls(
    chunks: Sequence[Sequence[str]],
    do: Callable[[Sequence[str]], Rescored],
    report: Callable[[int], None],
    settings: RunSettings,
    at_once: int,
) -> list[Rescored | EarmarkError]:
    """Do every chunk, a few at once; one that fails does not stop the others.

    Args:
        chunks: Ids of calls. Tasks are given their numbers only: what Prefect keeps grows with what it is given.
        do: Scores one chunk.
        report: Told how many calls are done.
        settings: How often, and after which wait, a chunk is tried again.
        at_once: So many chunks are in work at a time.
    """

    @task(
        name="rescore calls",
        retries=settings.retries,
        retry_delay_seconds=exponential_backoff(backoff_factor=settings.retry_delay_s),
        retry_condition_fn=_may_pass,
    )
    def rescore_chunk(number: int) -> Rescored:
        return do(chunks[number])

    @flow(name="rescore", task_runner=cast(Any, ThreadPoolTaskRunner)(max_workers=at_once))
    def rescore(chunk_count: int) -> list[Rescored | EarmarkError]:
        futures = [rescore_chunk.submit(number) for number in range(chunk_count)]
        done: list[Rescored | EarmarkError] = []
        for number, future in enumerate(futures):
            future.wait()
            result = future.state.result(raise_on_failure=False)
            if isinstance(result, Rescored | EarmarkError):
                done.append(result)
            else:
                done.append(UnexpectedError(result if isinstance(result, BaseException) else RuntimeError()))
            report(len(chunks[number]))
        return done

    return rescore(len(chunks))
