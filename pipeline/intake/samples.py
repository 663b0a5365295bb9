"""One decoded frame as numbers, by fixed arithmetic: a call's identity must not depend on a resampler's version."""

from __future__ import annotations

from typing import Any

import numpy as np
from av import AudioFrame
from numpy.typing import NDArray

FULL_SCALE_16 = 32768


def channel_count(frame: AudioFrame) -> int:
    """Return how many channels a frame truly holds."""
    return int(frame.layout.nb_channels)


def as_int16(frame: AudioFrame) -> NDArray[np.int16]:
    """Return a frame as 16-bit samples [n, channels]; wider samples lose their lower bits, floats are rounded."""
    samples = _by_channel(frame)
    kind = samples.dtype
    if kind == np.int16:
        return np.ascontiguousarray(samples, dtype=np.int16)
    if kind == np.uint8:
        return np.asarray((samples.astype(np.int32) - 128) * 256, dtype=np.int16)
    if kind == np.int32:
        return np.asarray(samples >> 16, dtype=np.int16)
    if kind == np.int64:
        return np.asarray(samples >> 48, dtype=np.int16)
    scaled = np.rint(np.nan_to_num(samples) * FULL_SCALE_16)
    return np.asarray(np.clip(scaled, -FULL_SCALE_16, FULL_SCALE_16 - 1), dtype=np.int16)


def as_float32(frame: AudioFrame) -> NDArray[np.float32]:
    """Return a frame as float samples [channels, n], -1..1."""
    samples = _by_channel(frame).T
    if np.issubdtype(samples.dtype, np.floating):
        return np.asarray(np.clip(np.nan_to_num(samples), -1, 1), dtype=np.float32)
    if samples.dtype == np.uint8:
        return np.asarray((samples.astype(np.int32) - 128) / 128, dtype=np.float32)
    return np.asarray(samples / -float(np.iinfo(samples.dtype).min), dtype=np.float32)


def _by_channel(frame: AudioFrame) -> NDArray[Any]:
    """Return the frame's samples [n, channels] as they are."""
    array = frame.to_ndarray()
    return array.T if frame.format.is_planar else array.reshape(-1, channel_count(frame))
