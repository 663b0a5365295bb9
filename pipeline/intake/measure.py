"""What a recording holds, measured in one pass with bounded memory: identity, length, channels, silence, sameness."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.intake.container import frames, open_recording
from pipeline.intake.sameness import ChannelPair
from pipeline.intake.samples import as_int16
from pipeline.media.place import Place

IDENTITY_SCHEME = "earmark-audio-1"
# Raise it with every change of what is measured below, or of how a file is decoded: facts that were measured under
# another number are not taken over (see `known_sound`).
MEASURING = 1
SILENT_PEAK = 8  # of 32768; A-law has no zero, its silence decodes to 8


@dataclass(frozen=True, kw_only=True, slots=True)
class SoundFacts:
    """What a recording holds.

    Attributes:
        sha256: Hash of the decoded 16-bit sound at its own rate, with rate and channel count.
        channels: The true channel count of the file.
        channel_sameness: Share of a stereo file's heard blocks in which both channels hold the same sound (see
            `sameness`); None for other counts and where a channel is silent.
        silent_channels: Channels in which nothing is ever heard.
        tracks: Audio tracks in the file; the first is what was measured.
    """

    sha256: str
    duration_ms: int
    sample_rate_hz: int
    channels: int
    channel_sameness: float | None
    silent_channels: tuple[int, ...]
    tracks: int


class SoundDigest:
    """The identity of a recording, fed frame by frame."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._begun = False

    def add(self, samples: NDArray[np.int16], sample_rate_hz: int) -> None:
        """Take in the next samples [n, channels]."""
        if not self._begun:
            self._hash.update(f"{IDENTITY_SCHEME}:{sample_rate_hz}:{samples.shape[1]}:".encode())
            self._begun = True
        self._hash.update(samples.astype("<i2", copy=False).tobytes())

    def hexdigest(self) -> str:
        """Return the hash so far."""
        return self._hash.hexdigest()


def measure_sound(path: Place, *, longest_ms: int | None = None, within: Place | None = None) -> SoundFacts:
    """Decode a recording once and return what it holds.

    Args:
        path: The recording.
        longest_ms: Where decoding stops with ``too_long``; None reads to the end.
        within: The folder in which it was found, which no link may leave; None where it was named by itself.

    Raises:
        IntakeError: It cannot be read whole; the codes are those of `decode`.
        MediaAwayError: Where it lies does not answer.
    """
    digest, pair = SoundDigest(), ChannelPair()
    peaks: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
    samples_seen, rate_hz = 0, 0
    with open_recording(path, within) as recording:
        for frame in frames(recording, longest_ms=longest_ms):
            samples, rate_hz = as_int16(frame), frame.sample_rate
            digest.add(samples, rate_hz)
            samples_seen += len(samples)
            if samples.shape[1] == 2:
                pair.add(samples, rate_hz)
            heights = np.abs(samples.astype(np.int64)).max(axis=0)
            peaks = np.maximum(peaks, heights) if len(peaks) else heights
        tracks = recording.tracks
    return SoundFacts(
        sha256=digest.hexdigest(),
        duration_ms=(samples_seen * 1000 + rate_hz // 2) // rate_hz,
        sample_rate_hz=rate_hz,
        channels=len(peaks),
        channel_sameness=pair.sameness(),
        silent_channels=tuple(int(i) for i in np.flatnonzero(peaks <= SILENT_PEAK)),
        tracks=tracks,
    )
