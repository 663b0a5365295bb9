"""How loud a call is from moment to moment, and where music or tones sound in a stretch without words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.records import Span
from pipeline.sound import SAMPLES_PER_MS, CallAudio, Samples

FINE_FRAME_MS = 20
FRAME_MS = 100
_FINE_FRAME = FINE_FRAME_MS * SAMPLES_PER_MS
ABOVE_FLOOR_DB = 15.0  # line noise keeps within a few dB of its own floor
LEAST_DBFS = -50.0  # quieter than any hold music; a channel gated to digital silence has no floor of its own
SUSTAINED_SHARE = 0.6  # ringing sounds a third of the time, music most of it
SILENCE_POWER = 1e-12  # -120 dBFS

Levels = NDArray[np.float64]
"""RMS levels in dBFS, one per frame of a channel."""


def fine_levels_dbfs(audio: CallAudio) -> tuple[Levels, ...]:
    """Return, for each channel of a call, the RMS level of each whole 20 ms in dBFS (-120 for silence)."""
    levels: list[list[Levels]] = []
    rest: Samples | None = None
    for block in audio():
        samples = block if rest is None else np.concatenate([rest, block], axis=1)
        whole = samples.shape[1] // _FINE_FRAME * _FINE_FRAME
        levels = levels or [[] for _ in samples]
        for of_channel, channel in zip(levels, samples, strict=True):
            frames = channel[:whole].reshape(-1, _FINE_FRAME)
            of_channel.append(_dbfs(np.einsum("ij,ij->i", frames, frames, dtype=np.float64) / _FINE_FRAME))
        rest = samples[:, whole:].copy()
    return tuple(np.concatenate(of_channel) for of_channel in levels)


def coarser(levels_dbfs: Levels, frames: int) -> Levels:
    """Return the RMS levels of frames that are so many times longer; what fills no whole one is left out."""
    whole = len(levels_dbfs) // frames * frames
    return _dbfs(np.mean(10 ** (levels_dbfs[:whole].reshape(-1, frames) / 10), axis=1))


def levels_dbfs(audio: CallAudio) -> tuple[Levels, ...]:
    """Return, for each channel of a call, the RMS level of each whole 100 ms in dBFS (-120 for silence)."""
    return tuple(coarser(fine, FRAME_MS // FINE_FRAME_MS) for fine in fine_levels_dbfs(audio))


def _dbfs(power: NDArray[np.float64]) -> Levels:
    levels: Levels = 10 * np.log10(np.maximum(power, SILENCE_POWER))
    return levels


def sounding(levels_dbfs: Levels, span: Span) -> bool:
    """Tell whether sound goes on through most of a span.

    A frame sounds where it is 15 dB above the channel's noise floor (the level that a tenth of all its frames stay
    below) and above -50 dBFS; the span sounds where 60 % of its frames do.

    Args:
        levels_dbfs: Levels of the whole channel, from `levels_dbfs`.
        span: A stretch in which nobody's words were heard.
    """
    inside = levels_dbfs[-(-span.start_ms // FRAME_MS) : span.end_ms // FRAME_MS]
    if not inside.size:
        return False
    threshold = max(float(np.percentile(levels_dbfs, 10)) + ABOVE_FLOOR_DB, LEAST_DBFS)
    return float(np.mean(inside > threshold)) >= SUSTAINED_SHARE
