"""Music and tones in a stretch without words, told from its loudness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.records import Span

SAMPLE_RATE_HZ = 16_000
FRAME_MS = 100
ABOVE_FLOOR_DB = 15.0  # line noise keeps within a few dB of its own floor
LEAST_DBFS = -50.0  # quieter than any hold music; a channel gated to digital silence has no floor of its own
SUSTAINED_SHARE = 0.6  # ringing sounds a third of the time, music most of it


def frame_levels_dbfs(channel: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the RMS level of each whole 100 ms of a channel [n] at 16 kHz, in dBFS (-120 for silence)."""
    samples = SAMPLE_RATE_HZ * FRAME_MS // 1000
    frames = channel[: len(channel) // samples * samples].reshape(-1, samples)
    power: NDArray[np.float64] = np.einsum("ij,ij->i", frames, frames, dtype=np.float64) / samples
    levels: NDArray[np.float64] = 10 * np.log10(np.maximum(power, 1e-12))
    return levels


def sounding(levels_dbfs: NDArray[np.float64], span: Span) -> bool:
    """Tell whether sound goes on through most of a span.

    A frame sounds where it is 15 dB above the channel's noise floor (the level that a tenth of all its frames stay
    below) and above -50 dBFS; the span sounds where 60 % of its frames do.

    Args:
        levels_dbfs: Levels of the whole channel, from `frame_levels_dbfs`.
        span: A stretch in which nobody's words were heard.
    """
    inside = levels_dbfs[-(-span.start_ms // FRAME_MS) : span.end_ms // FRAME_MS]
    if not inside.size:
        return False
    threshold = max(float(np.percentile(levels_dbfs, 10)) + ABOVE_FLOOR_DB, LEAST_DBFS)
    return float(np.mean(inside > threshold)) >= SUSTAINED_SHARE
