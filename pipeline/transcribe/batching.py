"""Windows of all calls in work recognised together: one queue, from which threads take batches of equal windows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batcher(Generic[Item, Result]):
    """Hands queued items to ``work`` in batches of one kind; several threads of callers may wait at the same time."""

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Sequence[Result]],
        *,
        kind: Callable[[Item], Hashable],
        workers: int,
        batch_size: int,
    ) -> None:
        """Start nothing yet: threads begin with the first item.

        Args:
            work: A batch's items -> their results, in the same order. Must bear being called by so many threads.
            kind: Items of equal kind may share a batch.
            workers: Batches in work at once.
            batch_size: Most items of a batch. The queue is shared out first, so that no worker is idle beside another
                with a big batch.
        """
        self._work, self._kind = work, kind
        self._workers, self._batch_size = workers, batch_size
        self._waiting: list[tuple[Item, Future[Result]]] = []
        self._in_work = 0
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="recognise")

    @property
    def waiting(self) -> int:
        """How many items nobody works on yet."""
        with self._lock:
            return len(self._waiting)

    @property
    def busy(self) -> bool:
        """Whether a batch is in work."""
        with self._lock:
            return self._in_work > 0

    def map(self, items: Iterable[Item]) -> list[Result]:
        """Return the results in the order of the items; raises what ``work`` raised for any of them."""
        queued = [(item, Future[Result]()) for item in items]
        with self._lock:
            self._waiting += queued
        try:
            for _ in queued:
                self._threads.submit(self._take_batch)
            return [future.result() for _, future in queued]
        finally:  # a caller that is stopped leaves nothing behind for others to do
            mine = {id(future) for _, future in queued}
            with self._lock:
                self._waiting = [entry for entry in self._waiting if id(entry[1]) not in mine]

    def _take_batch(self) -> None:
        with self._lock:
            if not self._waiting:
                return
            kind = self._kind(self._waiting[0][0])
            equal = [entry for entry in self._waiting if self._kind(entry[0]) == kind]
            fair = -(-len(self._waiting) // self._workers)
            batch = equal[: min(self._batch_size, fair)]
            taken = {id(future) for _, future in batch}
            self._waiting = [entry for entry in self._waiting if id(entry[1]) not in taken]
            self._in_work += 1
        try:
            results = self._work([item for item, _ in batch])
        except BaseException as error:  # noqa: BLE001 - whoever waits must hear of it, or waits for ever
            for _, future in batch:
                future.set_exception(error)
            return
        finally:
            with self._lock:
                self._in_work -= 1
        for (_, future), result in zip(batch, results, strict=True):
            future.set_result(result)
