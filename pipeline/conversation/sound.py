"""Music and tones in a stretch without words, told from its loudness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.records import Span
from pipeline.sound import SAMPLES_PER_MS, CallAudio, Samples

FRAME_MS = 100
_FRAME = FRAME_MS * SAMPLES_PER_MS
ABOVE_FLOOR_DB = 15.0  # line noise keeps within a few dB of its own floor
LEAST_DBFS = -50.0  # quieter than any hold music; a channel gated to digital silence has no floor of its own
SUSTAINED_SHARE = 0.6  # ringing sounds a third of the time, music most of it


def levels_dbfs(audio: CallAudio) -> tuple[NDArray[np.float64], ...]:
    """Return, for each channel of a call, the RMS level of each whole 100 ms in dBFS (-120 for silence)."""
    levels: list[list[NDArray[np.float64]]] = []
    rest: Samples | None = None
    for block in audio():
        samples = block if rest is None else np.concatenate([rest, block], axis=1)
        whole = samples.shape[1] // _FRAME * _FRAME
        levels = levels or [[] for _ in samples]
        for of_channel, channel in zip(levels, samples, strict=True):
            of_channel.append(_frame_levels_dbfs(channel[:whole]))
        rest = samples[:, whole:].copy()
    return tuple(np.concatenate(of_channel) for of_channel in levels)


def _frame_levels_dbfs(channel: Samples) -> NDArray[np.float64]:
    frames = channel.reshape(-1, _FRAME)
    power: NDArray[np.float64] = np.einsum("ij,ij->i", frames, frames, dtype=np.float64) / _FRAME
    levels: NDArray[np.float64] = 10 * np.log10(np.maximum(power, 1e-12))
    return levels


def sounding(levels_dbfs: NDArray[np.float64], span: Span) -> bool:
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
