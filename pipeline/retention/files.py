"""The files of a call: which there are, which Earmark may delete, and how one is deleted.

Nothing is followed and nothing is guessed: a file goes where it lies below a folder that the settings name and is still
the one that was taken in. A link, or another recording in its place, stays, and the record says so.
"""

from __future__ import annotations

import json
import os
import re
import stat
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from pipeline.at_rest.files import size_otherwise
from pipeline.audit.manifest import MANIFEST
from pipeline.config import Settings
from pipeline.intake.genesys import SUFFIX as GENESYS_SUFFIX
from pipeline.media.place import RemotePath, place_of
from pipeline.store.deletions import DoomedFile
from pipeline.store.old_calls import CallFile

REMOVED, GONE = "removed", "gone already"
OUTSIDE, CHANGED, LINK = (
    "outside retention.delete_media_below",
    "another file lies there now",
    "a link or no plain file",
)
SETTLED = (REMOVED, GONE)
"""What leaves nothing behind."""

RECORDING, METADATA, TRANSCRIPT, SOUND, PACK = "recording", "metadata", "transcript", "sound", "pack"
REPORT_SUFFIXES = (".html", ".csv", ".json", ".pdf", ".xlsx", ".parquet")
_MADE_FROM = ".made-from"
_UPLOADED = re.compile(r"up-[0-9a-f]{16}\.")


def sound_folder(settings: Settings) -> Path:
    """Return where the console keeps sound that was played."""
    return settings.workspace / "cache" / "audio"


def packs_folder(settings: Settings) -> Path:
    """Return where the console keeps the evidence packs that were made in it."""
    return settings.workspace / "packs"


def reports_folder(settings: Settings) -> Path:
    """Return where runs write scorecards."""
    return settings.workspace / "reports"


def made_of_calls(settings: Settings) -> dict[str, list[DoomedFile]]:
    """Return by call id what Earmark has made of calls: kept transcripts, sound that was played, packs with them.

    Read once for many calls: these folders may be large.
    """
    found: dict[str, list[DoomedFile]] = {}
    for folder, kind in ((settings.unredacted_dir, TRANSCRIPT), (sound_folder(settings), SOUND)):
        with suppress(OSError):
            for file in sorted(folder.iterdir()):
                call_id = file.name.lstrip(".").partition(".")[0]
                found.setdefault(call_id, []).append(DoomedFile(path=str(file), kind=kind))
    for pack in sorted(packs_folder(settings).glob("*.zip")):
        for call_id in _packed_calls(pack):
            files = (pack, pack.with_suffix(".json"))
            found.setdefault(call_id, []).extend(DoomedFile(path=str(file), kind=PACK) for file in files)
    return found


def recorded_files(recordings: Sequence[CallFile], settings: Settings, *, whole: bool) -> list[DoomedFile]:
    """Return the recordings of a call as files to be deleted.

    Args:
        recordings: Of the call.
        settings: What endings recordings have.
        whole: With the files beside them that are about them alone: their metadata.
    """
    found: list[DoomedFile] = []
    for file in recordings:
        path = file.media_uri
        found.append(DoomedFile(path=path, kind=RECORDING, size_bytes=file.size_bytes, modified_ns=file.modified_ns))
        if whole:
            beside = _beside(Path(path), settings)
            found += [DoomedFile(path=str(each), kind=METADATA) for each in beside if os.path.lexists(each)]
    return found


def remove(file: DoomedFile, settings: Settings) -> str:
    """Remove one file where it may be removed, and return what became of it.

    Raises:
        OSError: It may be removed, but cannot be just now: it is tried again later.
    """
    if isinstance(place_of(file.path), RemotePath):  # at a server, where nothing is deleted
        return OUTSIDE
    path = Path(file.path)
    try:
        facts = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return GONE
    if not stat.S_ISREG(facts.st_mode):
        return LINK
    if file.kind in (RECORDING, METADATA) and not may_be_removed(path, settings):
        return OUTSIDE
    if file.size_bytes is not None and not _is_same(file, path, facts) and not _is_upload(path, settings):
        return CHANGED
    path.unlink(missing_ok=True)
    return REMOVED


def remove_reports(settings: Settings) -> int:
    """Remove the scorecards that the last run wrote, which quote calls; the next run writes them anew.

    Raises:
        OSError: One cannot be removed.
    """
    removed = 0
    folder = reports_folder(settings)
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file() and (path.suffix in REPORT_SUFFIXES or path.name == _MADE_FROM):
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def may_be_removed(path: Path, settings: Settings) -> bool:
    """Tell whether a file's own folder, links resolved, lies below one that the settings name."""
    roots: Iterable[Path] = (settings.uploads_dir, *settings.retention.delete_media_below)
    try:
        parent = path.parent.resolve(strict=True)
        return any(parent.is_relative_to(root.resolve(strict=True)) for root in roots if root.exists())
    except (OSError, RuntimeError):
        return False


def _is_same(file: DoomedFile, path: Path, facts: os.stat_result) -> bool:
    """Tell whether a file is the one that was taken in, sealed since, or opened: neither changes its time."""
    if facts.st_mtime_ns != file.modified_ns:
        return False
    return facts.st_size == file.size_bytes or size_otherwise(path) == file.size_bytes


def _is_upload(path: Path, settings: Settings) -> bool:
    """Tell whether only the console can have put a file there: each of its names is given once, and by chance."""
    if not _UPLOADED.match(path.name):
        return False
    try:
        return path.parent.resolve(strict=True) == settings.uploads_dir.resolve(strict=True)
    except (OSError, RuntimeError):
        return False


def _beside(recording: Path, settings: Settings) -> Iterator[Path]:
    """Yield where metadata of one recording alone would lie; a manifest is about many and stays."""
    yield recording.with_name(f"{recording.name}.json")
    yield recording.with_name(f"{recording.stem}.transcript.json")
    yield recording.with_name(f"{recording.name}{GENESYS_SUFFIX}")
    others = (recording.with_suffix(suffix) for suffix in settings.intake.suffixes)
    if not any(other != recording and os.path.lexists(other) for other in others):
        yield recording.with_name(f"{recording.stem}{GENESYS_SUFFIX}")
        yield recording.with_name(f"{recording.stem}.json")  # else it may be about `call.mp3` as well as `call.wav`


def _packed_calls(pack: Path) -> list[str]:
    """Return the calls in a pack; none of one that cannot be read."""
    try:
        with zipfile.ZipFile(pack) as archive:
            calls = json.loads(archive.read(MANIFEST))["calls"]
    except (OSError, KeyError, ValueError, TypeError, RuntimeError, zipfile.BadZipFile):
        return []
    return [str(call) for call in calls]
