"""Process calls: transcribe, detect, score and flag each, a few at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from prefect import Task, allow_failure, flow, task
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import exponential_backoff

from flows.in_order import process_in_order
from flows.passing import may_pass
from flows.runtime import current, utc_now
from pipeline import run
from pipeline.errors import EarmarkError, UnexpectedError
from pipeline.store import failures


def _may_pass(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    return may_pass(state.result(raise_on_failure=False))


@task(name="process call", retry_condition_fn=_may_pass)
def process_call(call_id: str) -> str:
    """Take one call through every step and return its score's id.

    Raises:
        EarmarkError: A step cannot be done. Of other errors only kind and place are raised on: Prefect keeps messages,
            and those of libraries may hold words of the call.
    """
    runtime = current()
    runtime.tries[call_id] += 1
    try:
        score, done = run.process_call(call_id, runtime.parts, runtime.store, now=utc_now)
    except EarmarkError:
        raise
    except Exception as error:  # noqa: BLE001 (turned into one that can be shown)
        raise UnexpectedError(error) from None
    runtime.report("processed" if done else "unchanged", call_id)
    return score.score_id


@flow(name="process calls")
def process_calls(call_ids: list[str]) -> None:
    """Process every call, in the order that rules need; one that fails is listed and does not stop the others."""
    runtime = current()
    runtime.report("to_process", str(len(call_ids)))
    process_in_order(call_ids, _process, runtime)


def _process(calls: Sequence[tuple[str, str | None]]) -> set[str]:
    """Process calls a few at once, but those of one customer in their order; return the ids of those that failed."""
    runtime = current()
    settings = runtime.settings.run
    bounded = process_call.with_options(
        retries=settings.retries,
        retry_delay_seconds=exponential_backoff(backoff_factor=settings.retry_delay_s),
        timeout_seconds=settings.call_timeout_s,
    )
    futures: dict[str, Any] = {}
    last_of: dict[str, Any] = {}
    for call_id, customer in calls:
        # Waits in a worker's thread, but only for what was submitted before: that one has a worker already.
        before = [allow_failure(last_of[customer])] if customer in last_of else None
        futures[call_id] = cast(Any, bounded).submit(call_id, wait_for=before)
        if customer is not None:
            last_of[customer] = futures[call_id]
    failed = set()
    for call_id, future in futures.items():
        future.wait()
        if not future.state.is_completed():
            failed.add(call_id)
            _list_failure(call_id, future.state)
    return failed


def _list_failure(call_id: str, state: State[Any]) -> None:
    """Store why a call could not be processed, for `earmark calls list --status failed`."""
    runtime = current()
    error = state.result(raise_on_failure=False)
    if isinstance(error, EarmarkError):
        reason = str(error)
    elif state.name == "TimedOut":
        reason = f"took longer than run.call_timeout_s = {runtime.settings.run.call_timeout_s} s"
    else:
        reason = f"ended as {state.name}; it is tried again on the next run"
    with runtime.store.begin() as connection:
        tries = runtime.tries.pop(call_id, 1)
        failures.put_failure(connection, call_id, step="process", reason=reason, now=utc_now(), tries=tries)
    runtime.report("failed", call_id)
