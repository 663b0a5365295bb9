"""Speech of one channel that leaks into the other: found in the sound before recognition, and in the words after it.

On the phone each party has a channel, but an echo of the far end comes back with a delay, and a headset or a cable lets
one line into the other. Whisper hears a leak of -20 dB as well as speech, and would write it down twice.

The way of the leak is a short linear filter. It is estimated where its source is clearly the louder channel, as in echo
cancellers (Wiener filter: cross-spectrum over the source's power). A frame is leak where what the filter predicts makes
up what is heard and leaves little over. Speech of the channel's own is never predicted, so double talk stays.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from pipeline.records import Dropped, Word
from pipeline.sound import SAMPLES_PER_MS, Samples
from pipeline.text import tokens
from pipeline.transcribe.speech import FRAME_MS

METHOD = "leak-1"
EARLIEST_MS, LATEST_MS = -8, 120
"""When the leak may come after its source; codecs let it come a little before."""
SOURCE_RANGE_DB = 25.0
SOURCE_LOUDER_DB = 3.0
"""Leak of -6 dB with as much noise again is still this much softer than its source."""
LEAST_BLOCKS = 4
PREDICTED_SHARE, LEFT_OVER_SHARE = 0.35, 0.25
"""Leak is predicted but for this share of its power: separately coded channels are not alike to the last sample."""
NOISE_FACTOR = 3.0
"""What is left over within 5 dB of the line's noise is noise."""
TAIL_FRAMES, GAP_FRAMES, LEAST_FRAMES = 12, 3, 3

TWIN_WITHIN_MS = 400
"""Recognised times of one word on two channels differ by the leak's delay and twice the recogniser's error."""
TWIN_SIMILARITY = 80.0
ECHO_SOFTER_DB = 5.0
ECHO_CORRELATION = 0.5
"""Two voices that say the same at once do not correlate: below 0.4 for the shortest words."""
BREATH_MS = 500

_STEP = 2  # 16 kHz to 8 kHz: a telephone carries nothing above
_PER_MS = SAMPLES_PER_MS // _STEP
_FRAME = FRAME_MS * _PER_MS
_BLOCK = 2048
_EARLY, _LATE = -EARLIEST_MS * _PER_MS, LATEST_MS * _PER_MS
_FILTERED = 8192
_TINY = 1e-12

Powers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Words = tuple[Word, ...]


def leaked_frames(channels: Samples) -> Flags:
    """Return the frames in which a channel holds the other channel's speech and nothing of its own.

    Args:
        channels: ``[channels, n]`` at 16 kHz: a section of up to some minutes, in which the leak stays the same.

    Returns:
        ``[channels, frames]``, frames of `FRAME_MS` as `speech_probabilities` has them; all False for anything but two
        channels.
    """
    frames = -(-channels.shape[1] // (FRAME_MS * SAMPLES_PER_MS))
    leaked = np.zeros((channels.shape[0], frames), dtype=np.bool_)
    if channels.shape[0] == 2 and frames:
        whole = np.pad(channels, ((0, 0), (0, frames * _FRAME * _STEP - channels.shape[1])))
        first, second = _halved(whole)
        leaked[0], leaked[1] = _leaked(first, second), _leaked(second, first)
    return leaked


def silenced(channels: Samples, leaked: Flags) -> Samples:
    """Return the sound with silence where a channel holds leak only: beside own speech, leak would be recognised too.

    Args:
        channels: ``[channels, n]`` at 16 kHz.
        leaked: What `leaked_frames` gives for them.
    """
    if not leaked.any():
        return channels
    kept = np.repeat(~leaked, FRAME_MS * SAMPLES_PER_MS, axis=1)[:, : channels.shape[1]]
    silent: Samples = np.where(kept, channels, np.float32(0))
    return silent


def echoed_words(
    words: Sequence[Sequence[Word]], channels: Samples, *, offset_ms: int = 0
) -> tuple[tuple[Words, ...], tuple[Dropped, ...]]:
    """Return the words that each channel keeps, and those of leak that slipped through, with reason ``leak``.

    Words said in one breath are leak where the other channel has nearly the same at nearly the same time, is clearly
    louder meanwhile and sounds the same. Two people who say "bye bye" at once sound different and keep their words.

    Args:
        words: By channel, in order of start.
        channels: The sound ``[channels, n]`` at 16 kHz that they were recognised in.
        offset_ms: Where that sound begins in the recording.
    """
    if len(words) != 2 or not all(words):
        return tuple(tuple(of_channel) for of_channel in words), ()
    halved = _halved(channels)
    kept: list[Words] = []
    dropped: list[Dropped] = []
    for heard, source in ((0, 1), (1, 0)):
        echoes: set[int] = set()
        for breath in _breaths(words[heard], words[source]):
            first, last = words[heard][breath[0]], words[heard][breath[-1]]
            start, end = ((at_ms - offset_ms) * _PER_MS for at_ms in (first.start_ms, last.end_ms))
            if _sounds_like_echo(halved[heard], halved[source], max(0, start), end):
                echoes.update(breath)
        kept.append(tuple(word for index, word in enumerate(words[heard]) if index not in echoes))
        dropped += [
            Dropped(channel=heard, start_ms=word.start_ms, end_ms=word.end_ms, text=word.text, reason="leak")
            for word in (words[heard][index] for index in sorted(echoes))
        ]
    return tuple(kept), tuple(sorted(dropped, key=lambda word: (word.start_ms, word.channel)))


def _halved(channels: Samples) -> Samples:
    """Return the sound at 8 kHz with high frequencies raised, so that consonants weigh as much as vowels."""
    padded = np.pad(channels, ((0, 0), (1, 1)))
    middle = padded[:, 1:-1:2]
    smooth = 0.25 * padded[:, :-2:2] + 0.5 * middle + 0.25 * padded[:, 2::2][:, : middle.shape[1]]
    return np.asarray(np.diff(smooth, axis=1, prepend=0) + 0.1 * smooth, dtype=np.float32)


def _leaked(heard: Samples, source: Samples) -> Flags:
    path = _leak_path(heard, source)
    if path is None:
        return np.zeros(len(heard) // _FRAME, dtype=np.bool_)
    expected = _filtered(source, path)
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


def _leak_path(heard: Samples, source: Samples) -> Samples | None:
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
            known = np.fft.rfft(np.roll(np.pad(path, (0, 2 * _BLOCK - len(path))), -_EARLY - late))
            left_over = np.square(np.abs(heard_at - known * source_at)).sum(axis=1)
            weights /= left_over / np.square(np.abs(heard_at)).sum(axis=1) + 0.05
        auto = (weights[:, None] * np.abs(source_at) ** 2).sum(axis=0)
        cross = (weights[:, None] * source_at.conj() * heard_at).sum(axis=0)
        response = np.fft.irfft(cross / (auto + 1e-3 * auto.mean()))
        path = np.roll(response, _EARLY + late)[: _EARLY + _LATE].astype(np.float32)
        late = int(np.argmax(np.abs(path))) - _EARLY
    return path


def _blocks(signal: Samples) -> Samples:
    """Return overlapping blocks ``[blocks, _BLOCK]``; a signal that is shorter gives one."""
    padded = np.pad(signal, (0, max(0, _BLOCK - len(signal))))
    return np.lib.stride_tricks.sliding_window_view(padded, _BLOCK)[:: _BLOCK // 2]


def _filtered(source: Samples, path: Samples) -> Samples:
    """Return the source through the filter, by overlap-save."""
    overlap = len(path) - 1
    response = np.fft.rfft(path, _FILTERED)
    padded = np.pad(source, (overlap - _EARLY, _FILTERED + _EARLY))
    parts = [
        np.fft.irfft(np.fft.rfft(padded[start : start + _FILTERED]) * response)[overlap:]
        for start in range(0, len(source), _FILTERED - overlap)
    ]
    return np.concatenate(parts)[: len(source)].astype(np.float32)


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


def _breaths(heard: Sequence[Word], source: Sequence[Word]) -> list[list[int]]:
    """Return runs of words that the other channel has as well."""
    breaths: list[list[int]] = []
    for index, word in enumerate(heard):
        if not any(_is_twin(word, other) for other in source):
            continue
        before = breaths[-1][-1] if breaths else -1
        if before < 0 or before != index - 1 or word.start_ms - heard[before].end_ms > BREATH_MS:
            breaths.append([])
        breaths[-1].append(index)
    return breaths


def _is_twin(word: Word, other: Word) -> bool:
    if abs(word.start_ms - other.start_ms) > TWIN_WITHIN_MS:
        return False
    texts = ("".join(token.folded for token in tokens(text)) for text in (word.text, other.text))
    return fuzz.ratio(*texts) >= TWIN_SIMILARITY


def _sounds_like_echo(heard: Samples, source: Samples, start: int, end: int) -> bool:
    """Tell whether a stretch is softer than on the source channel and correlates with it at the lag of a leak."""
    echo = heard[start:end]
    said = source[max(0, start - _LATE) : end + _EARLY]
    if len(echo) < _FRAME or not echo.any() or not said.any():
        return False
    power = float(np.square(echo).mean())
    size = 1 << (len(echo) + len(said)).bit_length()
    crossed = np.fft.irfft(np.fft.rfft(said, size) * np.fft.rfft(echo, size).conj(), size)[: len(said) - len(echo) + 1]
    sums = np.concatenate([[0.0], np.cumsum(np.square(said, dtype=np.float64))])
    energies = sums[len(echo) :][: len(crossed)] - sums[: len(crossed)]
    best = int(np.argmax(np.abs(crossed) / np.sqrt(energies + _TINY)))
    softer_db = 10 * np.log10((energies[best] / len(echo) + _TINY) / (power + _TINY))
    correlation = abs(crossed[best]) / np.sqrt((energies[best] + _TINY) * (power * len(echo) + _TINY))
    return bool(softer_db >= ECHO_SOFTER_DB and correlation >= ECHO_CORRELATION)
