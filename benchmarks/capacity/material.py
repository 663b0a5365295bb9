"""Calls to work on: the samples with changed sound, as they are and joined to the length of usual calls."""

from __future__ import annotations

import random
import wave
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

AUDIO = Path(__file__).resolve().parents[2] / "samples" / "audio"
SUFFIXES = frozenset({".wav", ".opus", ".mp3", ".flac", ".m4a", ".ogg"})
DAMAGED = "21-damaged"
RATE_HZ = 8000
SHORT, USUAL = "short", "usual"
USUAL_S = 360.0
"""Six minutes, which is what contact centres tell most often of their calls."""
_NOISE = 6
"""Of 32768: no ear hears it, and no two recordings have the same."""

Sound = NDArray[np.int16]


@dataclass(frozen=True, kw_only=True)
class Material:
    """A folder of recordings."""

    folder: Path
    minutes: dict[Path, float]

    @property
    def mean_minutes(self) -> float:
        """How long a call is."""
        return sum(self.minutes.values()) / len(self.minutes)


def sample_sounds() -> list[Sound]:
    """Return the stereo samples as they go over a telephone line: (samples, 2) at 8 kHz."""
    found = sorted(file for file in AUDIO.iterdir() if file.suffix in SUFFIXES and file.stem != DAMAGED)
    sounds = (_decoded(file) for file in found)
    return [sound for sound in sounds if sound is not None]


def _decoded(file: Path) -> Sound | None:
    with av.open(str(file)) as container:
        stream = container.streams.audio[0]
        if stream.codec_context.channels != 2:
            return None
        to_line = av.AudioResampler(format="s16", layout="stereo", rate=RATE_HZ)
        parts = [part.to_ndarray() for frame in container.decode(stream) for part in to_line.resample(frame)]
        parts += [part.to_ndarray() for part in to_line.resample(None)]
    return np.concatenate(parts, axis=1).reshape(-1, 2)


def write_calls(folder: Path, kind: str, calls: int, *, first: int = 0) -> Material:
    """Write so many calls, each with a sound of its own.

    Args:
        folder: Made where it is not there.
        kind: `SHORT` for the samples one by one, `USUAL` for samples joined to six minutes.
        calls: How many.
        first: Number of the first; calls of other numbers sound otherwise.
    """
    samples = sample_sounds()
    folder.mkdir(parents=True, exist_ok=True)
    minutes: dict[Path, float] = {}
    for number in range(first, first + calls):
        draw = np.random.default_rng(number)
        sound = samples[number % len(samples)] if kind == SHORT else _joined(samples, random.Random(number))  # noqa: S311
        noisy = sound + draw.integers(-_NOISE, _NOISE + 1, size=sound.shape)
        file = folder / f"{kind}-{number:04d}.wav"
        _write(file, np.clip(noisy, -32768, 32767).astype(np.int16))
        minutes[file] = len(sound) / RATE_HZ / 60
    return Material(folder=folder, minutes=minutes)


def _joined(samples: list[Sound], draw: random.Random) -> Sound:
    """Return samples one after the other, in an order of this call's own, until it is long enough."""
    parts: list[Sound] = []
    while sum(len(part) for part in parts) < USUAL_S * RATE_HZ:
        parts += draw.sample(samples, len(samples))
    return np.concatenate(parts)[: int(USUAL_S * RATE_HZ)]


def _write(file: Path, sound: Sound) -> None:
    with wave.open(str(file), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(sound.tobytes())
