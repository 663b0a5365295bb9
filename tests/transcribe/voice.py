"""Sounds that behave like voices, for tests of what leaks from one channel into the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
SECONDS = 30
Signal = NDArray[np.float32]


def voice(seed: int, *turns_s: tuple[float, float], soft: float = 1e-4) -> Signal:
    """A voice in some turns of `SECONDS`, syllable by syllable, over a little line noise."""
    random = np.random.default_rng(seed)
    n = SECONDS * RATE_HZ
    hz = np.fft.rfftfreq(n, 1 / RATE_HZ)
    carrier = np.fft.irfft(np.fft.rfft(random.normal(size=n)) * ((hz > 200) & (hz < 3400)) / np.maximum(hz, 200), n)
    at_s = np.arange(n) / RATE_HZ
    floor = sum((at_s >= start) & (at_s < end) for start, end in turns_s) if turns_s else np.zeros(n)
    syllables = np.sin(np.pi * (2.1 + 0.3 * (seed % 3)) * at_s) ** 2
    return (0.1 * carrier / carrier.std() * syllables * floor + random.normal(0, soft, n)).astype(np.float32)


def leak(signal: Signal, db: float, delay_ms: float) -> Signal:
    late = int(delay_ms * RATE_HZ / 1000)
    return np.float32(10 ** (db / 20)) * np.concatenate([np.zeros(late, np.float32), signal[: len(signal) - late]])
