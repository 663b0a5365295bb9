"""How voices sound: the network, the stretches it is fed, and sound that streams by."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.intake.decode import decode
from pipeline.records import Span
from pipeline.sound import CallAudio, in_memory
from pipeline.transcribe.voices import (
    HOP_FRAMES,
    NOTHING_HEARD,
    SHORTEST_FRAMES,
    STRETCH_FRAMES,
    WHOLE_FRAMES,
    Voiceprints,
    joined,
    mel_power,
    stretches,
    voice_status,
    voiceprints,
    voices_in,
)


def tone(seconds: float, *, level: float = 0.1) -> NDArray[np.float32]:
    """A buzz with many harmonics, as a voice has."""
    at = np.arange(int(seconds * 16_000)) / 16_000
    return (level * sum(np.sin(2 * np.pi * 130 * k * at) / k for k in range(1, 12))).astype(np.float32)


def whole(samples: NDArray[np.float32]) -> tuple[Span, ...]:
    return (Span(start_ms=0, end_ms=len(samples) // 16),)


def in_blocks(channels: NDArray[np.float32], *, size: int) -> CallAudio:
    def blocks() -> Iterator[NDArray[np.float32]]:
        for first in range(0, channels.shape[1], size):
            yield channels[:, first : first + size]

    return blocks


def test_mel_power_of_a_tone_is_in_its_band() -> None:
    at = np.arange(16_000) / 16_000
    low = mel_power(np.sin(2 * np.pi * 300 * at).astype(np.float32)).mean(axis=0)
    high = mel_power(np.sin(2 * np.pi * 5000 * at).astype(np.float32)).mean(axis=0)
    assert len(low) == 40
    assert low.argmax() < 6
    assert high.argmax() > 30
    assert mel_power(np.zeros(10, dtype=np.float32)).shape == (0, 40)


def mel_of(*frames: tuple[int, float]) -> NDArray[np.float32]:
    return np.concatenate([np.full((count, 40), power, dtype=np.float32) for count, power in frames])


@pytest.mark.parametrize(
    ("said", "lengths"),
    [
        ([(100, 1e-9)], []),  # silence
        ([(50, 1e-9), (60, 1.0), (50, 1e-9)], [60]),  # a "yes"
        ([(50, 1e-9), (10, 1.0), (50, 1e-9)], []),  # a click
        ([(50, 1e-9), (60, 1.0), (60, 1e-9), (80, 1.0), (50, 1e-9)], [60, 80]),  # two breaths
        ([(50, 1e-9), (60, 1.0), (12, 1e-9), (60, 1.0), (50, 1e-9)], [140]),  # no pause between them
    ],
)
def test_stretches_are_breaths(said: list[tuple[int, float]], lengths: list[int]) -> None:
    assert [last - first for first, last in stretches(mel_of(*said))] == lengths


def test_a_long_breath_is_covered_by_parts_that_lie_over_each_other() -> None:
    parts = stretches(mel_of((100, 1e-9), (500, 1.0), (100, 1e-9)))
    assert {last - first for first, last in parts} == {STRETCH_FRAMES}
    assert parts[0][0] <= 100
    assert parts[-1][1] >= 600
    assert all(0 < after[0] - before[0] <= HOP_FRAMES for before, after in pairwise(parts))


@given(st.lists(st.tuples(st.integers(1, 300), st.sampled_from([1e-9, 0.01, 1.0])), max_size=6))
def test_stretches_lie_inside_and_in_order(said: list[tuple[int, float]]) -> None:
    mel = mel_of(*said) if said else np.zeros((0, 40), dtype=np.float32)
    found = stretches(mel)
    assert all(0 <= first < last <= len(mel) for first, last in found)
    assert all(SHORTEST_FRAMES <= last - first <= WHOLE_FRAMES for first, last in found)
    assert found == sorted(found)


def test_prints_are_directions_at_their_time_in_the_recording_whatever_the_loudness() -> None:
    samples = np.concatenate([np.zeros(16_000, dtype=np.float32), tone(2.0), np.zeros(16_000, dtype=np.float32)])
    prints = voiceprints(samples, whole(samples), offset_ms=60_000)
    quieter = voiceprints(samples * 0.05, whole(samples))
    assert len(prints) >= 1
    assert 60_900 <= prints.spans[0].start_ms <= 61_200
    assert np.linalg.norm(prints.embeddings, axis=1) == pytest.approx(1)
    assert float(prints.embeddings[0] @ quieter.embeddings[0]) > 0.99


def test_silence_has_no_voice() -> None:
    silence = np.zeros(32_000, dtype=np.float32)
    assert len(voiceprints(silence, whole(silence))) == 0
    assert len(voiceprints(silence, ())) == 0
    assert voices_in(in_memory(silence[None]), 0, ()) is NOTHING_HEARD


@pytest.mark.parametrize("size", [1000, 16_000, 10**6])
def test_prints_do_not_depend_on_how_the_sound_comes(size: int) -> None:
    said = np.concatenate([tone(1.0), np.zeros(24_000, dtype=np.float32), tone(1.2), np.zeros(8000, dtype=np.float32)])
    call = np.stack([np.zeros_like(said), said])
    spans = (Span(start_ms=0, end_ms=1500), Span(start_ms=2000, end_ms=99_000))  # the last outlasts the sound
    at_once = voices_in(in_memory(call), 1, spans)
    streamed = voices_in(in_blocks(call, size=size), 1, spans)
    assert len(at_once) >= 2
    assert streamed.spans == at_once.spans
    assert streamed.embeddings == pytest.approx(at_once.embeddings)


def test_sections_are_joined_and_stretches_left_out() -> None:
    def part(*starts: int) -> Voiceprints:
        spans = tuple(Span(start_ms=start, end_ms=start + 1000) for start in starts)
        return Voiceprints(spans=spans, embeddings=np.eye(256, dtype=np.float32)[: len(starts)])

    both = joined([part(0, 2000), NOTHING_HEARD, part(9000)])
    assert [span.start_ms for span in both.spans] == [0, 2000, 9000]
    assert both.embeddings.shape == (3, 256)
    assert [s.start_ms for s in both.outside((Span(start_ms=1900, end_ms=3100),)).spans] == [0, 9000]
    assert joined([]) is NOTHING_HEARD


def test_torch_keeps_its_threads() -> None:
    import torch

    before = torch.get_num_threads()
    samples = tone(1.0)
    voiceprints(samples, whole(samples), threads=before + 1)
    assert torch.get_num_threads() == before


def test_the_voice_encoder_is_the_one_it_should_be() -> None:
    status = voice_status()
    assert status.ok
    assert status.purpose == "telling voices apart"


def test_real_voices_are_closer_to_themselves_than_to_each_other(shared_audio: Path) -> None:
    samples = decode(shared_audio / "hvb_callcenter/stereo/01cefd6f5c044a6f.wav", target_rate_hz=16_000).samples
    agent, customer = (voiceprints(channel, whole(channel)).embeddings for channel in samples)
    centres = [voice.mean(axis=0) / np.linalg.norm(voice.mean(axis=0)) for voice in (agent, customer)]
    within = [float(np.median(voice @ centre)) for voice, centre in zip((agent, customer), centres, strict=True)]
    between = float(centres[0] @ centres[1])
    assert min(within) > 0.8
    assert between < 0.75
