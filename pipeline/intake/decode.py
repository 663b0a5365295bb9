"""A recording as samples in memory, for recognisers and listeners."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from pipeline.config import IntakeSettings
from pipeline.intake.container import frames, open_recording
from pipeline.intake.defects import intake_error
from pipeline.intake.measure import SoundDigest
from pipeline.intake.samples import as_float32, as_int16
from pipeline.records import Recording


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DecodedAudio:
    """Sound in memory. ``samples`` is [channels, n], -1..1."""

    samples: NDArray[np.float32]
    sample_rate_hz: int
    channels: int


def decode(path: Path, *, target_rate_hz: int | None = None) -> DecodedAudio:
    """Return a file's sound with the channels that it truly has.

    Args:
        path: The recording.
        target_rate_hz: Rate to resample to; None keeps the file's own.

    Raises:
        IntakeError: ``unreadable``, ``empty``, ``no_audio``, ``truncated`` or ``format_changes``.
    """
    return _decode(path, target_rate_hz, None)


def load_call_audio(
    recording: Recording, settings: IntakeSettings, *, target_rate_hz: int = 16000
) -> NDArray[np.float32]:
    """Return a call's sound [channels, n], -1..1, with as many channels as ``recording.channels``.

    Of a mono that is stored twice the louder copy is returned: the copies may be of opposite sign, and would then
    cancel out in a mix.

    Args:
        recording: A call that was taken in.
        settings: The settings it was taken in with.
        target_rate_hz: Rate to resample to.

    Raises:
        IntakeError: ``changed``, where the file no longer holds the sound that was taken in; else as for `decode`.
    """
    digest = SoundDigest()
    audio = _decode(Path(recording.media_uri), target_rate_hz, digest)
    if digest.hexdigest() != recording.sha256:
        raise intake_error("changed", "the file no longer holds the sound that was taken in")
    if recording.channels == 1 and audio.channels > 1:
        loudest = int(np.argmax([float(channel @ channel) for channel in audio.samples]))
        return audio.samples[loudest : loudest + 1].copy()
    return audio.samples


def _decode(path: Path, target_rate_hz: int | None, digest: SoundDigest | None) -> DecodedAudio:
    resampler = AudioResampler(format="fltp", rate=target_rate_hz) if target_rate_hz else None
    parts: list[NDArray[np.float32]] = []
    rate_hz = 0
    with open_recording(path) as recording:
        for frame in frames(recording):
            rate_hz = frame.sample_rate
            if digest:
                digest.add(as_int16(frame), rate_hz)
            parts += [as_float32(out) for out in resampler.resample(frame)] if resampler else [as_float32(frame)]
    if resampler:
        parts += [as_float32(out) for out in resampler.resample(None) if out is not None]
    samples = np.concatenate(parts, axis=1)
    return DecodedAudio(samples=samples, sample_rate_hz=target_rate_hz or rate_hz, channels=samples.shape[0])
