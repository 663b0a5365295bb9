"""A process that scores chunks of calls again. It imports no Prefect: each would take seconds to start."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from flows.runtime import utc_now
from pipeline.at_rest.in_use import use_keys
from pipeline.config import Settings
from pipeline.errors import EarmarkError, UnexpectedError
from pipeline.rescoring.job import Job
from pipeline.rescoring.rescore import Rescored, rescore
from pipeline.store.database import Store, open_store


@dataclass(frozen=True)
class _Work:
    job: Job
    store: Store


_work: list[_Work] = []


def processes(count: int, settings: Settings, job: Job) -> ProcessPoolExecutor:
    """Return so many processes that are ready to `work`; they end with this one, however it ends."""
    fresh = multiprocessing.get_context("spawn")  # a copy of a process with threads may hang
    return ProcessPoolExecutor(count, mp_context=fresh, initializer=_begin, initargs=(settings, job))


def work(call_ids: Sequence[str]) -> Rescored:
    """Score a chunk of calls again, in a process of `processes`.

    Raises:
        EarmarkError: It cannot be done. Of other errors only kind and place are told: they may quote calls.
    """
    (own,) = _work
    return rescore_chunk(call_ids, own.job, own.store)


def rescore_chunk(call_ids: Sequence[str], job: Job, store: Store) -> Rescored:
    """Score a chunk of calls again in this process; errors as in `work`."""
    try:
        return rescore(call_ids, job, store, now=utc_now)
    except EarmarkError:
        raise
    except Exception as error:  # noqa: BLE001 (turned into one that can be shown)
        raise UnexpectedError(error) from None


def _begin(settings: Settings, job: Job) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this process
    threading.Thread(target=_end_with_parent, daemon=True).start()
    use_keys(settings.at_rest_keys)  # a fresh process has none
    _work.append(_Work(job=job, store=open_store(settings.store_url)))
    # A transcript is thousands of small records without cycles: looking for some after every few hundred takes a fifth
    # of the time.
    gc.freeze()
    gc.set_threshold(200_000)


def _end_with_parent() -> None:
    """End this process when the one that started it is gone: else a killed run would leave it waiting for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
