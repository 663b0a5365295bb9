"""Open a recording with PyAV and hand out its frames; every failure of FFmpeg becomes one plain `IntakeError`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import av
from av.container import InputContainer

from pipeline.errors import IntakeError, SealedError
from pipeline.intake.declared import CODED_TOLERANCE_MS, Declared, declared_length
from pipeline.intake.defects import intake_error
from pipeline.intake.samples import channel_count
from pipeline.media.inside import OutsideError
from pipeline.media.opened import ChangedError, NoFileError, OpenMedia, open_media
from pipeline.media.place import Place, RemotePath

# A recording is a stranger's file. FFmpeg would follow a play list that is named call.wav to other files or hosts, so
# that only these containers are read, and nothing is opened beside the file itself.
FORMATS = (
    "wav,w64,mp3,ogg,flac,mov,mp4,m4a,3gp,3g2,mj2,aac,gsm,amr,amrnb,amrwb,asf,matroska,webm,caf,aiff,au,g722,g729,wv"
)
LOST_TOLERANCE_MS = 250  # stretches that do not decode; a lost packet or two of 20 ms is what telephony sounds like
PADDING_BYTES = 1  # fills a RIFF chunk up to an even length; sox counts it as sound, which no GSM decoder can read

# PyAV 18 takes the planes of a frame with 8 or more to be NULL-terminated and reads on into memory that is not its own.
MAX_CHANNELS = 7

# Speech is kept at 6 to 192 kHz. At 1 Hz a file of 30 KB is a whole shift; the resampler was not made for either.
LEAST_RATE_HZ, MOST_RATE_HZ = 4_000, 384_000

# What PyAV raises on broken input: its own errors, and plain ones from the values it reads in the file.
_FAILURES = (av.FFmpegError, OSError, ValueError, OverflowError, MemoryError)


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenRecording:
    """A recording being read, and how many audio tracks it has."""

    container: InputContainer
    declared: Declared
    tracks: int


class _SeekSafe:
    """A file as PyAV reads it.

    A broken header makes FFmpeg seek to places that cannot be; PyAV prints a traceback for what a seek raises, where a
    negative answer says the same. The name is only the suffix, by which FFmpeg knows bare GSM.
    """

    def __init__(self, file: BinaryIO, suffix: str) -> None:
        self.name = f"recording{suffix}" if suffix.isascii() else "recording"
        self.read, self.tell = file.read, file.tell
        self._seek = file.seek

    def seek(self, offset: int, whence: int) -> int:
        """Return the new position, or -1 where there is no such position."""
        try:
            return self._seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return -1


@contextmanager
def open_recording(path: Place, within: Place | None = None) -> Iterator[OpenRecording]:
    """Open a recording for `frames`.

    Args:
        path: The recording.
        within: The folder in which it was found, which no link may leave; None where it was named by itself.

    Raises:
        IntakeError: ``unreadable``, ``sealed``, ``outside``, ``empty`` or ``no_audio``; of an address also ``gone`` and
            ``changed``.
        MediaAwayError: Where it lies does not answer, or stopped answering while it was read.
    """
    av.logging.set_level(None)  # FFmpeg would talk to the terminal about every damaged file
    with ExitStack() as stack:
        try:
            media = stack.enter_context(open_media(path, within))
        except OutsideError as error:
            raise intake_error("outside", f"the recording {error}") from None
        except NoFileError as error:
            folder = "a folder that is not, or may not be, searched"
            raise intake_error("unreadable", f"this is {folder if error.is_folder else 'no regular file'}") from None
        except SealedError as error:
            raise intake_error("sealed", str(error)) from None
        except (OSError, RuntimeError) as error:
            if isinstance(path, RemotePath):
                raise intake_error("gone") from None
            raise intake_error("unreadable", f"the file cannot be opened ({_system_reason(error)})") from None
        if media.size_bytes == 0:
            raise intake_error("empty", "the file is empty")
        try:
            with _decoding(media, path.suffix) as recording:
                yield recording
        except IntakeError:
            _check_source(media)  # what broke off is no damaged recording
            raise
        _check_source(media)  # nor is its end the recording's


@contextmanager
def _decoding(media: OpenMedia, suffix: str) -> Iterator[OpenRecording]:
    file = media.file
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
    try:
        container = av.open(_SeekSafe(file, suffix), mode="r", options=options, metadata_errors="replace")
    except _FAILURES:
        raise intake_error("unreadable", "this is no sound file of a known kind, or its beginning is damaged") from None
    with container:
        tracks = [stream for stream in container.streams if stream.type == "audio"]
        if not tracks:
            raise intake_error("no_audio")
        here = file.tell()
        declared = declared_length(file, media.size_bytes, container.format.name)
        file.seek(here)
        if declared == Declared() and container.format.name.startswith("mov"):
            declared = _from_track(tracks[0])
        yield OpenRecording(container=container, declared=declared, tracks=len(tracks))


def _check_source(media: OpenMedia) -> None:
    try:
        media.check()
    except ChangedError:
        raise intake_error("changed", "the object was written anew while it was read") from None


def frames(recording: OpenRecording, *, longest_ms: int | None = None) -> Iterator[av.AudioFrame]:
    """Yield the frames of the first audio track, all of one rate and channel count.

    Args:
        recording: Open.
        longest_ms: Where decoding stops, whatever the file claims: some kilobytes can hold days of silence. None never
            stops.

    Raises:
        IntakeError: ``unreadable`` or ``empty`` where nothing decodes, ``truncated`` where less decodes than the file
            says it holds or a stretch of it does not decode, ``format_changes``, ``too_many_channels``,
            ``odd_sample_rate``, ``too_long``. Raised after the last good frame.
    """
    samples, lost_ms, broken, shape = 0, 0.0, False, (0, 0)
    try:
        track = recording.container.streams.audio[0]
        packets = recording.container.demux(track)
    except (*_FAILURES, IndexError, AttributeError):
        raise intake_error("unreadable", "no decoder for the kind of sound in this file") from None
    while True:
        try:
            packet = next(packets, None)
        except _FAILURES:
            broken = True
            break
        if packet is None:
            break
        try:
            decoded = packet.decode()
        except _FAILURES:
            if packet.size <= PADDING_BYTES:
                continue
            lost_ms += float((packet.duration or 0) * (packet.time_base or 0)) * 1000
            broken = broken or not packet.duration
            continue
        for frame in decoded:
            if not isinstance(frame, av.AudioFrame) or not frame.samples:
                continue
            this = (frame.sample_rate, channel_count(frame))
            if min(this) < 1 or (samples and this != shape):
                raise intake_error("format_changes")
            if this[1] > MAX_CHANNELS:
                raise intake_error("too_many_channels", f"the file has {this[1]} channels")
            if not LEAST_RATE_HZ <= this[0] <= MOST_RATE_HZ:
                raise intake_error("odd_sample_rate", f"the file says that it has {this[0]} samples a second")
            shape, samples = this, samples + frame.samples
            if longest_ms is not None and samples * 1000 > longest_ms * this[0]:
                raise intake_error("too_long", f"the recording lasts longer than {longest_ms / 3_600_000:g} h")
            yield frame
    duration_ms = samples * 1000 / shape[0] if samples else 0.0
    _check_whole(recording.declared, duration_ms, lost_ms=lost_ms, broken=broken)


def _check_whole(declared: Declared, duration_ms: float, *, lost_ms: float, broken: bool) -> None:
    """Raise where what was decoded is not all that the file should hold."""
    if declared.duration_ms is not None and duration_ms < declared.duration_ms - declared.tolerance_ms:
        raise intake_error(
            "truncated",
            f"the file should hold {declared.duration_ms / 1000:.1f} s, but only {duration_ms / 1000:.1f} s are there",
        )
    if not duration_ms:
        raise intake_error("unreadable", "nothing in the file decodes") if broken or lost_ms else intake_error("empty")
    if declared.cut_off:
        raise intake_error("truncated", f"the file ends in the middle of its data, after {duration_ms / 1000:.1f} s")
    if broken or lost_ms > LOST_TOLERANCE_MS:
        raise intake_error("truncated", f"part of the recording is damaged; {duration_ms / 1000:.1f} s of it decode")


def _from_track(track: av.stream.Stream) -> Declared:
    if not track.duration or track.duration < 0 or track.time_base is None:
        return Declared()
    return Declared(duration_ms=int(track.duration * track.time_base * 1000), tolerance_ms=CODED_TOLERANCE_MS)


def _system_reason(error: Exception) -> str:
    """Return the system's words without the path, which may hold a customer's number."""
    return (error.strerror or "system error").lower() if isinstance(error, OSError) else "links in a circle"
