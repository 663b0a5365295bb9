"""Ten minutes in which nobody speaks: what telephone calls hold besides words. Every word heard in it is invented."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from benchmarks.asr.music import pieces
from benchmarks.asr.sound import RATE_HZ, Samples, decibels, read

REAL_MUSIC = Path("/usr/share/asterisk/moh")
"""Where Debian's asterisk-moh-opsound-wav puts its music."""
TONE_DB, MUSIC_DB = -22.0, -24.0
_DTMF_HZ = {
    key: (low, high)
    for low, row in zip((697, 770, 852, 941), ("123A", "456B", "789C", "*0#D"), strict=True)
    for high, key in zip((1209, 1336, 1477, 1633), row, strict=True)
}

Pulses = Sequence[tuple[float, tuple[float, ...]]]
"""A tone's cadence: (seconds, frequencies), none for silence; it is played again and again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Clip:
    """A stretch without speech: samples ``[n]`` at 16 kHz."""

    name: str
    kind: str
    samples: Samples

    @property
    def duration_s(self) -> float:
        """Its length."""
        return len(self.samples) / RATE_HZ


def clips() -> Iterator[Clip]:
    """Give the ten minutes; the same ones every time."""
    yield Clip(name="digital silence", kind="silence", samples=np.zeros(30 * RATE_HZ, np.float32))
    yield Clip(name="noise at -70 dBFS", kind="silence", samples=decibels(_noise(30, seed=1), -70))
    for level in (-50, -35, -25):
        yield Clip(name=f"white noise at {level} dBFS", kind="noise", samples=decibels(_noise(15, seed=2), level))
    for level in (-45, -30):
        yield Clip(name=f"pink noise at {level} dBFS", kind="noise", samples=decibels(_pink(15, seed=3), level))
    for level in (-55, -40):
        yield Clip(name=f"line noise at {level} dBFS", kind="noise", samples=decibels(_line(15, seed=4), level))
    for mains_hz, level in ((50, -35), (60, -25)):
        yield Clip(name=f"{mains_hz} Hz hum at {level} dBFS", kind="hum", samples=decibels(_hum(mains_hz, 15), level))
    crackling = decibels(_hum(50, 15), -30) + decibels(_pink(15, seed=5), -40) + _clicks(15, seed=6)
    yield Clip(name="hum, hiss and crackle", kind="hum", samples=crackling)
    for name, cadence, length_s in CADENCES:
        yield Clip(name=name, kind="tones", samples=decibels(tones(cadence, length_s), TONE_DB))
    for seed, (pressed_s, pause_s) in enumerate(((0.1, 0.1), (0.18, 0.5))):
        digits = "".join(np.random.default_rng(seed).choice(list("0123456789*#"), 40))
        cadence = [pulse for digit in digits for pulse in ((pressed_s, _DTMF_HZ[digit]), (pause_s, ()))]
        name = f"DTMF, {pressed_s * 1000:.0f} ms a key"
        yield Clip(name=name, kind="DTMF", samples=decibels(tones(cadence, 15), TONE_DB))
    yield Clip(name="fax calling", kind="modem", samples=decibels(tones([(0.5, (1100,)), (3, ())], 15), TONE_DB))
    yield Clip(name="fax answering", kind="modem", samples=decibels(_fax_answer(15), TONE_DB))
    yield Clip(name="modem data", kind="modem", samples=decibels(_modem(15, seed=7), TONE_DB))
    yield Clip(name="clicks", kind="handling", samples=_clicks(20, seed=8))
    yield Clip(name="keyboard", kind="handling", samples=_keyboard(20, seed=9))
    yield Clip(name="breathing", kind="handling", samples=_breathing(20, seed=10))
    for name, piece in pieces(22).items():
        yield Clip(name=name, kind="music", samples=decibels(piece, MUSIC_DB))


CADENCES: tuple[tuple[str, Pulses, float], ...] = (
    ("US ring", ((2, (440, 480)), (4, ())), 24),
    ("UK ring", ((0.4, (400, 450)), (0.2, ()), (0.4, (400, 450)), (2, ())), 18),
    ("European ring", ((1, (425,)), (4, ())), 20),
    ("US busy", ((0.5, (480, 620)), (0.5, ())), 15),
    ("European busy", ((0.48, (425,)), (0.48, ())), 15),
    ("US congestion", ((0.25, (480, 620)), (0.25, ())), 15),
    ("US dial tone", ((10, (350, 440)),), 10),
    ("special information tone", ((0.33, (950,)), (0.33, (1400,)), (0.33, (1800,)), (1, ())), 10),
)


def real_music(folder: Path, *, each_s: float = 30) -> Iterator[Clip]:
    """Give the middle of each piece in a folder of WAV files; none where there is no such folder."""
    for file in sorted(folder.glob("*.wav")):
        mono = read(file).mean(axis=0)
        begin = max(0, (len(mono) - int(each_s * RATE_HZ)) // 2)
        piece = mono[begin : begin + int(each_s * RATE_HZ)].astype(np.float32)
        yield Clip(name=file.stem, kind="real music", samples=decibels(piece, MUSIC_DB))


def tones(cadence: Pulses, length_s: float) -> Samples:
    """Return a cadence, repeated up to a length, each pulse with 5 ms of fade."""
    parts: list[NDArray[np.float64]] = []
    while sum(len(part) for part in parts) < length_s * RATE_HZ:
        for lasts_s, frequencies_hz in cadence:
            t = np.arange(int(lasts_s * RATE_HZ)) / RATE_HZ
            fade = np.clip(np.minimum(t, lasts_s - t) / 0.005, 0, 1)
            parts.append(fade * sum((np.sin(2 * np.pi * hz * t) for hz in frequencies_hz), np.zeros_like(t)))
    return np.concatenate(parts)[: int(length_s * RATE_HZ)].astype(np.float32)


def _noise(length_s: float, *, seed: int) -> Samples:
    return np.random.default_rng(seed).standard_normal(int(length_s * RATE_HZ)).astype(np.float32)


def _pink(length_s: float, *, seed: int) -> Samples:
    spectrum = np.fft.rfft(_noise(length_s, seed=seed))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[0] = 0
    return np.fft.irfft(spectrum).astype(np.float32)


def _band(samples: NDArray[np.floating], low_hz: float, high_hz: float) -> Samples:
    band = butter(2, (low_hz, high_hz), btype="bandpass", fs=RATE_HZ, output="sos")
    return np.asarray(sosfilt(band, samples), dtype=np.float32)


def _line(length_s: float, *, seed: int) -> Samples:
    """Hiss in the telephone band that swells slowly."""
    hiss = _band(_noise(length_s, seed=seed), 300, 3400)
    t = np.arange(len(hiss)) / RATE_HZ
    return (hiss * (1 + 0.3 * np.sin(2 * np.pi * 0.21 * t))).astype(np.float32)


def _hum(mains_hz: int, length_s: float) -> Samples:
    t = np.arange(int(length_s * RATE_HZ)) / RATE_HZ
    partials = (np.sin(2 * np.pi * mains_hz * k * t + k) / k**0.7 for k in range(1, 25))
    return np.asarray(sum(partials, np.zeros_like(t)), dtype=np.float32)


def _fax_answer(length_s: float) -> Samples:
    """CED (2100 Hz for 3 s), then V.21 flags at 300 baud: 1650 and 1850 Hz."""
    bits = np.tile(np.array([0, 1, 1, 1, 1, 1, 1, 0]), 60)
    frequency_hz = np.repeat(np.where(bits, 1650.0, 1850.0), RATE_HZ // 300)
    flags = np.sin(2 * np.pi * np.cumsum(frequency_hz) / RATE_HZ).astype(np.float32)
    once = np.concatenate([tones([(3, (2100,)), (0.075, ())], 3.075), flags, np.zeros(RATE_HZ // 2, np.float32)])
    return np.resize(once, int(length_s * RATE_HZ))


def _modem(length_s: float, *, seed: int) -> Samples:
    """Data at 2400 symbols a second on 1800 Hz, sixteen points: what V.22bis and its heirs sound like."""
    random = np.random.default_rng(seed)
    count = int(length_s * 2400)
    points = random.choice((-3, -1, 1, 3), count) + 1j * random.choice((-3, -1, 1, 3), count)
    t = np.arange(int(length_s * RATE_HZ)) / RATE_HZ
    carried = points[np.minimum((t * 2400).astype(int), count - 1)] * np.exp(2j * np.pi * 1800 * t)
    return _band(carried.real, 600, 3000)


def _struck(length_s: float, at_s: NDArray[np.floating], sound: Samples, loud: NDArray[np.floating]) -> Samples:
    mix = np.zeros(int(length_s * RATE_HZ), np.float32)
    for start_s, level in zip(at_s, loud, strict=True):
        start = int(start_s * RATE_HZ)
        part = sound[: len(mix) - start]
        mix[start : start + len(part)] += part * np.float32(level)
    return mix


def _clicks(length_s: float, *, seed: int) -> Samples:
    random = np.random.default_rng(seed)
    at_s = np.sort(random.uniform(0, length_s - 0.1, int(length_s * 3)))
    ring = _band(np.eye(1, 80).ravel(), 800, 4000)
    return _struck(length_s, at_s, ring / np.max(np.abs(ring)), random.uniform(0.05, 0.6, len(at_s)))


def _keyboard(length_s: float, *, seed: int) -> Samples:
    """Bursts of keys, each a knock with a ring of the case, and the room behind them."""
    random = np.random.default_rng(seed)
    gaps_s = np.where(random.random(400) < 0.08, random.uniform(0.6, 1.6, 400), random.gamma(6, 0.025, 400))
    at_s = np.cumsum(gaps_s)
    at_s = at_s[at_s < length_s - 0.1]
    t = np.arange(int(0.05 * RATE_HZ)) / RATE_HZ
    knock = _band(random.standard_normal(len(t)) * np.exp(-t * 160), 500, 5000)
    knock += (0.05 * np.sin(2 * np.pi * 240 * t) * np.exp(-t * 70)).astype(np.float32)
    keys = _struck(length_s, at_s, knock / np.max(np.abs(knock)), random.uniform(0.05, 0.2, len(at_s)))
    return keys + decibels(_pink(length_s, seed=seed + 1), -58)


def _breathing(length_s: float, *, seed: int) -> Samples:
    """In and out every four seconds into a microphone that is too near."""
    t = np.arange(int(length_s * RATE_HZ)) / RATE_HZ
    cycle = t % 4
    inward = np.exp(-(((cycle - 0.8) / 0.35) ** 2))
    outward = 1.6 * np.exp(-(((cycle - 2.3) / 0.5) ** 2))
    rough = _noise(length_s, seed=seed)
    breath = _band(rough, 900, 3500) * inward + _band(rough, 300, 1800) * outward
    return decibels(breath.astype(np.float32), -38)
