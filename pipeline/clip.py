"""A call's recording, or a part of it, as it may be heard and handed on: silent where personal data was spoken."""

from __future__ import annotations

import tempfile
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.config import Settings
from pipeline.errors import ReportError
from pipeline.intake.decode import call_audio
from pipeline.privacy.mute import mute, muted_spans
from pipeline.records import Recording, Transcript

Samples = NDArray[np.float32]
SUFFIXES = (".wav", ".flac")


def muted_clip(
    recording: Recording,
    transcript: Transcript,
    *,
    start_ms: int = 0,
    end_ms: int | None = None,
    settings: Settings,
) -> tuple[Samples, int]:
    """Return a part of a call's sound with personal data silenced on all channels.

    Args:
        recording: A call that was taken in.
        transcript: Its redacted transcript.
        start_ms: Where the part begins.
        end_ms: Where it ends; None for the end of the recording.
        settings: How the call was taken in, and how far before and behind the words it is silent.

    Returns:
        Samples [channels, n], -1..1, at the recording's own rate; and that rate in Hz.

    Raises:
        ReportError: The transcript was not redacted, or the part holds no sound.
        IntakeError: The recording cannot be read, or holds another sound than was taken in.
    """
    if not transcript.redacted:
        raise ReportError(f"call {recording.call_id}: its transcript was not searched for personal data; run it again")
    rate_hz = recording.sample_rate_hz
    first = start_ms * rate_hz // 1000
    last = None if end_ms is None else end_ms * rate_hz // 1000
    parts, held = [], 0
    for block in call_audio(recording, settings.intake, rate_hz=rate_hz)():  # to its end: that is when it is checked
        parts.append(block[:, max(first - held, 0) : None if last is None else max(last - held, 0)])
        held += block.shape[1]
    samples = np.concatenate(parts, axis=1) if parts else np.zeros((recording.channels, 0), dtype=np.float32)
    if not samples.shape[1]:
        raise ReportError(f"call {recording.call_id}: there is no sound in the part asked for")
    samples = np.array(samples, dtype=np.float32)
    spans = muted_spans(transcript, margin_ms=settings.privacy.mute_margin_ms)
    mute(samples, spans, rate_hz=rate_hz, start_ms=start_ms)
    return samples, rate_hz


def check_target(path: Path, *, overwrite: bool = False) -> None:
    """Refuse a file that sound cannot be written to, before a long recording is decoded for nothing.

    Raises:
        ReportError: Its ending is no known one, it is there and not to be replaced, or its folder is not there.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise ReportError(f"{path}: sound is written as {' or '.join(SUFFIXES)}")
    if path.is_dir() or (path.exists() and not overwrite):
        raise ReportError(f"{path}: is there already; --force replaces a file")
    if not path.parent.is_dir():
        raise ReportError(f"{path}: there is no folder {path.parent}")


def write_audio(path: Path, samples: Samples, rate_hz: int, *, overwrite: bool = False) -> None:
    """Write sound as 16-bit WAV or FLAC, by the file's ending. The file is there whole or not at all.

    Args:
        path: Where to; ``.wav`` or ``.flac``.
        samples: [channels, n], -1..1.
        rate_hz: Samples per second.
        overwrite: Whether a file that is there is replaced.

    Raises:
        ReportError: The ending is another, the file is there, or it cannot be written.
    """
    check_target(path, overwrite=overwrite)
    suffix = path.suffix.lower()
    pcm = np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2")
    unfinished = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=suffix, delete=False) as file:
            unfinished = Path(file.name)
        (_write_wav if suffix == ".wav" else _write_flac)(unfinished, pcm, rate_hz)
        unfinished.replace(path)
    except OSError as error:
        raise ReportError(f"{path}: cannot be written ({error.strerror})") from None
    finally:
        if unfinished is not None:
            unfinished.unlink(missing_ok=True)


def _write_wav(path: Path, pcm: NDArray[np.int16], rate_hz: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(pcm.shape[0])
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.ascontiguousarray(pcm.T).tobytes())


def _write_flac(path: Path, pcm: NDArray[np.int16], rate_hz: int) -> None:
    import av  # noqa: PLC0415

    layout = {1: "mono", 2: "stereo"}.get(pcm.shape[0], f"{pcm.shape[0]}c")
    with av.open(str(path), "w", format="flac") as container:
        stream = container.add_stream("flac", rate=rate_hz, layout=layout)
        block = 4096
        for at in range(0, pcm.shape[1], block):
            packed = np.ascontiguousarray(pcm[:, at : at + block].T).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(packed, format="s16", layout=layout)
            frame.sample_rate = rate_hz
            frame.pts = at
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
