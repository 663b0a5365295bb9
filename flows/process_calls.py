"""Process calls: transcribe, detect, score and flag each, a few at once."""

from __future__ import annotations

from typing import Any

from prefect import Task, flow, task
from prefect.client.schemas.objects import State, TaskRun
from prefect.futures import wait

from flows.runtime import current, utc_now
from pipeline import run
from pipeline.errors import EarmarkError, StoreError
from pipeline.store import failures


def _may_pass(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Tell whether trying again may help: what Earmark itself refuses will be refused again, a database may return."""
    result = state.result(raise_on_failure=False)
    return isinstance(result, StoreError) or not isinstance(result, EarmarkError)


def _reason(error: Exception, timeout_s: int) -> str:
    """Say in words what stopped a call; only Earmark's own messages are sure to hold no words of the call."""
    if isinstance(error, EarmarkError):
        return str(error)
    if isinstance(error, TimeoutError):
        return f"took longer than run.call_timeout_s = {timeout_s} s"
    return f"unexpected {type(error).__name__}; it is tried again on the next run"


@task(name="process call", retry_condition_fn=_may_pass)
def process_call(call_id: str) -> str:
    """Take one call through every step and return its score's id; what goes wrong is stored with its reason."""
    runtime = current()
    try:
        score, done = run.process_call(call_id, runtime.parts, runtime.store, now=utc_now)
    except Exception as error:
        reason = _reason(error, runtime.settings.run.call_timeout_s)
        with runtime.store.begin() as connection:
            failures.put_failure(connection, call_id, step="process", reason=reason, now=utc_now())
        runtime.report("failed", call_id)
        raise
    runtime.report("processed" if done else "unchanged", call_id)
    return score.score_id


@flow(name="process calls")
def process_calls(call_ids: list[str]) -> None:
    """Process every call; one that fails is listed and does not stop the others."""
    runtime = current()
    settings = runtime.settings.run
    runtime.report("to_process", str(len(call_ids)))
    bounded = process_call.with_options(
        retries=settings.retries,
        retry_delay_seconds=settings.retry_delay_s,
        timeout_seconds=settings.call_timeout_s,
    )
    wait([bounded.submit(call_id) for call_id in call_ids])
