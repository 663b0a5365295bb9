"""Telephone sound: the narrow band, line noise, hold music made of plain tones, and levels."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from speaker.voices import SAMPLE_RATE_HZ, Samples

SPEECH_LEVEL_DB = -23.0
MUSIC_LEVEL_DB = -28.0
_BAND_HZ = (300.0, 3400.0)
_STEP_S = 0.25  # one note of the hold music
_CHORDS_HZ = (
    (392.0, 493.9, 587.3, 784.0),
    (329.6, 392.0, 493.9, 659.3),
    (349.2, 440.0, 523.3, 698.5),
    (392.0, 466.2, 587.3, 698.5),
)  # G, E minor, F, G minor seventh


def telephone_band(audio: NDArray[np.floating]) -> Samples:
    """What is left of the audio between 300 and 3400 Hz."""
    band = butter(4, _BAND_HZ, btype="bandpass", fs=SAMPLE_RATE_HZ, output="sos")
    return np.asarray(sosfiltfilt(band, audio), dtype=np.float32)


def at_level(audio: Samples, level_db: float) -> Samples:
    """The audio with its active parts (within 30 dB of its loudest) at `level_db` below full scale, peaks rounded."""
    frames = audio[: len(audio) // 80 * 80].reshape(-1, 80)
    power = np.mean(frames**2, axis=1)
    active = float(np.sqrt(np.mean(power[power > np.max(power) / 1000])))
    scaled = audio * (10 ** (level_db / 20) / active)
    return np.asarray(0.9 * np.tanh(scaled / 0.9), dtype=np.float32)


def line_noise(length: int, level_db: float, random: np.random.Generator) -> Samples:
    """Hiss with a slow breath in it, in the telephone band."""
    hiss = telephone_band(random.standard_normal(length))
    breath = 1 + 0.25 * np.sin(2 * np.pi * 0.13 * np.arange(length) / SAMPLE_RATE_HZ + random.uniform(0, 6))
    level = 10 ** (level_db / 20) / float(np.sqrt(np.mean(hiss**2)))
    return np.asarray(hiss * breath * level, dtype=np.float32)


def hold_music(length: int) -> Samples:
    """A slow arpeggio, one chord every two seconds, that fades in and out."""
    notes = [_note(step) for step in range(int(length / SAMPLE_RATE_HZ / _STEP_S) + 1)]
    music = telephone_band(np.concatenate(notes))[:length]
    fade = np.minimum(1.0, np.arange(length) / (0.4 * SAMPLE_RATE_HZ))
    return at_level(np.asarray(music * fade * fade[::-1], dtype=np.float32), MUSIC_LEVEL_DB)


def _note(step: int) -> NDArray[np.float64]:
    chord = _CHORDS_HZ[step // 8 % len(_CHORDS_HZ)]
    pitch_hz = chord[(0, 1, 2, 3, 2, 1, 2, 1)[step % 8]]
    time_s = np.arange(int(_STEP_S * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    envelope = np.minimum(1.0, time_s / 0.01) * np.exp(-3.0 * time_s)
    partials = sum(np.sin(2 * np.pi * pitch_hz * k * time_s) / k**2 for k in (1, 2, 3))
    return np.asarray(envelope * partials, dtype=np.float64)
