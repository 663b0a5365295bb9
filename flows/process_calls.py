"""Process calls: transcribe, detect, score and flag each, a few at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from prefect import Task, allow_failure, flow, task
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import exponential_backoff

from flows.runtime import current, utc_now
from pipeline import run
from pipeline.errors import EarmarkError, IntakeError, StoreError, UnexpectedError
from pipeline.settle import unsettled
from pipeline.store import failures, history

MOST_ROUNDS = 5
"""One is enough, but for rules about calls that look for each other's outcomes, and for runs beside this one."""


MEDIA_MAY_RETURN = ("unreadable", "empty", "truncated")
"""What a recording looks like that intake could read, and whose share or disk is gone for a moment."""


def _may_pass(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Tell whether trying again may help: what Earmark itself refuses will be refused again, a database may return."""
    result = state.result(raise_on_failure=False)
    if isinstance(result, IntakeError):
        return result.code in MEDIA_MAY_RETURN
    return isinstance(result, (StoreError, UnexpectedError, TimeoutError))


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
    """Process every call; one that fails is listed and does not stop the others.

    Where rules look at earlier calls, those of one customer are processed one after the other in order of time, and
    afterwards those calls once more whose earlier calls came to light later, in this run or a former one.
    """
    runtime = current()
    about_calls = runtime.parts.detectors.about_calls
    runtime.report("to_process", str(len(call_ids)))
    if not about_calls.needs:
        _process([(call_id, None) for call_id in call_ids])
        return
    with runtime.store.read() as connection:
        customers = history.customers_of(connection, call_ids)
        in_order = history.in_order_of_time(connection, call_ids)
    failed = _process(in_order)
    for _ in range(MOST_ROUNDS):
        late = [
            call_id for call_id in unsettled(customers, runtime.parts.detectors, runtime.store) if call_id not in failed
        ]
        if not late:
            break
        runtime.report("to_settle", str(len(late)))
        with runtime.store.read() as connection:
            failed |= _process(history.in_order_of_time(connection, late))


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
