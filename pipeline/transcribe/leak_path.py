"""The way by which one channel leaks into the other: a short linear filter, estimated from the sound.

It is estimated where its source is clearly the louder channel, as in echo cancellers (Wiener filter: cross-spectrum
over the source's power). That is done at 8 kHz, because a telephone carries nothing above 4 kHz; the filter is then
brought to the 16 kHz of the sound that it is taken out of.
"""

from __future__ import annotations

import numpy as np

from pipeline.sound import SAMPLES_PER_MS, Samples

EARLIEST_MS, LATEST_MS = -8, 120
"""When the leak may come after its source; codecs let it come a little before."""
SOURCE_RANGE_DB = 25.0
SOURCE_LOUDER_DB = 3.0
"""Leak of -6 dB with as much noise again is still this much softer than its source."""
LEAST_BLOCKS = 4
STEP = 2  # 16 kHz to 8 kHz
PER_MS = SAMPLES_PER_MS // STEP
EARLY, LATE = -EARLIEST_MS * PER_MS, LATEST_MS * PER_MS
_BLOCK = 2048
_FILTERED = 8192
_TINY = 1e-12
_HALF_BAND = (0.5 * np.sinc(np.arange(-15, 16) / 2) * np.hanning(33)[1:-1]).astype(np.float32)


def halved(channels: Samples) -> Samples:
    """Bring ``[channels, n]`` from 16 to 8 kHz and raise high frequencies: consonants then weigh as much as vowels."""
    padded = np.pad(channels, ((0, 0), (1, 1)))
    middle = padded[:, 1:-1:2]
    smooth = 0.25 * padded[:, :-2:2] + 0.5 * middle + 0.25 * padded[:, 2::2][:, : middle.shape[1]]
    return np.asarray(np.diff(smooth, axis=1, prepend=0) + 0.1 * smooth, dtype=np.float32)


def leak_path(heard: Samples, source: Samples) -> Samples | None:
    """Return the filter by which the source is heard, from `EARLIEST_MS` to `LATEST_MS`; None where it never leads.

    The first round finds the delay. The second one looks at the source by so much earlier, because a block loses what
    the delay moves out of it, and lets blocks count by how well they were explained: double talk bends the filter.
    """
    window = np.hanning(_BLOCK).astype(np.float32)
    path: Samples | None = None
    late = 0
    for _ in range(2):
        moved = np.pad(source, (late, 0))[: len(heard)] if late >= 0 else np.pad(source[-late:], (0, -late))
        blocks = [_blocks(heard), _blocks(moved)]
        heard_power, source_power = (np.square(block).mean(axis=1, dtype=np.float64) for block in blocks)
        fit = source_power > np.quantile(source_power, 0.98) * 10 ** (-SOURCE_RANGE_DB / 10)
        fit &= (heard_power < source_power * 10 ** (-SOURCE_LOUDER_DB / 10)) & (heard_power > _TINY)
        if fit.sum() < LEAST_BLOCKS:
            return None
        heard_at, source_at = (np.fft.rfft(block[fit] * window, 2 * _BLOCK) for block in blocks)
        weights = 1 / heard_power[fit]
        if path is not None:
            known = np.fft.rfft(np.roll(np.pad(path, (0, 2 * _BLOCK - len(path))), -EARLY - late))
            left_over = np.square(np.abs(heard_at - known * source_at)).sum(axis=1)
            weights /= left_over / np.square(np.abs(heard_at)).sum(axis=1) + 0.05
        auto = (weights[:, None] * np.abs(source_at) ** 2).sum(axis=0)
        cross = (weights[:, None] * source_at.conj() * heard_at).sum(axis=0)
        response = np.fft.irfft(cross / (auto + 1e-3 * auto.mean()))
        path = np.roll(response, EARLY + late)[: EARLY + LATE].astype(np.float32)
        late = int(np.argmax(np.abs(path))) - EARLY
    return path


def _blocks(signal: Samples) -> Samples:
    """Return overlapping blocks ``[blocks, _BLOCK]``; a signal that is shorter gives one."""
    padded = np.pad(signal, (0, max(0, _BLOCK - len(signal))))
    return np.lib.stride_tricks.sliding_window_view(padded, _BLOCK)[:: _BLOCK // 2]


def at_16_khz(path: Samples) -> Samples:
    """Return the same filter for sound at 16 kHz, where it passes nothing above 4 kHz."""
    spread = np.zeros(STEP * len(path), dtype=np.float32)
    spread[::STEP] = path
    return np.asarray(np.convolve(spread, _HALF_BAND, mode="same"), dtype=np.float32)


def filtered(source: Samples, path: Samples, *, early: int = EARLY) -> Samples:
    """Return the source through a filter that begins ``early`` samples before it, by overlap-save."""
    overlap = len(path) - 1
    response = np.fft.rfft(path, _FILTERED)
    padded = np.pad(source, (overlap - early, _FILTERED + early))
    parts = [
        np.fft.irfft(np.fft.rfft(padded[start : start + _FILTERED]) * response)[overlap:]
        for start in range(0, len(source), _FILTERED - overlap)
    ]
    return np.concatenate(parts)[: len(source)].astype(np.float32)
