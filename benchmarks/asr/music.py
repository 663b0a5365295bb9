"""Hold music by numpy alone: six short pieces of different kinds, the same ones every time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve, lfilter

from benchmarks.asr.sound import RATE_HZ, Samples

Wave = NDArray[np.float64]
Timbre = Callable[[float, float, float], Wave]

_SCALE = (0, 2, 4, 5, 7, 9, 11)
_MINOR = (0, 2, 3, 5, 7, 8, 10)


def pieces(length_s: float) -> dict[str, Samples]:
    """Return each piece, shape ``[n]``, 16 kHz, by name."""
    return {
        "piano ballad": _ballad(length_s),
        "strings, slow": _strings(length_s),
        "pop with drums": _pop(length_s),
        "eight-bit arpeggio": _arpeggio(length_s),
        "flute with vibrato over harp": _flute(length_s),
        "organ with hummed choir": _choir(length_s),
    }


def pitch_hz(midi: float) -> float:
    """Return the frequency of a MIDI note (69 is 440 Hz), equal temperament."""
    return float(440 * 2 ** ((midi - 69) / 12))


def _time_s(length_s: float) -> Wave:
    return np.arange(int(length_s * RATE_HZ)) / RATE_HZ


def _partials(frequency_hz: float, phase: Wave, strengths: tuple[float, ...]) -> Wave:
    sounding = [
        strength * np.sin(k * phase)
        for k, strength in enumerate(strengths, start=1)
        if k * frequency_hz < RATE_HZ / 2 - 500
    ]
    return np.asarray(sum(sounding, np.zeros_like(phase)))


def _piano(frequency_hz: float, length_s: float, loud: float) -> Wave:
    """Struck string: high partials a little sharp and gone sooner."""
    t = _time_s(length_s + 0.8)
    note = np.zeros_like(t)
    for k in range(1, 9):
        partial_hz = frequency_hz * k * np.sqrt(1 + 0.0004 * k * k)
        if partial_hz < 7500:
            note += np.sin(2 * np.pi * partial_hz * t) / k**1.3 * np.exp(-t * (1.2 + 0.9 * k))
    return np.asarray(loud * note * np.minimum(1, t / 0.004))


def _bowed(frequency_hz: float, length_s: float, loud: float) -> Wave:
    """Three players a little out of tune with each other, slow to start and to stop."""
    t = _time_s(length_s)
    shape = np.minimum(1, t / 0.35) * np.minimum(1, (length_s - t) / 0.35)
    players = []
    for detune, rate_hz, at in ((0.997, 4.7, 0.0), (1.0, 5.3, 1.9), (1.0035, 5.9, 4.1)):
        phase = 2 * np.pi * frequency_hz * detune * t + 0.9 * np.sin(2 * np.pi * rate_hz * t + at)
        players.append(_partials(frequency_hz, phase, tuple(1 / k for k in range(1, 13))))
    return np.asarray(loud * shape * sum(players) / 3)


def _blown(frequency_hz: float, length_s: float, loud: float) -> Wave:
    """Flute: few partials, vibrato that sets in late, breath."""
    t = _time_s(length_s)
    vibrato = np.clip(t / 0.5 - 0.5, 0, 1)
    phase = 2 * np.pi * frequency_hz * t + 1.1 * vibrato * np.sin(2 * np.pi * 5.2 * t)
    breath = np.random.default_rng(round(frequency_hz)).standard_normal(len(t)) * 0.02
    shape = np.minimum(1, t / 0.06) * np.minimum(1, (length_s - t) / 0.08) * (1 + 0.15 * vibrato * np.sin(33 * t))
    return np.asarray(loud * shape * (_partials(frequency_hz, phase, (1, 0.45, 0.2, 0.05)) + breath))


def _square(frequency_hz: float, length_s: float, loud: float) -> Wave:
    t = _time_s(length_s)
    odd = tuple(1 / k if k % 2 else 0.0 for k in range(1, 20))
    return np.asarray(loud * _partials(frequency_hz, 2 * np.pi * frequency_hz * t, odd) * np.exp(-4 * t))


def _organ(frequency_hz: float, length_s: float, loud: float) -> Wave:
    t = _time_s(length_s)
    shape = np.minimum(1, t / 0.03) * np.minimum(1, (length_s - t) / 0.05)
    drawbars = (1, 0.8, 0.5, 0.6, 0, 0.3, 0, 0.3)
    return np.asarray(loud * shape * _partials(frequency_hz, 2 * np.pi * frequency_hz * t, drawbars))


def _hummed(frequency_hz: float, length_s: float, loud: float) -> Wave:
    """A closed-mouth "mm": a buzz through two resonances, with vibrato. The nearest to a voice that is no word."""
    t = _time_s(length_s)
    phase = 2 * np.pi * frequency_hz * t + 1.5 * np.sin(2 * np.pi * 5.5 * t)
    buzz = _partials(frequency_hz, phase, tuple(1 / k for k in range(1, 25)))
    for centre_hz, width_hz in ((280, 80), (1100, 200)):
        radius = np.exp(-np.pi * width_hz / RATE_HZ)
        buzz = lfilter([1 - radius], [1, -2 * radius * np.cos(2 * np.pi * centre_hz / RATE_HZ), radius**2], buzz)
    buzz /= np.max(np.abs(buzz)) + 1e-9
    return np.asarray(loud * buzz * np.minimum(1, t / 0.25) * np.minimum(1, (length_s - t) / 0.25))


def _play(length_s: float, notes: list[tuple[float, float, float, float, Timbre]], *, echo_s: float = 0.25) -> Wave:
    """Put notes ``(start_s, length_s, midi, loud, timbre)`` into one room."""
    mix = np.zeros(int(length_s * RATE_HZ))
    for start_s, lasts_s, midi, loud, timbre in notes:
        start = int(start_s * RATE_HZ)
        note = timbre(pitch_hz(midi), lasts_s, loud)[: max(0, len(mix) - start)]
        mix[start : start + len(note)] += note
    tail_s = _time_s(echo_s * 3)
    room = np.random.default_rng(7).standard_normal(len(tail_s)) * np.exp(-tail_s / echo_s) * 0.02
    room[0] = 1.0
    return np.asarray(fftconvolve(mix, room)[: len(mix)])


def _finished(mix: Wave, length_s: float) -> Samples:
    t = _time_s(length_s)[: len(mix)]
    return np.asarray(mix / np.max(np.abs(mix)) * np.minimum(1, t / 0.3) * 0.9, dtype=np.float32)


def _triad(root: int, degree: int, scale: tuple[int, ...] = _SCALE) -> list[int]:
    return [root + scale[(degree + step) % 7] + 12 * ((degree + step) // 7) for step in (0, 2, 4)]


def _melody(seed: int, count: int, scale: tuple[int, ...], root: int) -> list[tuple[int, int]]:
    """Return (pitch, beats): a walk on the scale that likes small steps and comes home."""
    random = np.random.default_rng(seed)
    degree, line = 4, []
    for _ in range(count):
        degree = int(np.clip(degree + random.choice((-2, -1, -1, 0, 1, 1, 2, 3)), -2, 10))
        line.append((root + scale[degree % 7] + 12 * (degree // 7), int(random.choice((1, 1, 1, 2, 2, 3)))))
    return line


def _sung(
    line: list[tuple[int, int]], beat_s: float, loud: float, timbre: Timbre
) -> list[tuple[float, float, float, float, Timbre]]:
    at_s, notes = 0.0, []
    for midi, beats in line:
        notes.append((at_s, beats * beat_s, float(midi), loud, timbre))
        at_s += beats * beat_s
    return notes


def _ballad(length_s: float) -> Samples:
    beat_s = 60 / 72
    notes = _sung(_melody(1, 60, _SCALE, 67), beat_s, 0.8, _piano)
    for bar in range(int(length_s / beat_s / 4) + 1):
        chord = _triad(48, (0, 5, 3, 4)[bar % 4])
        for step, midi in enumerate(
            (chord[0] - 12, chord[1], chord[2], chord[0] + 12, chord[2], chord[1], chord[2], chord[1])
        ):
            notes.append(((bar * 4 + step / 2) * beat_s, beat_s, float(midi), 0.35, _piano))
    return _finished(_play(length_s, notes, echo_s=0.4), length_s)


def _strings(length_s: float) -> Samples:
    bar_s = 3.2
    notes = []
    for bar in range(int(length_s / bar_s) + 1):
        chord = _triad(50, (0, 3, 6, 2, 5, 1, 4, 0)[bar % 8], _MINOR)
        notes += [
            (bar * bar_s, bar_s + 0.4, float(midi), 0.3, _bowed) for midi in (chord[0] - 12, *chord, chord[1] + 12)
        ]
    notes += _sung(_melody(2, 40, _MINOR, 74), 1.6, 0.4, _bowed)
    return _finished(_play(length_s, notes, echo_s=0.6), length_s)


def _pop(length_s: float) -> Samples:
    beat_s = 60 / 112
    notes = _sung(_melody(3, 120, _SCALE, 72), beat_s / 2, 0.35, _square)
    for beat in range(int(length_s / beat_s) + 1):
        chord = _triad(45, (0, 4, 5, 3)[beat // 4 % 4])
        notes.append((beat * beat_s, beat_s * 0.9, float(chord[0] - 12), 0.6, _organ))
        notes += [((beat + 0.5) * beat_s, 0.3, float(midi + 12), 0.2, _piano) for midi in chord]
    return _finished(_play(length_s, notes, echo_s=0.12) + _drums(length_s, beat_s), length_s)


def _drums(length_s: float, beat_s: float) -> Wave:
    random = np.random.default_rng(4)
    mix = np.zeros(int(length_s * RATE_HZ))
    t = _time_s(0.25)
    kick = np.sin(2 * np.pi * (50 * t + 8 * (1 - np.exp(-t * 25)))) * np.exp(-t * 14)
    snare = random.standard_normal(len(t)) * np.exp(-t * 18) * 0.6
    hat = np.diff(random.standard_normal(len(t) + 1)) * np.exp(-t * 60) * 0.2
    for half in range(int(length_s / beat_s * 2)):
        start = int(half * beat_s / 2 * RATE_HZ)
        struck = hat + (kick if half % 4 == 0 else 0) + (snare if half % 4 == 2 else 0)
        mix[start : start + len(t)] += struck[: max(0, len(mix) - start)]
    return mix


def _arpeggio(length_s: float) -> Samples:
    step_s = 0.11
    notes = []
    for step in range(int(length_s / step_s) + 1):
        chord = _triad(60, (0, 5, 1, 4)[step // 16 % 4])
        notes.append((step * step_s, 0.2, float((*chord, chord[0] + 12)[(0, 1, 2, 3, 2, 1)[step % 6]]), 0.5, _square))
        if step % 8 == 0:
            notes.append((step * step_s, 0.8, float(chord[0] - 24), 0.6, _square))
    return _finished(_play(length_s, notes, echo_s=0.08), length_s)


def _flute(length_s: float) -> Samples:
    notes = _sung(_melody(5, 50, _SCALE, 76), 0.7, 0.7, _blown)
    for step in range(int(length_s / 0.35) + 1):
        chord = _triad(52, (0, 3, 4, 0)[step // 8 % 4])
        notes.append((step * 0.35, 0.6, float(chord[step % 3] + 12 * (step // 3 % 2)), 0.3, _piano))
    return _finished(_play(length_s, notes, echo_s=0.5), length_s)


def _choir(length_s: float) -> Samples:
    bar_s = 2.4
    notes = _sung(_melody(6, 40, _SCALE, 60), 1.2, 0.7, _hummed)
    for bar in range(int(length_s / bar_s) + 1):
        chord = _triad(48, (0, 3, 0, 4)[bar % 4])
        notes += [(bar * bar_s, bar_s, float(midi), 0.15, _organ) for midi in chord]
        notes += [(bar * bar_s, bar_s + 0.2, float(midi), 0.3, _hummed) for midi in (chord[0], chord[2])]
    return _finished(_play(length_s, notes, echo_s=0.7), length_s)
