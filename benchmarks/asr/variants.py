"""Calls made harder: parties that leak into each other, share a channel, or come the other way round."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.asr.material import Call
from benchmarks.asr.nonspeech import Clip
from benchmarks.asr.sound import RATE_HZ, TELEPHONE_HZ, Samples, read, telephone, write_pcm, write_ulaw

Change = Callable[[Samples], Samples]


def leak(samples: Samples, *, level_db: float, delay_ms: int) -> Samples:
    """Return two channels at 8 kHz, each with the other one in it, weaker and later."""
    shift = delay_ms * TELEPHONE_HZ // 1000
    late = np.pad(samples, ((0, 0), (shift, 0)))[:, : samples.shape[1]]
    return np.asarray(samples + late[::-1] * 10 ** (level_db / 20), dtype=np.float32)


def mono(samples: Samples) -> Samples:
    """Return the half sum of two channels, shape ``[1, n]``."""
    return np.asarray(samples.mean(axis=0, keepdims=True), dtype=np.float32)


def _twice(samples: Samples, *, second: float = 1.0, noise_db: float | None = None) -> Samples:
    both = np.repeat(mono(samples), 2, axis=0)
    both[1] *= second
    if noise_db is not None:
        random = np.random.default_rng(11)
        both += random.standard_normal(both.shape).astype(np.float32) * np.float32(10 ** (noise_db / 20))
    return both


STEREO: dict[str, Change] = {
    "stereo": lambda samples: samples,
    "channels swapped": lambda samples: samples[::-1],
    **{
        f"leak {level_db} dB, {delay_ms} ms late": lambda samples, level_db=level_db, delay_ms=delay_ms: leak(
            samples, level_db=level_db, delay_ms=delay_ms
        )
        for level_db in (-20, -10)
        for delay_ms in (0, 40)
    },
}
MONO: dict[str, Change] = {"mono mix": mono}
TWICE: dict[str, Change] = {
    "mono twice": _twice,
    "mono twice, one side 6 dB down": lambda samples: _twice(samples, second=0.5),
    "mono twice, line noise at -60 dBFS": lambda samples: _twice(samples, noise_db=-60),
}


def changed(call: Call, name: str, change: Change, folder: Path) -> Call:
    """Write a changed call as 16-bit WAV at 8 kHz and return it with its truth."""
    file = folder / f"{call.name}-{name.replace(' ', '_').replace(',', '')}.wav"
    samples = change(read(call.file, rate_hz=TELEPHONE_HZ))
    write_pcm(file, samples, TELEPHONE_HZ)
    together = len(samples) == 1 or name in TWICE
    said = (" ".join(call.said),) if together else call.said
    return replace(call, file=file, said=said, twice=name in TWICE)


def as_telephone(clip: Clip, folder: Path) -> Path:
    """Write a clip as an 8 kHz u-law WAV and return where."""
    file = folder / f"{_plain(clip.name)}-ulaw.wav"
    write_ulaw(file, telephone(clip.samples[np.newaxis]))
    return file


def as_wideband(clip: Clip, folder: Path) -> Path:
    """Write a clip as a 16-bit WAV at 16 kHz and return where."""
    file = folder / f"{_plain(clip.name)}-16k.wav"
    write_pcm(file, clip.samples[np.newaxis], RATE_HZ)
    return file


def beside_speech(call: Call, clips: list[Clip], folder: Path) -> Iterator[tuple[str, Path, float]]:
    """Give stereo files, name and length in seconds: a party on channel 0, on channel 1 something without speech."""
    speech = read(call.file, rate_hz=TELEPHONE_HZ)[:1]
    for clip in clips:
        other = np.resize(telephone(clip.samples[np.newaxis])[0], speech.shape[1])
        file = folder / f"beside-{_plain(clip.name)}-{call.name}.wav"
        write_ulaw(file, np.stack([speech[0], other]))
        yield clip.name, file, speech.shape[1] / TELEPHONE_HZ


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)
