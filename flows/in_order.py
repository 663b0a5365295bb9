"""Calls in the order that rules about earlier calls need, and once more where such a call came to light later."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flows.runtime import Runtime
from pipeline.settle import unsettled
from pipeline.store import history

MOST_ROUNDS = 5
"""One is enough, but for rules about calls that look for each other's outcomes, and for runs beside this one."""

Process = Callable[[Sequence[tuple[str, str | None]]], set[str]]
"""Takes calls with their customers, processes those of one customer in this order, and returns those that failed."""


def process_in_order(call_ids: Sequence[str], process: Process, runtime: Runtime) -> None:
    """Process every call.

    Where rules look at earlier calls, those of one customer are processed one after the other in order of time, and
    afterwards those calls once more whose earlier calls came to light later, in this run or a former one.
    """
    if not runtime.parts.detectors.about_calls.needs:
        process([(call_id, None) for call_id in call_ids])
        return
    with runtime.store.read() as connection:
        customers = history.customers_of(connection, call_ids)
        in_order = history.in_order_of_time(connection, call_ids)
    failed = process(in_order)
    for _ in range(MOST_ROUNDS):
        late = [
            call_id for call_id in unsettled(customers, runtime.parts.detectors, runtime.store) if call_id not in failed
        ]
        if not late:
            break
        runtime.report("to_settle", str(len(late)))
        with runtime.store.read() as connection:
            again = history.in_order_of_time(connection, late)
        failed |= process(again)
