"""A pack as one file: a zip of which equal contents give equal bytes, and that can be read without harm."""

from __future__ import annotations

import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO

FAULTS = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError),
    *(OSError, EOFError, ValueError, OverflowError, MemoryError),
)
"""What `zipfile` raises on damaged archives."""

MOST_FILES = 100_000
_BEGINNING_OF_ZIP = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_ENCRYPTED = 0x1
_CHUNK = 1 << 20


def write_zip(names: Iterable[str], source: Callable[[str], BinaryIO], out: BinaryIO) -> None:
    """Write files into a zip: in order of their names, not compressed, without times, so that it is always the same.

    Args:
        names: Paths inside the archive.
        source: Opens the contents of a name.
        out: Where to; it must be able to seek.
    """
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(names):
            entry = zipfile.ZipInfo(name, _BEGINNING_OF_ZIP)
            entry.create_system = _UNIX
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            with source(name) as content, archive.open(entry, "w") as packed:
                copyfileobj(content, packed, _CHUNK)


def faults(archive: zipfile.ZipFile, size_bytes: int) -> list[tuple[str, str]]:
    """Return why an archive must not be read or unpacked, as (name, reason); none where it is harmless.

    Args:
        archive: Opened, nothing read.
        size_bytes: Size of its file: what is not compressed cannot be larger.
    """
    entries = archive.infolist()
    if len(entries) > MOST_FILES:
        return [("", f"it lists more than {MOST_FILES:,} files")]
    found: list[tuple[str, str]] = []
    seen: set[str] = set()
    for entry in entries:
        name = entry.orig_filename
        reasons = [reason for holds, reason in _tricks(entry) if holds]
        if name.casefold() in seen:
            reasons.append("is in the archive twice: which of them is read depends on the program")
        seen.add(name.casefold())
        found += [(name, reason) for reason in reasons]
    if sum(entry.file_size for entry in entries) > size_bytes:
        found.append(("", "its files claim to be larger than the archive itself"))
    return found


def _tricks(entry: zipfile.ZipInfo) -> list[tuple[bool, str]]:
    name, mode = entry.orig_filename, entry.external_attr >> 16
    parts = name.replace("\\", "/").split("/")
    return [
        (name.startswith(("/", "\\")) or name[1:2] == ":", "has an absolute path: it would be unpacked somewhere else"),
        (".." in parts, "leads out of the folder that it is unpacked into"),
        ("\\" in name or not name.isprintable() or name != entry.filename, "has a name that systems read differently"),
        (stat.S_ISLNK(mode), "is a link"),
        (bool(mode) and not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)), "is no plain file"),
        (bool(entry.flag_bits & _ENCRYPTED), "is encrypted"),
        (entry.compress_type != zipfile.ZIP_STORED, "is compressed, which Earmark's own archives are not"),
    ]


def is_as_written(path: Path, archive: zipfile.ZipFile) -> bool:
    """Tell whether a file is, to the byte, the archive that `write_zip` makes of what it holds.

    Names, times, attributes, comments and whatever stands between, before and behind the entries are in no file's hash.
    """
    with tempfile.TemporaryFile() as anew, path.open("rb") as given:
        write_zip(archive.namelist(), archive.open, anew)  # type: ignore[arg-type]
        anew.seek(0)
        while True:
            one, other = anew.read(_CHUNK), given.read(_CHUNK)
            if one != other:
                return False
            if not one:
                return True
