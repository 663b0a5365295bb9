"""Where somebody speaks: thresholds on made-up probabilities, the network on real sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.intake.decode import decode
from pipeline.records import Span
from pipeline.sound import SAMPLE_RATE_HZ
from pipeline.transcribe.speech import (
    FRAME_MS,
    SpeechSettings,
    cut_long,
    find_speech,
    spans_of,
    speech_probabilities,
)

BARE = SpeechSettings(min_silence_ms=4 * FRAME_MS, min_speech_ms=2 * FRAME_MS, padding_ms=0)


def edges(probabilities: list[float], settings: SpeechSettings = BARE) -> list[tuple[int, int]]:
    length_ms = len(probabilities) * FRAME_MS
    spans = spans_of(probabilities, length_ms=length_ms, settings=settings)
    return [(span.start_ms // FRAME_MS, span.end_ms // FRAME_MS) for span in spans]


@pytest.mark.parametrize(
    ("probabilities", "expected"),
    [
        ([], []),
        ([0.1] * 9, []),
        ([0, 0, 0.9, 0.9, 0.9, 0, 0, 0, 0, 0], [(2, 5)]),
        ([0, 0.9, 0.9, 0, 0, 0.9, 0.9, 0, 0, 0, 0], [(1, 7)]),  # a silence of two frames does not end it
        ([0, 0.9, 0.9, 0, 0, 0, 0, 0.9, 0.9], [(1, 3), (7, 9)]),  # one of four does
        ([0, 0.9, 0.4, 0.4, 0.4, 0, 0, 0, 0], [(1, 5)]),  # it goes on while above the release threshold
        ([0, 0.4, 0.4, 0.4, 0], []),  # which does not start it
        ([0, 0.9, 0, 0, 0, 0], []),  # a click
        ([0, 0, 0.9, 0.9], [(2, 4)]),  # the recording ends in the middle of a word
    ],
)
def test_spans_follow_thresholds(probabilities: list[float], expected: list[tuple[int, int]]) -> None:
    assert edges(probabilities) == expected


def test_spans_are_padded_merged_and_kept_inside_the_recording() -> None:
    padded = SpeechSettings(min_silence_ms=FRAME_MS, min_speech_ms=0, padding_ms=2 * FRAME_MS)
    assert edges([0.9, 0, 0, 0, 0.9, *[0] * 9, 0.9], padded) == [(0, 7), (12, 15)]


@given(
    st.lists(st.floats(0, 1), max_size=200),
    st.builds(
        SpeechSettings,
        min_silence_ms=st.integers(0, 500),
        min_speech_ms=st.integers(0, 200),
        padding_ms=st.integers(0, 500),
    ),
)
def test_spans_are_ordered_apart_and_hold_every_long_enough_loud_stretch(
    probabilities: list[float], settings: SpeechSettings
) -> None:
    length_ms = len(probabilities) * FRAME_MS
    spans = spans_of(probabilities, length_ms=length_ms, settings=settings)
    bounds = [bound for span in spans for bound in (span.start_ms, span.end_ms)]
    assert bounds == sorted(set(bounds))
    assert not bounds or (bounds[0] >= 0 and bounds[-1] <= length_ms)
    for frame, probability in enumerate(probabilities):
        if probability >= settings.threshold and settings.min_speech_ms <= FRAME_MS:
            assert any(span.start_ms <= frame * FRAME_MS < span.end_ms for span in spans)


def test_network_gives_one_probability_per_frame_and_none_for_no_audio() -> None:
    assert speech_probabilities(np.zeros(0, dtype=np.float32)) == []
    probabilities = speech_probabilities(np.zeros(SAMPLE_RATE_HZ, dtype=np.float32))
    assert len(probabilities) == 32  # 31.25 frames, the last one padded
    assert max(probabilities) < 0.5


@pytest.mark.parametrize("sound", ["silence", "noise", "hum"])
def test_network_hears_no_speech_in(sound: str) -> None:
    seconds = np.arange(10 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    samples = {
        "silence": np.zeros_like(seconds),
        "noise": np.random.default_rng(7).normal(0, 0.1, len(seconds)),
        "hum": 0.3 * np.sin(2 * np.pi * 50 * seconds),
    }[sound]
    assert find_speech(samples.astype(np.float32), SpeechSettings()) == ()


def test_cut_long_cuts_in_the_breath_nearest_to_silence() -> None:
    probabilities = [0.9] * 2000
    probabilities[700:712] = [0.4] * 12
    probabilities[820:832] = [0.6] * 12
    spans = cut_long([Span(start_ms=0, end_ms=50_000)], probabilities, longest_ms=30_000)
    assert [span.start_ms for span in spans][1:] == [pytest.approx(706 * FRAME_MS, abs=6 * FRAME_MS)]
    assert spans[-1].end_ms == 50_000


@given(lengths=st.lists(st.integers(100, 200_000), max_size=4), seed=st.integers(0, 99))
def test_cut_long_keeps_every_moment_and_the_limit(lengths: list[int], seed: int) -> None:
    spans, at_ms = [], 0
    for length in lengths:
        spans.append(Span(start_ms=at_ms, end_ms=at_ms + length))
        at_ms += length + 500
    probabilities = np.random.default_rng(seed).random(at_ms // FRAME_MS + 1).tolist()
    cut = cut_long(spans, probabilities, longest_ms=28_000)
    assert sum(span.length_ms for span in cut) == sum(lengths)
    assert all(0 < span.length_ms <= 28_000 for span in cut)
    assert [span.start_ms for span in cut] == sorted(span.start_ms for span in cut)


def test_speech_is_noticed_as_fast_after_a_long_silence(shared_audio: Path) -> None:
    file = shared_audio / "hvb_callcenter" / "stereo" / "0002f70f7386445b.wav"
    greeting = decode(file, target_rate_hz=SAMPLE_RATE_HZ).samples[0, 3 * SAMPLE_RATE_HZ : 11 * SAMPLE_RATE_HZ]
    (at_once,) = find_speech(greeting, SpeechSettings())
    for silence_s in (30, 60, 90):
        waited = np.concatenate([np.zeros(silence_s * SAMPLE_RATE_HZ, dtype=np.float32), greeting])
        (span,) = find_speech(waited, SpeechSettings())
        assert span.start_ms - silence_s * 1000 == pytest.approx(at_once.start_ms, abs=300)
