"""Calls worked on in threads of this process, a few at once, those of one customer one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor


def work_in_threads(
    calls: Sequence[tuple[str, str | None]],
    do: Callable[[str], bool],
    *,
    at_once: int,
    stop: threading.Event,
    stopping: Callable[[], None] = lambda: None,
) -> set[str]:
    """Work on every call and return the ids of those that failed.

    Args:
        calls: Ids with their customers, in the order of work; None where nobody knows the customer.
        do: Works on one call and tells whether that went well. What it raises ends the work on all calls.
        at_once: So many calls are in work at a time.
        stop: When it is set, no other call is begun. It is set when the work ends early.
        stopping: Called then, before the calls in work have ended: whoever stops a process may not wait for these.

    Raises:
        Exception: What ``do`` raised first, after the calls in work have ended.
    """
    chains: dict[str, list[str]] = {}
    for call_id, customer in calls:
        chains.setdefault(f"call {call_id}" if customer is None else f"customer {customer}", []).append(call_id)
    failed: set[str] = set()

    def work(chain: Sequence[str]) -> None:
        for call_id in chain:
            if stop.is_set():
                return
            try:
                if not do(call_id):
                    failed.add(call_id)
            except BaseException:
                stop.set()
                raise

    threads = ThreadPoolExecutor(at_once, thread_name_prefix="call")
    try:
        futures = [threads.submit(work, chain) for chain in chains.values()]
        for future in futures:
            future.result()
    except BaseException:
        stop.set()
        stopping()
        raise
    finally:
        threads.shutdown(wait=True, cancel_futures=True)
    return failed
