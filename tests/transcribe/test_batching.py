from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.transcribe.batching import Batcher


class Work:
    """Doubles numbers, and remembers the batches."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.open = threading.Event()
        self.open.set()

    def __call__(self, batch: Sequence[int]) -> list[int]:
        self.open.wait(10)
        self.batches.append(list(batch))
        if 13 in batch:
            raise ValueError("thirteen")
        return [2 * item for item in batch]


def batcher(work: Work, *, workers: int = 1, batch_size: int = 4) -> Batcher[int, int]:
    return Batcher(work, kind=lambda item: item % 2, workers=workers, batch_size=batch_size)


def test_results_come_in_the_order_of_the_items() -> None:
    assert batcher(Work(), workers=3).map(range(12)) == [2 * item for item in range(12)]


def test_a_batch_holds_one_kind_and_no_more_than_fit() -> None:
    work = Work()
    batcher(work).map([0, 1, 2, 3, 4, 6, 8, 10])
    assert work.batches == [[0, 2, 4, 6], [1, 3], [8, 10]]


def test_items_are_shared_out_before_a_batch_grows() -> None:
    work = Work()
    batcher(work, workers=2).map([0, 2, 4, 6])
    assert sorted(map(len, work.batches)) == [1, 1, 2]


def test_callers_share_batches() -> None:
    work = Work()
    shared = batcher(work)
    work.open.clear()
    with ThreadPoolExecutor(3) as callers:
        first = callers.submit(shared.map, [0])  # keeps the only worker busy
        while not shared.busy:
            pass
        others = [callers.submit(shared.map, [item]) for item in (2, 4)]
        while shared.waiting < 2:
            pass
        work.open.set()
        assert [first.result(), *(other.result() for other in others)] == [[0], [4], [8]]
    assert sorted(map(sorted, work.batches)) == [[0], [2, 4]]


def test_a_failed_batch_reaches_its_callers_only() -> None:
    shared = batcher(Work(), batch_size=1)
    with pytest.raises(ValueError, match="thirteen"):
        shared.map([1, 13, 3])
    assert shared.waiting == 0  # the rest of a caller that gave up is no longer worked on
    assert shared.map([5]) == [10]


def test_nothing_to_do_is_done_at_once() -> None:
    assert batcher(Work()).map([]) == []
