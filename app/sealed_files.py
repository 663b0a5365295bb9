"""Seal files where they lie, or write them as they were; and which files of a workspace hold words or sound."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.at_rest.files import seal_file, sealed_by, unseal_file
from pipeline.at_rest.keys import KeyRing
from pipeline.config import Settings
from pipeline.errors import SealedError

_MAY_GROW = "its time of change is not {:g} s old (intake.settle_s), so it may still be written; try again later"

Became = Literal["sealed", "opened", "same", "problem"]


@dataclass(frozen=True, kw_only=True, slots=True)
class FileOutcome:
    """What became of a file; ``problem`` says why nothing did."""

    file: Path
    became: Became
    problem: str | None = None


def seal_files(files: Sequence[Path], ring: KeyRing, *, settle_s: float = 0.0) -> Iterator[FileOutcome]:
    """Seal files by the first key, one after the other; those that are so already stay. No failure stops the rest.

    Args:
        files: Where they lie; a link stays a link.
        ring: The keys.
        settle_s: Files that were changed so lately stay, too: a recorder may still be writing them. Earmark's own
            files get their names when they are whole, and need no such pause.
    """
    for file in files:
        try:
            place = file.resolve(strict=True)
            if _sealed_by(place) == ring.first.key_id:
                yield FileOutcome(file=file, became="same")
                continue
            if settle_s and time.time() - place.stat().st_mtime < settle_s:  # also a time to come, of a clock ahead
                yield FileOutcome(file=file, became="problem", problem=_MAY_GROW.format(settle_s))
                continue
            seal_file(place, place, ring)
            yield FileOutcome(file=file, became="sealed")
        except (SealedError, OSError, RuntimeError) as error:
            yield _problem(file, error)


def unseal_files(files: Sequence[Path], ring: KeyRing | None) -> Iterator[FileOutcome]:
    """Write files as they were before they were sealed; likewise."""
    for file in files:
        try:
            place = file.resolve(strict=True)
            if _sealed_by(place) is None:
                yield FileOutcome(file=file, became="same")
                continue
            unseal_file(place, place, ring)
            yield FileOutcome(file=file, became="opened")
        except (SealedError, OSError, RuntimeError) as error:
            yield _problem(file, error)


def files_of_workspace(settings: Settings) -> list[Path]:
    """Return uploaded recordings and transcripts with personal data; what is told beside an upload is not sealed."""
    suffixes = {suffix.casefold() for suffix in settings.intake.suffixes}
    uploads = [file for file in _files(settings.uploads_dir) if file.suffix.casefold() in suffixes]
    return [*uploads, *(file for file in _files(settings.unredacted_dir) if file.suffix == ".json")]


def empty_sound_cache(settings: Settings) -> None:
    """Remove sound that is ready to be played: it is made again as it should be."""
    shutil.rmtree(settings.sound_dir, ignore_errors=True)


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
    except FileNotFoundError:
        return []


def _sealed_by(file: Path) -> str | None:
    with file.open("rb") as opened:
        return sealed_by(opened)


def _problem(file: Path, error: Exception) -> FileOutcome:
    said = (error.strerror or "system error").lower() if isinstance(error, OSError) else str(error)
    return FileOutcome(file=file, became="problem", problem=said)
