"""Sound of calls that is ready to be played: made once, kept in the workspace's cache, the oldest given up first.

With a key at rest the cache is sealed, too.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.web.errors import RequestError
from app.web.site import Site
from pipeline.at_rest.files import read_sealed, seal_file
from pipeline.at_rest.in_use import keys_in_use
from pipeline.canonical import canonical_json, from_json, to_json
from pipeline.config import ALWAYS_MASKED
from pipeline.errors import IntakeError, MediaAwayError, StoreError
from pipeline.playback import METHOD, Peaks, cut_playback, playback_rate_hz, write_playback
from pipeline.privacy.mute import muted_spans
from pipeline.records import NO_SOUND, Recording, Span, Transcript

LONGEST_CLIP_MS = 600_000
_FOLDER_MODE = 0o700  # what may be heard by few is in there, too
_LOCKS = "locks of sound"


class NoSoundError(RequestError):
    """There is nothing to be heard; the message says why."""

    status = 404


class LostSoundError(RequestError):
    """The recording is gone, or holds something else now."""

    status = 410


class AwaySoundError(RequestError):
    """Where the recording lies does not answer now; it may do so later."""

    status = 503


class NotToBeHeardError(RequestError):
    """The visitor may not hear personal data."""

    status = 403

    def __init__(self) -> None:
        super().__init__("to hear personal data is a right of its own, which an admin gives; without it, it is silent")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadySound:
    """A call's sound in the cache.

    Attributes:
        tag: Changes with the sound, and only with it.
        peaks: JSON file with the heights of its waveform.
    """

    tag: str
    flac: Path
    peaks: Path


def ready_sound(site: Site, recording: Recording, transcript: Transcript | None, *, unredacted: bool) -> ReadySound:
    """Return a call's sound, made now where it is not in the cache; of several who ask at once one makes it.

    Args:
        site: Whose cache.
        recording: The call.
        transcript: What says where it is to be silent.
        unredacted: Only card data are silenced. Whether the listener may, the caller knows.

    Raises:
        NoSoundError: Nothing says what to silence.
        LostSoundError: The recording cannot be read, or holds another sound than was taken in.
        AwaySoundError: Where it lies does not answer.
        StoreError: The cache cannot be written.
    """
    if transcript is None or not transcript.redacted:
        raise NoSoundError(
            "this call cannot be played yet: it was not searched for personal data, so nothing says what to silence"
        )
    if recording.media_uri == NO_SOUND:
        raise LostSoundError("the sound of this call was deleted; transcript and scores are still here")
    margin_ms = site.settings.privacy.mute_margin_ms
    silent = muted_spans(transcript, margin_ms=margin_ms, kinds=ALWAYS_MASKED if unredacted else None)
    made_from = [METHOD, recording.sha256, playback_rate_hz(recording), [[s.start_ms, s.end_ms] for s in silent]]
    tag = hashlib.sha256(canonical_json(made_from).encode()).hexdigest()[:24]
    folder = _folder(site)
    ready = ReadySound(
        tag=tag, flac=folder / f"{recording.call_id}.{tag}.flac", peaks=folder / f"{recording.call_id}.{tag}.json"
    )

    def make(flac: Path) -> None:
        peaks = write_playback(recording, silent, flac, site.settings)
        _put(ready.peaks, lambda unfinished: unfinished.write_text(to_json(peaks, Peaks), encoding="utf-8"))

    try:
        _once(site, ready.flac, make, beside=ready.peaks)
    except IntakeError as error:
        raise LostSoundError(f"the recording cannot be played: {error}") from None
    except MediaAwayError:
        raise AwaySoundError("where the recording is kept does not answer now; try again in a while") from None
    return ready


def read_peaks(ready: ReadySound) -> Peaks:
    """Return the heights of a call's waveform."""
    return from_json(Peaks, read_sealed(ready.peaks, keys_in_use()))


def ready_clip(site: Site, ready: ReadySound, span: Span) -> Path:
    """Return a part of a call's sound as a file of its own.

    Raises:
        StoreError: The cache cannot be written.
    """
    name = f"{ready.flac.stem}.{span.start_ms}-{span.end_ms}.flac"
    clip = ready.flac.with_name(name)
    _once(site, clip, lambda unfinished: cut_playback(ready.flac, span, unfinished))
    return clip


def _folder(site: Site) -> Path:
    folder = site.settings.sound_dir
    try:
        folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        folder.chmod(_FOLDER_MODE)
    except OSError as error:
        raise StoreError(f"the sound's cache cannot be written ({error.strerror})") from None
    return folder


def _once(site: Site, path: Path, make: Callable[[Path], object], *, beside: Path | None = None) -> None:
    """Make a file, with the one that is made beside it, unless they are there; who asks meanwhile waits for it."""
    locks: dict[str, threading.Lock] = site.kept.setdefault(_LOCKS, {})
    with locks.setdefault(path.name, threading.Lock()):
        if not (path.is_file() and (beside is None or beside.is_file())):
            _put(path, make)
            _give_up_oldest(path.parent, site.settings.console.audio_cache_mb * 1_000_000, keep=path.stem)
    locks.pop(path.name, None)
    with suppress(OSError):  # another process gave it up just now; whoever opens it says so
        os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))  # used now; when it was made stays


def _put(path: Path, make: Callable[[Path], object]) -> None:
    """Let a file be written beside its place and moved there when it is whole."""
    unfinished = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=path.suffix, delete=False) as file:
            unfinished = Path(file.name)
        make(unfinished)
        ring = keys_in_use()
        if ring is not None:
            seal_file(unfinished, unfinished, ring)
        unfinished.replace(path)
    except OSError as error:
        raise StoreError(f"the sound's cache cannot be written ({error.strerror})") from None
    finally:
        if unfinished is not None:
            unfinished.unlink(missing_ok=True)


def _give_up_oldest(folder: Path, most_bytes: int, *, keep: str) -> None:
    """Delete what was not heard for the longest time until the rest has room; never what was just made."""
    found: list[tuple[int, int, Path]] = []
    for file in folder.iterdir():
        try:
            facts = file.stat()
        except OSError:
            continue  # another process was faster
        if not file.name.startswith("."):
            found.append((facts.st_atime_ns, facts.st_size, file))
    held = sum(size for _, size, _ in found)
    for _, size, file in sorted(found):
        if held <= most_bytes:
            return
        if file.stem != keep:
            file.unlink(missing_ok=True)
            held -= size
