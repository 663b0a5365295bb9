"""What a channel's sound says about words."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.records import Span, Word
from pipeline.transcribe.evidence import evidence_of
from pipeline.transcribe.speech import FRAME_MS

FRAME_SAMPLES = FRAME_MS * 16


def sound(*levels: float) -> np.ndarray:
    """Frames of constant amplitude."""
    return np.repeat(np.asarray(levels, dtype=np.float32), FRAME_SAMPLES)


def test_levels_are_rms_in_dbfs_and_silence_has_one_too() -> None:
    evidence = evidence_of(sound(1, 0.1, 0), [0, 0, 0])
    assert evidence.levels_dbfs == pytest.approx([0, -20, -100], abs=1e-4)


def test_sure_voice_counts_only_the_frames_of_the_span() -> None:
    evidence = evidence_of(sound(*[0.1] * 6), [0.99, 0.95, 0.5, 0.99, 0.9, 0.99])
    assert evidence.sure_ms(Span(start_ms=0, end_ms=6 * FRAME_MS)) == 4 * FRAME_MS
    assert evidence.sure_ms(Span(start_ms=FRAME_MS, end_ms=4 * FRAME_MS)) == 2 * FRAME_MS


def test_range_is_wide_where_sound_pauses_and_small_where_it_goes_on() -> None:
    evidence = evidence_of(sound(*[0.1] * 20, *[0.1] * 10, *[0.0001] * 10), [0.0] * 40)
    assert evidence.range_db(Span(start_ms=0, end_ms=20 * FRAME_MS)) == pytest.approx(0, abs=1e-3)
    assert evidence.range_db(Span(start_ms=20 * FRAME_MS, end_ms=40 * FRAME_MS)) == pytest.approx(60, abs=0.1)


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "expected"),
    [(64, 64, 0.8), (96, 128, 0.8), (192, 224, 0.1), (10_000, 10_100, 0.0)],  # the last one lies behind the sound
)
def test_voice_under_a_word_allows_for_a_frame_before_and_behind(start_ms: int, end_ms: int, expected: float) -> None:
    evidence = evidence_of(sound(*[0.1] * 8), [0.1, 0.1, 0.8, 0.1, 0.1, 0.1, 0.1, 0.1])
    assert evidence.voice_under(Word(text="a", start_ms=start_ms, end_ms=end_ms)) == expected
