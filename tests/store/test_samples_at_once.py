"""Samples that several draw at once hold what the policy asks for, and no more."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from pipeline.review.periods import SamplingPeriod
from pipeline.review.sampling import SamplingRequest
from pipeline.reviewing.queue import build_sample
from pipeline.store.database import Store, open_store
from pipeline.store.samples import list_sampled
from tests.store.builders import NOW, score, scored, taken_in


def test_sample_that_is_drawn_by_several_at_once_is_drawn_once(store: Store, store_url: str) -> None:
    with store.begin() as connection:
        for n in range(12):
            taken_in(connection, f"c-{n:02}", agent_id="maria" if n % 2 else "tom")
            scored(connection, score(f"c-{n:02}", f"s-{n:02}"))
    together = Barrier(4)

    def draw(seed: int) -> int:
        own = open_store(store_url)
        together.wait()
        request = SamplingRequest(policy="per-agent", period="all", seed=seed, count=3)
        with own.begin() as connection:
            made = build_sample(connection, request, SamplingPeriod(name="all"), by="lead", now=NOW)
        own.close()
        return len(made)

    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(draw, range(4)))
    assert sorted(drawn) == [0, 0, 0, 6]
    with store.read() as connection:
        assert len(list_sampled(connection)) == 6
