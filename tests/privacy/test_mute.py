from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.privacy.mute import mute, muted_spans
from pipeline.records import Dropped, Redaction, Span
from tests.factories import transcript

RATE_HZ = 1000  # a sample a millisecond


def redaction(start_ms: int, end_ms: int) -> Redaction:
    return Redaction(kind="card_number", turn_index=0, start_ms=start_ms, end_ms=end_ms)


def spans(*times: tuple[int, int], margin_ms: int = 0) -> list[tuple[int, int]]:
    call = transcript(("agent", "hello"), redactions=tuple(redaction(*time) for time in times))
    return [(span.start_ms, span.end_ms) for span in muted_spans(call, margin_ms=margin_ms)]


def test_spans_with_a_margin_are_merged_where_they_meet() -> None:
    assert spans((100, 200), (450, 500), (900, 950), margin_ms=150) == [(0, 650), (750, 1100)]
    assert spans((300, 400), (0, 1000)) == [(0, 1000)]
    assert spans() == []


@pytest.mark.parametrize(("text", "is_silent"), [("it is [number]", True), ("thanks for watching", False)])
def test_dropped_text_is_silent_where_something_was_masked(text: str, is_silent: bool) -> None:
    dropped = Dropped(channel=1, start_ms=500, end_ms=900, text=text, reason="weak_evidence")
    call = transcript(("agent", "hello"), dropped=(dropped,))
    assert muted_spans(call, margin_ms=0) == ((Span(start_ms=500, end_ms=900),) if is_silent else ())


def test_all_channels_are_silent_and_nothing_else() -> None:
    samples = np.ones((2, 1000), dtype=np.float32)
    mute(samples, [Span(start_ms=100, end_ms=200), Span(start_ms=950, end_ms=2000)], rate_hz=RATE_HZ)
    silent = np.flatnonzero((samples == 0).all(axis=0))
    assert silent.tolist() == [*range(100, 200), *range(950, 1000)]
    assert (samples == 0).sum() == 2 * silent.size


@given(
    st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 900)), max_size=5),
    st.integers(0, 2000),
    st.sampled_from([8000, 11025, 16000]),
)
def test_a_part_is_silent_where_the_whole_is(times: list[tuple[int, int]], start_ms: int, rate_hz: int) -> None:
    found = [Span(start_ms=start, end_ms=start + length) for start, length in times]
    whole, first = np.ones((1, 4 * rate_hz), dtype=np.float32), start_ms * rate_hz // 1000
    part = whole[:, first:].copy()
    mute(whole, found, rate_hz=rate_hz)
    mute(part, found, rate_hz=rate_hz, start_ms=start_ms)
    assert not part[whole[:, first:] == 0].sum() > len(times)  # but for a sample at an edge, by rounding
    for span in found:
        middle = (span.start_ms + span.end_ms) * rate_hz // 2000 - first
        if 0 <= middle < part.shape[1]:
            assert part[0, middle] == 0
