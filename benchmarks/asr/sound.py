"""Audio files read for the peers and written for all: what is compared is given to everyone as the same file."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, resample_poly, sosfiltfilt

RATE_HZ = 16_000
TELEPHONE_HZ = 8000
_BAND_HZ = (300.0, 3400.0)

Samples = NDArray[np.float32]


def read(path: Path, *, rate_hz: int = RATE_HZ) -> Samples:
    """Return a file's audio, shape ``[channels, n]``, -1..+1; as many channels as it has."""
    parts: list[Samples] = []
    with av.open(str(path)) as container:
        stream: Any = container.streams.audio[0]
        layout = "mono" if stream.codec_context.channels == 1 else "stereo"
        resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate_hz)
        for frame in container.decode(stream):
            frame.pts = None
            parts += [made.to_ndarray() for made in resampler.resample(frame)]
        parts += [made.to_ndarray() for made in resampler.resample(None)]
    return np.concatenate(parts, axis=1).astype(np.float32, copy=False)


def telephone(samples: Samples) -> Samples:
    """Return audio ``[channels, n]`` at 16 kHz as a telephone passes it: 300 to 3400 Hz, 8 kHz."""
    band = butter(4, _BAND_HZ, btype="bandpass", fs=RATE_HZ, output="sos")
    return np.asarray(resample_poly(sosfiltfilt(band, samples, axis=1), 1, 2, axis=1), dtype=np.float32)


def to_ulaw(samples: Samples) -> bytes:
    """Return G.711 u-law, channels interleaved; each sample takes the nearest of the codec's levels."""
    levels = _ulaw_levels()
    order = np.argsort(levels, kind="stable")
    middles = (levels[order][1:] + levels[order][:-1]) / 2
    return np.asarray(order[np.searchsorted(middles, samples.T.ravel())], dtype=np.uint8).tobytes()


def _ulaw_levels() -> NDArray[np.float64]:
    """Return the 256 levels of G.711's u-law, -1..+1, by code."""
    code = ~np.arange(256) & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude) / 32768.0


def write_ulaw(path: Path, samples: Samples, *, repeated_to_s: float | None = None) -> None:
    """Write ``[channels, n]`` at 8 kHz as a u-law WAV, played again and again up to a length where one is given."""
    data = to_ulaw(samples)
    channels = len(samples)
    size = len(data) if repeated_to_s is None else int(repeated_to_s * TELEPHONE_HZ) * channels
    with path.open("wb") as file:
        file.write(_wav_header(form=7, bits=8, channels=channels, rate_hz=TELEPHONE_HZ, size=size))
        left = size
        while left > 0:
            file.write(data[:left])
            left -= len(data)


def write_pcm(path: Path, samples: Samples, rate_hz: int) -> None:
    """Write ``[channels, n]`` as 16-bit PCM WAV."""
    data = np.round(np.clip(samples.T, -1, 1) * 32767).astype("<i2").tobytes()
    header = _wav_header(form=1, bits=16, channels=len(samples), rate_hz=rate_hz, size=len(data))
    path.write_bytes(header + data)


def _wav_header(*, form: int, bits: int, channels: int, rate_hz: int, size: int) -> bytes:
    block = channels * bits // 8
    about = struct.pack("<HHIIHH", form, channels, rate_hz, rate_hz * block, block, bits)
    return b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " + struct.pack("<I", 16) + about + b"data" + struct.pack(
        "<I", size
    )  # fmt: skip


def decibels(samples: Samples, level_db: float) -> Samples:
    """Return audio brought to an RMS level in dB below full scale, peaks cut; silence stays silence."""
    rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if samples.size else 0.0
    return np.clip(samples * (10 ** (level_db / 20) / rms), -1, 1).astype(np.float32) if rms else samples
