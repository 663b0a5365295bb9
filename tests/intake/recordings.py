"""Recordings for the intake tests, made on the spot."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from pipeline.config import IntakeSettings
from pipeline.intake.metadata import index_metadata
from pipeline.intake.outcome import IntakeOutcome
from pipeline.intake.take_in import take_in

RATE_HZ = 8000
FRAME_SIZES = {"libmp3lame": 1152, "libopus": 960, "aac": 1024, "wmav2": 2048, "libopencore_amrnb": 160}
ZONE = IntakeSettings(site_timezone="America/New_York")


def tone(seconds: float = 2.0, *, hz: float = 440.0, rate_hz: int = RATE_HZ, level: float = 0.4) -> NDArray[np.int16]:
    """A tone in noise, [n]."""
    n = int(seconds * rate_hz)
    wave = level * np.sin(2 * np.pi * hz * np.arange(n) / rate_hz)
    noise = np.random.default_rng(int(hz)).normal(0, 0.02, n)
    return (np.clip(wave + noise, -1, 1) * 32767).astype(np.int16)


def stereo(seconds: float = 2.0, *, rate_hz: int = RATE_HZ) -> NDArray[np.int16]:
    """A party per channel, [n, 2]."""
    return np.stack([tone(seconds, hz=440, rate_hz=rate_hz), tone(seconds, hz=1000, rate_hz=rate_hz)], axis=1)


def encode(
    path: Path,
    samples: NDArray[np.int16],
    *,
    codec: str = "pcm_s16le",
    rate_hz: int = RATE_HZ,
    **options: str,
) -> Path:
    """Write samples [n, channels] to a file whose suffix names the container."""
    channels = samples.shape[1]
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[channels]
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=rate_hz, layout=layout)
        if codec == "wmav2":  # which refuses the default bit rate of mono
            stream.bit_rate = 32_000 * channels
        source = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples).reshape(1, -1), format="s16", layout=layout)
        source.sample_rate = rate_hz
        context = stream.codec_context
        resampler = av.AudioResampler(
            format=context.format, layout=layout, rate=rate_hz, frame_size=FRAME_SIZES.get(codec)
        )
        for frame in [*resampler.resample(source), *resampler.resample(None)]:
            if frame is not None:
                container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def wav(path: Path, samples: NDArray[np.int16], *, rate_hz: int = RATE_HZ, data_size: int | None = None) -> Path:
    """Write a plain PCM WAV by hand, so that its header may lie about the size."""
    body = samples.astype("<i2").tobytes()
    return riff(path, body, tag=1, channels=samples.shape[1], rate_hz=rate_hz, align=2, data_size=data_size)


def riff(
    path: Path,
    body: bytes,
    *,
    tag: int,
    channels: int = 1,
    rate_hz: int = RATE_HZ,
    align: int = 2,
    bytes_per_second: int | None = None,
    data_size: int | None = None,
    extra: bytes = b"",
) -> Path:
    """Write a WAV of any kind around a body."""
    block = align * channels
    fmt = struct.pack("<HHIIHH", tag, channels, rate_hz, bytes_per_second or rate_hz * block, block, 16) + extra
    size = len(body) if data_size is None else data_size
    head = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", size)
    path.write_bytes(b"RIFF" + struct.pack("<I", min(len(head) + size, 0xFFFFFFFF)) + head + body)
    return path


def gsm_wav(path: Path, seconds: float) -> Path:
    """Write GSM 6.10 in WAV (Microsoft's 65-byte blocks of 320 samples); any bits are some sound."""
    blocks = int(seconds * RATE_HZ / 320)
    body = np.random.default_rng(5).integers(0, 256, blocks * 65, dtype=np.uint8).tobytes()
    return riff(path, body, tag=0x31, align=65, bytes_per_second=1625, extra=struct.pack("<HH", 2, 320))


def gsm_raw(path: Path, seconds: float) -> Path:
    """Write bare GSM 06.10 frames: 33 bytes of 160 samples, each beginning with the nibble 0xD."""
    frames = np.random.default_rng(5).integers(0, 256, (int(seconds * RATE_HZ / 160), 33), dtype=np.uint8)
    frames[:, 0] = 0xD0 | (frames[:, 0] & 0x0F)
    path.write_bytes(frames.tobytes())
    return path


def taken_in(path: Path, settings: IntakeSettings = ZONE) -> IntakeOutcome:
    """Take in one file with the manifest beside it."""
    return take_in(path, settings=settings, metadata=index_metadata([path]))


def codes(outcome: IntakeOutcome) -> list[str]:
    """The defects' codes."""
    return [defect.code for defect in outcome.defects]
