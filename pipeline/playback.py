"""A call's sound as browsers play it: silent where it has to be, as FLAC, with the heights of its waveform."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from pipeline.at_rest.files import unsealed
from pipeline.at_rest.in_use import keys_in_use
from pipeline.config import Settings
from pipeline.intake.decode import call_audio
from pipeline.records import Recording, Span

METHOD = "playback-1"
"""Stands for how it is made: a file made otherwise has another name."""

HIGHEST_RATE_HZ = 24_000  # Opus always decodes to 48 kHz; a voice on a telephone line fills no more than a third of it
PEAKS = 1200
"""Heights a channel: as many as a wide screen shows."""

_PACKET = 4096

Peaks = tuple[tuple[float, ...], ...]
"""Heights 0..1 of each channel, in order of time."""


def playback_rate_hz(recording: Recording) -> int:
    """Return how many samples a second a call is played with."""
    return min(recording.sample_rate_hz, HIGHEST_RATE_HZ)


def write_playback(recording: Recording, silent: Sequence[Span], path: Path, settings: Settings) -> Peaks:
    """Write a call's sound as FLAC and return the heights of its waveform. It is read and written block by block.

    Args:
        recording: A call that was taken in.
        silent: When it is to be silent, on all channels.
        path: Where to; what is there is written over.
        settings: How the call was taken in.

    Raises:
        IntakeError: The recording cannot be read, or holds another sound than was taken in.
        OSError: The file cannot be written.
    """
    import av  # noqa: PLC0415 - slow to import

    rate_hz = playback_rate_hz(recording)
    layout = {1: "mono", 2: "stereo"}.get(recording.channels, f"{recording.channels}c")
    heights = _Heights(recording.channels, recording.duration_ms * rate_hz // 1000)
    held = 0
    with av.open(str(path), "w", format="flac") as container:
        stream = container.add_stream("flac", rate=rate_hz, layout=layout)
        for read in call_audio(recording, settings.intake, rate_hz=rate_hz)():  # to its end: then it is checked
            block = np.array(read, dtype=np.float32)
            for span in silent:
                first = span.start_ms * rate_hz // 1000 - held
                last = -(-span.end_ms * rate_hz // 1000) - held  # rounded up: a sample too many, never one too few
                block[:, max(first, 0) : max(last, 0)] = 0
            heights.add(block)
            pcm = np.rint(np.clip(block, -1, 1) * 32767).astype("<i2")
            for at in range(0, pcm.shape[1], _PACKET):
                packed = np.ascontiguousarray(pcm[:, at : at + _PACKET].T).reshape(1, -1)
                frame = av.AudioFrame.from_ndarray(packed, format="s16", layout=layout)
                frame.sample_rate = rate_hz
                frame.pts = held + at
                container.mux(stream.encode(frame))
            held += pcm.shape[1]
        container.mux(stream.encode(None))
    return heights.peaks()


def open_playback(path: Path) -> BinaryIO:
    """Open what `write_playback` or `cut_playback` wrote, sealed since or not.

    Raises:
        SealedError: It is sealed, and its key is not at hand.
        OSError: It cannot be read.
    """
    return unsealed(path.open("rb"), keys_in_use())


def cut_playback(source: Path, span: Span, path: Path) -> None:
    """Write a part of what `write_playback` wrote as a file of its own.

    Raises:
        OSError: One of the files cannot be read or written.
    """
    import av  # noqa: PLC0415 - slow to import

    with (
        open_playback(source) as file,
        av.open(file, mode="r") as whole,
        av.open(str(path), "w", format="flac") as container,
    ):
        stream = whole.streams.audio[0]
        rate_hz, layout = stream.rate, stream.layout.name
        made = container.add_stream("flac", rate=rate_hz, layout=layout)
        first, last = span.start_ms * rate_hz // 1000, span.end_ms * rate_hz // 1000
        whole.seek(max(span.start_ms - 1000, 0) * 1000)
        written = 0
        for frame in whole.decode(stream):
            at = round((frame.time or 0.0) * rate_hz)
            if at >= last:
                break
            pcm = frame.to_ndarray().astype(np.int16).reshape(-1, frame.layout.nb_channels)  # packed: one row a sample
            part = pcm[max(first - at, 0) : last - at]
            if not len(part):
                continue
            out = av.AudioFrame.from_ndarray(np.ascontiguousarray(part).reshape(1, -1), format="s16", layout=layout)
            out.sample_rate = rate_hz
            out.pts = written
            written += len(part)
            container.mux(made.encode(out))
        container.mux(made.encode(None))


class _Heights:
    """The loudest sample of each of many equal parts of a call, gathered block by block."""

    def __init__(self, channels: int, samples: int) -> None:
        self._length = max(1, -(-samples // PEAKS))
        self._found: NDArray[np.float32] = np.zeros((channels, PEAKS), dtype=np.float32)
        self._held = 0

    def add(self, block: NDArray[np.float32]) -> None:
        """Take in the next block ``[channels, n]``."""
        places = np.minimum((self._held + np.arange(block.shape[1])) // self._length, PEAKS - 1)
        if places.size:
            parts, starts = np.unique(places, return_index=True)
            highest = np.maximum.reduceat(np.abs(block), starts, axis=1)
            self._found[:, parts] = np.maximum(self._found[:, parts], highest)
        self._held += block.shape[1]

    def peaks(self) -> Peaks:
        """Return the heights, as many as the call is long."""
        used = min(PEAKS, max(1, -(-self._held // self._length)))
        return tuple(tuple(round(float(height), 3) for height in channel[:used]) for channel in self._found)
