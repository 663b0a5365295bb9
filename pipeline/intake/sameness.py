"""Whether both channels of a recording hold the same sound: one mono stored twice, however badly it was copied.

Copies may differ in level, sign, delay and coding, and each may have been clipped or mixed with line noise and hum of
its own. What no copy has is a voice of its own. So the channels are compared block by block: a block in which somebody
is heard is the same where the channels correlate at the lag and with the level ratio that they have in the rest of the
call. Where one party leaks into the other's channel, that party's blocks look like a copy too; the other party's do
not, because they are on one channel only, or their level ratio is the other way round.

A stereo call in which only one party ever speaks and leaks into the other channel cannot be told from a mono with a
quieter copy: both are one signal twice. Down to `FAINTEST_COPY_DB` it is taken for mono, and nothing that was said is
lost, because the copy that is kept holds all of it; a fainter second channel is taken for leak.
"""

from __future__ import annotations

import functools
import math
from array import array

import numpy as np
from numpy.typing import NDArray

BLOCK_MS = 500
LONGEST_LAG_MS = 60
BAND_HZ = (300.0, 3400.0)
"""Telephone speech, without rumble and the strong part of hum."""
HEARD_RANGE_DB = 15.0
"""A block is heard where a channel is at most this far below its loudest blocks; below that, line noise takes over."""
SAME_CORRELATION, SAME_LAG_MS, SAME_RATIO_DB = 0.5, 1.0, 5.0
"""What a block must keep to. Leak of -6 dB in both directions puts the parties' level ratios 12 dB apart."""
OWN_CORRELATION, OWN_RATIO_DB, OWN_RANGE_DB = 0.4, 9.0, 10.0
"""A loud block that is this far from the rest holds a voice that is on one channel only."""
OWN_WEIGHT = 40
"""One second of such a voice speaks against some ten minutes of sameness."""
FAINTEST_COPY_DB = 18.0
LEAST_BLOCKS = 2
CLEARLY_BETTER_DB = 3.0
SILENCE_DB = -80.0

_FULL_SCALE = 32768
_TELEPHONE_RATE_HZ = 8000
_LAG_STEPS = 2  # per sample: a lag that falls between two samples would cost correlation
_AS_GOOD = 0.9  # a tone correlates at many lags
_FAINT = 1e-9
_COLUMNS = 7  # two levels (dB), correlation, lag (ms), level ratio of soft samples (dB), two crest factors (dB)


class ChannelPair:
    """Two channels, fed piece by piece. No sound is kept, only seven numbers for each half second that went by."""

    def __init__(self) -> None:
        self._begun = False
        self._waiting: NDArray[np.float32] = np.zeros((0, 2), dtype=np.float32)
        self._noted = array("f")
        self._lags: NDArray[np.floating] = np.zeros(0, dtype=np.float32)

    def add(self, samples: NDArray[np.int16], sample_rate_hz: int) -> None:
        """Take in the next samples [n, 2], all of one rate."""
        step = max(1, sample_rate_hz // _TELEPHONE_RATE_HZ)
        block, reach = (max(1, sample_rate_hz // step * ms // 1000) for ms in (BLOCK_MS, LONGEST_LAG_MS))
        if not self._begun:
            self._waiting, self._begun = np.zeros((reach * step, 2), dtype=np.float32), True
        waiting = np.concatenate([self._waiting, samples.astype(np.float32) / _FULL_SCALE])
        while len(waiting) >= (block + 2 * reach) * step:
            with_surroundings = waiting[: (block + 2 * reach) * step].T
            # a mean of neighbours is a poor low-pass, but both channels lose the same by it
            self._note(with_surroundings.reshape(2, -1, step).mean(axis=2), reach, sample_rate_hz / step)
            waiting = waiting[block * step :]
        self._waiting = waiting

    def sameness(self) -> float | None:
        """Return the share of heard blocks (0..1) in which both channels hold the same sound.

        A block with a voice on one channel only counts `OWN_WEIGHT` times. None where a channel is silent.
        """
        level_1, level_2, correlation, lag_ms, soft_ratio_db, *_ = table = self._table()
        if not table.size:
            return None
        below_1, below_2 = (np.quantile(level, 0.99) - level for level in (level_1, level_2))
        if min(level_1.max(), level_2.max()) < SILENCE_DB:
            return None
        heard = np.minimum(below_1, below_2) <= HEARD_RANGE_DB
        loud = np.minimum(below_1, below_2) <= OWN_RANGE_DB
        like = heard & (correlation >= SAME_CORRELATION)
        if like.sum() < LEAST_BLOCKS:
            return 0.0
        usual_ratio_db = np.median((level_2 - level_1)[like])
        if abs(usual_ratio_db) > FAINTEST_COPY_DB:
            return 0.0
        off_lag_ms = np.abs(lag_ms - np.median(lag_ms[like]))
        # clipping changes the ratio of loud samples and noise that of soft ones, another party both
        off_ratio_db = np.minimum(*(np.abs(ratio - usual_ratio_db) for ratio in (level_2 - level_1, soft_ratio_db)))
        same = like & (off_lag_ms <= SAME_LAG_MS) & (off_ratio_db <= SAME_RATIO_DB)
        own = loud & ((correlation < OWN_CORRELATION) | (off_ratio_db > OWN_RATIO_DB))
        weights = np.where(own, OWN_WEIGHT, 1)
        return float(weights[same].sum() / weights[heard].sum())

    def better_channel(self) -> int:
        """Return which of two copies to keep: the one with less noise and clipping; of equals, the louder."""
        level_1, level_2, *_, crest_1, crest_2 = table = self._table()
        if not table.size:
            return 0
        loudest_db, soft_db = (np.quantile([level_1, level_2], share, axis=1) for share in (0.99, 0.1))
        loud = (loudest_db[:, None] - [level_1, level_2] <= OWN_RANGE_DB).any(axis=0)
        merits_db = loudest_db - soft_db + np.median([crest_1[loud], crest_2[loud]], axis=1)
        clearly_better = abs(merits_db[0] - merits_db[1]) >= CLEARLY_BETTER_DB
        return int(np.argmax(merits_db if clearly_better else loudest_db))

    def _table(self) -> NDArray[np.float64]:
        return np.array(self._noted, dtype=np.float64).reshape(-1, _COLUMNS).T

    def _note(self, around: NDArray[np.float32], reach: int, rate_hz: float) -> None:
        """Compare one block: that of the first channel with the second channel's at the lag where they fit best.

        Args:
            around: The block and ``reach`` samples before and after it, [2, n].
            reach: The longest lag.
            rate_hz: Samples per second.
        """
        first = around[0, reach:-reach]
        spectra = _band(np.stack([first, around[1, reach:-reach]]), rate_hz)
        crossed = np.fft.irfft(spectra[0].conj() * spectra[1], _LAG_STEPS * 2 * len(first)) * _LAG_STEPS
        curve = np.roll(crossed, reach * _LAG_STEPS)[: 2 * reach * _LAG_STEPS + 1] / _norm(_energies(spectra))
        if len(self._lags) != len(curve):
            self._lags = np.zeros_like(curve)
        self._lags += curve**2
        fits = []
        for steps in (int(np.argmax(self._lags)), int(np.argmax(np.abs(curve)))):
            lag = (steps - reach * _LAG_STEPS) // _LAG_STEPS
            pair = np.stack([first, around[1, reach + lag : len(around[1]) - reach + lag]])
            pair -= pair.mean(axis=1, keepdims=True)
            spectra = _band(pair, rate_hz)
            powers = _energies(spectra)
            # what is left of the lag is under a sample; not by `@`, whose threads would fight with recognition
            here = (_shifts(len(first)) * (spectra[0].conj() * spectra[1])).real.sum(axis=1)
            fits.append((float(np.abs(here).max() / len(first) / _norm(powers)), steps, pair, powers))
        usual, best = fits  # a tone fits at many lags, and where a word is cut by the block's end another one may fit
        correlation, steps, pair, powers = usual if usual[0] >= _AS_GOOD * best[0] else best
        heights = (np.quantile(np.abs(pair), 0.75, axis=1), np.abs(pair).max(axis=1), np.sqrt((pair**2).mean(axis=1)))
        soft_db, peak_db, all_db = (20 * np.log10(height + _FAINT) for height in heights)
        levels_db = 10 * np.log10(powers / pair.shape[1] + _FAINT)
        lag_ms = (steps - reach * _LAG_STEPS) * 1000 / (rate_hz * _LAG_STEPS)
        numbers = (*levels_db, correlation, lag_ms, soft_db[1] - soft_db[0], *(peak_db - all_db))
        self._noted.extend(float(number) for number in numbers)


def _band(pair: NDArray[np.float32], rate_hz: float) -> NDArray[np.complexfloating]:
    """Return the spectra of two channels within `BAND_HZ`, [2, n + 1]; padded, or the end would meet the beginning."""
    spectra: NDArray[np.complexfloating] = np.fft.rfft(pair - pair.mean(axis=1, keepdims=True), 2 * pair.shape[1])
    spectra[:, ~_in_band(pair.shape[1], rate_hz)] = 0
    return spectra


@functools.cache
def _in_band(length: int, rate_hz: float) -> NDArray[np.bool_]:
    hz = np.fft.rfftfreq(2 * length, 1 / rate_hz)
    return (hz >= BAND_HZ[0]) & (hz <= BAND_HZ[1])


@functools.cache
def _shifts(length: int) -> NDArray[np.complexfloating]:
    """Return what turns a crossed spectrum into its correlation at the lag steps around none, [steps, length + 1]."""
    steps = np.arange(-_LAG_STEPS, _LAG_STEPS + 1)[:, None]
    turns: NDArray[np.complexfloating] = np.exp(1j * np.pi * steps * np.arange(length + 1) / (_LAG_STEPS * length))
    return turns.astype(np.complex64)


def _energies(spectra: NDArray[np.complexfloating]) -> NDArray[np.floating]:
    powers = (spectra.real**2 + spectra.imag**2) / (spectra.shape[1] - 1)  # Parseval
    energies: NDArray[np.floating] = powers.sum(axis=1)
    return energies


def _norm(energies: NDArray[np.floating]) -> float:
    return max(math.sqrt(energies[0] * energies[1]), _FAINT)
