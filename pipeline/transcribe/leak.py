"""Speech of one channel that leaks into the other, found in the sound and taken out of it before recognition.

On the phone each party has a channel, but an echo of the far end comes back with a delay, and a headset or a cable lets
one line into the other. Whisper hears a leak of -20 dB as well as speech, and would write it down twice; and beside
leak, a breath passes for speech.

So what the way of the leak (`leak_path`) predicts is subtracted, as in echo cancellers, and a frame that holds nothing
else is silenced: there the prediction makes up what is heard and leaves little over. Speech of the channel's own is
never predicted, so double talk stays.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.sound import SAMPLES_PER_MS, Samples
from pipeline.transcribe.leak_path import EARLY, PER_MS, STEP, at_16_khz, filtered, halved, leak_path
from pipeline.transcribe.speech import FRAME_MS

METHOD = "leak-2"
PREDICTED_SHARE, LEFT_OVER_SHARE = 0.35, 0.25
"""Leak is predicted but for this share of its power: separately coded channels are not alike to the last sample."""
NOISE_FACTOR = 3.0
"""What is left over within 5 dB of the line's noise is noise."""
TAIL_FRAMES, GAP_FRAMES, LEAST_FRAMES = 12, 3, 3

_FRAME = FRAME_MS * PER_MS
_TINY = 1e-12

Powers = NDArray[np.float64]
Flags = NDArray[np.bool_]


def own_sound(channels: Samples) -> tuple[Samples, Flags]:
    """Return what each channel holds of its own, and the frames in which it holds nothing but leak.

    Args:
        channels: ``[channels, n]`` at 16 kHz: a section of up to some minutes, in which the leak stays the same.

    Returns:
        The sound without the leak, silent in the frames of leak; the very same where nothing leaks. Then those frames
        ``[channels, frames]``, of `FRAME_MS` as `speech_probabilities` has them; all False for anything but two
        channels.
    """
    frames = -(-channels.shape[1] // (FRAME_MS * SAMPLES_PER_MS))
    leaked = np.zeros((channels.shape[0], frames), dtype=np.bool_)
    if channels.shape[0] != 2 or not frames:
        return channels, leaked
    own = channels
    sides = halved(np.pad(channels, ((0, 0), (0, frames * _FRAME * STEP - channels.shape[1]))))
    for heard, source in ((0, 1), (1, 0)):
        path = leak_path(sides[heard], sides[source])
        if path is None:
            continue
        leaked[heard] = _leaked(sides[heard], filtered(sides[source], path))
        if leaked[heard].any():
            own = own.copy() if own is channels else own
            own[heard] -= filtered(channels[source], at_16_khz(path), early=STEP * EARLY)
            own[heard, np.repeat(leaked[heard], FRAME_MS * SAMPLES_PER_MS)[: channels.shape[1]]] = 0
    return own, leaked


def _leaked(heard: Samples, expected: Samples) -> Flags:
    alone = [_frame_powers(signal) for signal in (heard, expected, heard - expected)]
    power, predicted, left_over = (_with_neighbours(powers) for powers in alone)
    noise = max(float(np.quantile(left_over, 0.1)), _TINY)
    explained = (predicted > PREDICTED_SHARE * power) & (predicted > noise)
    leak = explained & (left_over < np.maximum(LEFT_OVER_SHARE * power, NOISE_FACTOR * noise))
    leak = _without_short_runs(leak, LEAST_FRAMES)
    leak |= ~_without_short_runs(~leak, GAP_FRAMES + 1) & (left_over < 2 * LEFT_OVER_SHARE * power)
    # the speech detector lags behind: frames of mere noise after the leak would still pass for speech
    near = np.convolve(leak, np.ones(2 * TAIL_FRAMES + 1), mode="full")[TAIL_FRAMES:-TAIL_FRAMES] > 0
    leak |= near & (left_over < NOISE_FACTOR * noise)
    starts_or_ends = alone[2] > np.maximum(2 * LEFT_OVER_SHARE * alone[0], NOISE_FACTOR * noise)
    return np.asarray(leak & ~starts_or_ends, dtype=np.bool_)


def _frame_powers(signal: Samples) -> Powers:
    return np.asarray(np.square(signal.reshape(-1, _FRAME)).mean(axis=1, dtype=np.float64))


def _with_neighbours(powers: Powers) -> Powers:
    """Return the mean of each frame and the two beside it: one frame alone is too short to be judged."""
    padded = np.pad(powers, 1, mode="edge")
    return np.asarray((padded[:-2] + padded[1:-1] + padded[2:]) / 3)


def _without_short_runs(flags: Flags, least: int) -> Flags:
    kept = flags.copy()
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    for start, end in edges.reshape(-1, 2):
        kept[start:end] = end - start >= least
    return kept
