"""A call's sound as every listener takes it: block by block at 16 kHz, so that a call of hours fits into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000
SAMPLES_PER_MS = SAMPLE_RATE_HZ // 1000

Samples = NDArray[np.float32]
CallAudio = Callable[[], Iterator[Samples]]
"""Gives a call's sound from its beginning: blocks ``[channels, n]`` of -1..+1 at 16 kHz; may be called again."""


def in_memory(channels: Samples) -> CallAudio:
    """Return sound that is in memory already, ``[channels, n]`` at 16 kHz, as one block."""
    return lambda: iter([channels])
