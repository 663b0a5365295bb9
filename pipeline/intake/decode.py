"""A recording as samples in memory, for recognisers and listeners."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from pipeline.config import IntakeSettings
from pipeline.errors import IntakeError
from pipeline.intake.container import frames, open_recording
from pipeline.intake.defects import intake_error
from pipeline.intake.measure import SoundDigest
from pipeline.intake.sameness import ChannelPair
from pipeline.intake.samples import as_float32, as_int16
from pipeline.media.place import Place, place_of
from pipeline.records import NO_SOUND, Recording
from pipeline.sound import SAMPLE_RATE_HZ, CallAudio, Samples

BLOCK_S = 20


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DecodedAudio:
    """Sound in memory. ``samples`` is [channels, n], -1..1."""

    samples: NDArray[np.float32]
    sample_rate_hz: int
    channels: int


def decode(path: Place, *, target_rate_hz: int | None = None) -> DecodedAudio:
    """Return a file's sound with the channels that it truly has.

    Args:
        path: The recording.
        target_rate_hz: Rate to resample to; None keeps the file's own.

    Raises:
        IntakeError: ``unreadable``, ``empty``, ``no_audio``, ``truncated`` or ``format_changes``; ``gone`` where an
            address leads to nothing any more.
        MediaAwayError: Where it lies does not answer.
    """
    return _decode(path, target_rate_hz, None)


def load_call_audio(
    recording: Recording, settings: IntakeSettings, *, target_rate_hz: int = 16000
) -> NDArray[np.float32]:
    """Return a call's sound [channels, n], -1..1, with as many channels as ``recording.channels``.

    Of a mono that is stored twice the better copy is returned, the one with less noise and clipping: the copies may be
    delayed or of opposite sign, and would then cancel out in a mix.

    Args:
        recording: A call that was taken in.
        settings: The settings it was taken in with.
        target_rate_hz: Rate to resample to.

    Raises:
        IntakeError: ``changed``, where the file no longer holds the sound that was taken in; ``sound_deleted``; else as
            for `decode`.
    """
    digest = SoundDigest()
    path = _place(recording, settings)
    with _same_sound(recording, digest):
        audio = _decode(path, target_rate_hz, digest, longest_ms=recording.duration_ms + 1)
    if recording.channels == 1 and audio.channels > 1:
        better = _better_channel(path, recording.duration_ms + 1)
        return audio.samples[better : better + 1].copy()
    return audio.samples


def call_audio(recording: Recording, settings: IntakeSettings, *, rate_hz: int = SAMPLE_RATE_HZ) -> CallAudio:
    """Return a call's sound to be read block by block, with as many channels as ``recording.channels``.

    Args:
        recording: A call that was taken in.
        settings: The settings it was taken in with.
        rate_hz: Rate to resample to; every listener takes 16 kHz.

    Raises:
        IntakeError: While it is read: see `load_call_audio`. That the file holds another sound shows at its end.
    """

    def read() -> Iterator[Samples]:
        digest = SoundDigest()
        path = _place(recording, settings)
        longest_ms = recording.duration_ms + 1
        with _same_sound(recording, digest):
            copy = _better_channel(path, longest_ms) if recording.channels == 1 else None
            for block, _ in _blocks(path, rate_hz, digest, longest_ms):
                yield block if copy is None else block[copy : copy + 1]

    return read


def _place(recording: Recording, settings: IntakeSettings) -> Place:
    if recording.media_uri == NO_SOUND:
        raise intake_error("sound_deleted")
    return place_of(recording.media_uri, settings)


@contextmanager
def _same_sound(recording: Recording, digest: SoundDigest) -> Iterator[None]:
    """Raise ``changed`` where what was decoded within is not the recording; it may by now be one that has no end."""
    try:
        yield
    except IntakeError as error:
        if error.code != "too_long":
            raise
        whole = False
    else:
        whole = digest.hexdigest() == recording.sha256
    if not whole:
        raise intake_error("changed", "the file no longer holds the sound that was taken in")


def _better_channel(path: Place, longest_ms: int) -> int:
    """Return the channel of the better copy of a mono that is stored twice; 0 of a true mono."""
    pair = ChannelPair()
    with open_recording(path) as recording:
        for frame in frames(recording, longest_ms=longest_ms):
            samples = as_int16(frame)
            if samples.shape[1] != 2:
                return 0
            pair.add(samples, frame.sample_rate)
    return pair.better_channel()


def _decode(
    path: Place, target_rate_hz: int | None, digest: SoundDigest | None, *, longest_ms: int | None = None
) -> DecodedAudio:
    rate_hz, parts = 0, []
    for block, rate_hz in _blocks(path, target_rate_hz, digest, longest_ms):  # noqa: B007 - the rate is the same for all
        parts.append(block)
    samples = np.concatenate(parts, axis=1)
    return DecodedAudio(samples=samples, sample_rate_hz=target_rate_hz or rate_hz, channels=samples.shape[0])


def _blocks(
    path: Place, target_rate_hz: int | None, digest: SoundDigest | None, longest_ms: int | None
) -> Iterator[tuple[Samples, int]]:
    """Give a file's sound [channels, n] in blocks of some seconds, with its own or the target rate."""
    resampler = AudioResampler(format="fltp", rate=target_rate_hz) if target_rate_hz else None
    parts: list[Samples] = []
    held = 0
    rate_hz = 0
    with open_recording(path) as recording:
        for frame in frames(recording, longest_ms=longest_ms):
            rate_hz = frame.sample_rate
            if digest:
                digest.add(as_int16(frame), rate_hz)
            parts += [as_float32(out) for out in resampler.resample(frame)] if resampler else [as_float32(frame)]
            held += frame.samples
            if held > BLOCK_S * rate_hz:
                yield np.concatenate(parts, axis=1), target_rate_hz or rate_hz
                parts, held = [], 0
    if resampler:
        parts += [as_float32(out) for out in resampler.resample(None) if out is not None]
    if parts:
        yield np.concatenate(parts, axis=1), target_rate_hz or rate_hz
