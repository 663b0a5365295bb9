"""Word times drawn to the sound: aligned words touch each other, and a pause between two of them belongs to neither."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.records import Word
from pipeline.sound import SAMPLES_PER_MS, Samples
from pipeline.transcribe.packing import HeardWord

ALIGNED_EARLY_S = 0.05
"""By how much Whisper's cross-attention is ahead of the sound: the middle of what starts and ends of words showed on
speech whose phoneme lengths are known (`benchmarks/word_times.json`)."""
FRAME_MS = 10
_FRAME = FRAME_MS * SAMPLES_PER_MS
QUIET_SHARE = 0.35
"""Sound this far up, in dB, from the channel's floor to its loud frames is somebody speaking."""
SHORTEST_PAUSE_MS = 120
"""A shorter silence is the closure of a "p" or "t" inside a word."""
LEAST_MS = 60


def on_time(heard: Iterable[HeardWord]) -> tuple[HeardWord, ...]:
    """Return aligned words where they are heard."""
    return tuple(
        replace(word, start_s=word.start_s + ALIGNED_EARLY_S, end_s=word.end_s + ALIGNED_EARLY_S) for word in heard
    )


def tightened(words: Sequence[Word], sounds: NDArray[np.bool_]) -> tuple[Word, ...]:
    """Return one channel's words without the pauses at their edges.

    A word whose time holds a pause keeps the side on which more of it sounds. Words without any sound keep their times.

    Args:
        words: With times that count from the first frame.
        sounds: What `sounding_frames` tells of the channel.
    """
    return tuple(_tightened(word, sounds) for word in words)


def sounding_frames(samples: Samples) -> NDArray[np.bool_]:
    """Tell for each 10 ms of a channel whether somebody sounds there; short silences inside speech count as sound."""
    whole = len(samples) // _FRAME
    if not whole:
        return np.zeros(0, dtype=np.bool_)
    frames = samples[: whole * _FRAME].reshape(whole, _FRAME)
    levels = 10 * np.log10(np.einsum("ij,ij->i", frames, frames, dtype=np.float64) / _FRAME + 1e-10)
    floor, loud = np.percentile(levels, 10), np.percentile(levels, 98)
    sounds: NDArray[np.bool_] = levels > floor + QUIET_SHARE * (loud - floor)
    for start, end in _runs(~sounds):
        if (end - start) * FRAME_MS < SHORTEST_PAUSE_MS:
            sounds[start:end] = True
    return sounds


def _tightened(word: Word, sounds: NDArray[np.bool_]) -> Word:
    first, last = word.start_ms // FRAME_MS, -(-word.end_ms // FRAME_MS)
    runs = _runs(sounds[first:last])
    if not runs:
        return word
    longest = max(runs, key=lambda run: run[1] - run[0])
    start_ms = max(word.start_ms, (first + longest[0]) * FRAME_MS)
    end_ms = min(word.end_ms, (first + longest[1]) * FRAME_MS)
    return replace(word, start_ms=start_ms, end_ms=end_ms) if end_ms - start_ms >= LEAST_MS else word


def _runs(true: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return where stretches of True begin and end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], true, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]
