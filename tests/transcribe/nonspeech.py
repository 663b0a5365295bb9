"""Hold music in many styles, made from notes: some of it is taken for a voice, and words are heard in it.

Levels, keys and melodies come from the seed. The plainer sounds of a line are in `benchmarks.asr.nonspeech`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
Sound = NDArray[np.float32]


def telephone(sound: Sound) -> Sound:
    """Pass a sound through a telephone line: 300 to 3400 Hz, 8-bit u-law (ITU-T G.711)."""
    spectrum = np.fft.rfft(sound)
    frequencies_hz = np.fft.rfftfreq(len(sound), 1 / RATE_HZ)
    spectrum[(frequencies_hz < 300) | (frequencies_hz > 3400)] = 0
    band = np.clip(np.fft.irfft(spectrum, len(sound)), -1, 1)
    pressed = np.sign(band) * np.log1p(255 * np.abs(band)) / np.log(256)
    coded = np.round(pressed * 127) / 127
    return (np.sign(coded) * np.expm1(np.abs(coded) * np.log(256)) / 255).astype(np.float32)


def _clock(seconds: float) -> NDArray[np.float64]:
    return np.arange(round(seconds * RATE_HZ)) / RATE_HZ


_CHORDS = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))  # I vi IV V
_SCALE = (0, 2, 4, 5, 7, 9, 11, 12, 14, 16)


def _note(hz: float, seconds: float, *, decay_s: float, partials: int, fall: float, vibrato: float) -> Sound:
    t = _clock(seconds)
    phase = 2 * np.pi * hz * (t + vibrato * np.sin(2 * np.pi * 5.5 * t) / 100)
    wave = sum(np.sin(k * phase) / k**fall for k in range(1, partials + 1) if k * hz < 7600)
    shape = np.minimum(t / 0.01, 1) * np.exp(-t / decay_s) * np.minimum((seconds - t) / 0.02, 1)
    return np.asarray(wave * shape, dtype=np.float32)


def music(
    seconds: float,
    seed: int,
    *,
    beat_s: float,
    decay_s: float,
    partials: int = 6,
    fall: float = 1.0,
    vibrato: float = 0.0,
    drums: bool = False,
    melody: bool = True,
    dbfs: float = -22.0,
) -> Sound:
    """Chords, a bass, a melody and drums: the styles differ in tempo, in how notes ring and in their timbre."""
    rng, n = np.random.default_rng(seed), len(_clock(seconds))
    mix = np.zeros(n + 8 * RATE_HZ)
    key_hz = 220 * 2 ** (rng.integers(-5, 6) / 12)
    play = partial(_note, decay_s=decay_s, partials=partials, fall=fall, vibrato=vibrato)

    def add(at_s: float, sound: NDArray[np.floating], gain: float) -> None:
        start = round(at_s * RATE_HZ)
        mix[start : start + len(sound)] += gain * sound[: len(mix) - start]

    for beat in range(int(seconds / beat_s) + 1):
        at_s, chord = beat * beat_s, _CHORDS[beat // 4 % 4]
        if beat % 4 == 0:
            for step in chord:
                add(at_s, play(key_hz * 2 ** (step / 12), 4 * beat_s), 0.5)
        if beat % 2 == 0:
            add(at_s, play(key_hz / 2 * 2 ** (chord[0] % 12 / 12), 2 * beat_s), 0.6)
        if melody:
            parts = int(rng.choice([1, 2]))
            for part in range(parts):
                note_hz = 2 * key_hz * 2 ** (_SCALE[rng.integers(len(_SCALE))] / 12)
                add(at_s + part * beat_s / parts, play(note_hz, beat_s / parts), 0.8)
        if drums:
            kick = _clock(0.15)
            add(at_s, np.sin(2 * np.pi * 60 * kick * np.exp(-kick * 8)) * np.exp(-kick * 20), 2.0)
            add(at_s + beat_s / 2, rng.normal(0, 1, 800) * np.exp(-np.arange(800) / 150), 0.5)
            if beat % 2:
                add(at_s, rng.normal(0, 1, 3200) * np.exp(-np.arange(3200) / 700), 0.8)
    rms = float(np.sqrt(np.mean(mix[:n] ** 2)))
    return np.clip(mix[:n] / rms * 10 ** (dbfs / 20), -1, 1).astype(np.float32)


MUSIC: dict[str, Callable[[float, int], Sound]] = {
    "pads": partial(music, beat_s=0.9, decay_s=6.0, melody=False),
    "strings": partial(music, beat_s=0.7, decay_s=3.0, partials=10, vibrato=0.6),
    "piano": partial(music, beat_s=0.5, decay_s=0.5, fall=1.4),
    "guitar": partial(music, beat_s=0.4, decay_s=0.25, partials=12, fall=0.9),
    "organ": partial(music, beat_s=0.6, decay_s=9.0, partials=4, fall=0.5),
    "flute": partial(music, beat_s=0.8, decay_s=4.0, partials=2, fall=2.0, vibrato=0.8),
    "pop": partial(music, beat_s=0.5, decay_s=0.4, drums=True, partials=10),
    "loud synthesizer": partial(music, beat_s=0.35, decay_s=1.0, partials=16, fall=0.8, dbfs=-14.0),
}
