"""A back-up as one file: a zip that appears under its name only when it is whole and on the disk."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pipeline.backup.manifest import MANIFEST, Manifest, Part, manifest_text, read_manifest
from pipeline.errors import BackupError

OWNER_ONLY = 0o600
UNFINISHED, COPY = ".earmark-part", ".earmark-database"
"""Endings of hidden files while a back-up is made: itself, and a copy of its database. Nobody else has such."""

_BESIDE_SQLITE = ("", "-journal", "-wal", "-shm")
_CHUNK = 1 << 20
_MOST_MANIFEST_BYTES = 1 << 30
_QUICK = 1
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
"""What a file system without links answers, such as those of USB disks and some network shares."""

_FAULTS = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError),
    *(OSError, EOFError, ValueError, OverflowError),
)
"""What `zipfile` raises on damaged archives."""


class Writer:
    """Packs files and remembers what each was."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.parts: list[Part] = []
        self._archive = archive

    def add(self, name: str, source: BinaryIO) -> None:
        """Pack what is read from a source."""
        digest, length = hashlib.sha256(), 0
        entry = zipfile.ZipInfo(name)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = OWNER_ONLY << 16
        with self._archive.open(entry, "w", force_zip64=True) as packed:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                packed.write(chunk)
                length += len(chunk)
        self.parts.append(Part(name=name, bytes=length, sha256=digest.hexdigest()))

    def end(self, manifest: Manifest) -> None:
        """Pack the manifest, which is last because it tells of all that came before."""
        self._archive.writestr(MANIFEST, manifest_text(manifest))


@contextmanager
def writing(out: Path) -> Iterator[tuple[Writer, Path]]:
    """Give a writer and a place for a copy of the database, both beside ``out`` and readable by their owner only.

    What killed back-ups left in that folder, of whatever name, is removed first: a copy of a database is in clear.

    Raises:
        BackupError: There is such a file already, another back-up is writing it, or it cannot be written.
    """
    _refuse_to_replace(out)
    unfinished, copy = out.with_name(f".{out.name}{UNFINISHED}"), out.with_name(f".{out.name}{COPY}")
    try:
        _clear_away(out.parent)
        with _locked(unfinished) as file:
            _remove(copy)
            try:
                with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_QUICK) as archive:
                    yield Writer(archive), copy
                file.flush()
                os.fsync(file.fileno())
                _give_name(unfinished, out)
            finally:
                unfinished.unlink(missing_ok=True)
                _remove(copy)
        _sync_folder(out.parent)
    except OSError as error:
        raise BackupError(
            f"{error.filename or out}: the back-up cannot be made, this cannot be read or written "
            f"({error.strerror or error})"
        ) from None


def _refuse_to_replace(out: Path) -> None:
    if os.path.lexists(out):
        raise BackupError(f"{out} exists; a back-up is never overwritten: choose another name")


def _give_name(unfinished: Path, out: Path) -> None:
    """Let the finished file appear: by a link, since a rename would replace what appeared there meanwhile."""
    try:
        os.link(unfinished, out)
    except FileExistsError:
        _refuse_to_replace(out)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _refuse_to_replace(out)
        unfinished.rename(out)


def _clear_away(folder: Path) -> None:
    """Remove what killed back-ups left in a folder; what another one is writing at this moment stays."""
    endings = (UNFINISHED, *(COPY + beside for beside in _BESIDE_SQLITE))
    left = [(file, ending) for file in folder.glob(".*") for ending in endings if file.name.endswith(ending)]
    for name in sorted({file.name.removesuffix(ending) for file, ending in left}):
        unfinished = folder / (name + UNFINISHED)
        with suppress(BackupError, OSError), _locked(unfinished):  # somebody else's may be beyond reach
            _remove(folder / (name + COPY))
            unfinished.unlink(missing_ok=True)


def _remove(database: Path) -> None:
    """Remove a copy of a database and what SQLite may have left beside it."""
    for beside in _BESIDE_SQLITE:
        database.with_name(database.name + beside).unlink(missing_ok=True)


@contextmanager
def _locked(unfinished: Path) -> Iterator[BinaryIO]:
    """Open the unfinished file, empty, for this process alone; the lock ends with the process, however that ends.

    Raises:
        BackupError: Another process has it.
    """
    while True:
        descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, OWNER_ONLY)
        with os.fdopen(descriptor, "r+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                name = unfinished.name.removeprefix(".").removesuffix(UNFINISHED)
                raise BackupError(f"another back-up is writing {name} at this moment") from None
            if not _is_at(unfinished, file):  # removed by its owner since it was opened: a lock on it keeps nobody off
                continue
            file.truncate()
            os.fchmod(file.fileno(), OWNER_ONLY)
            yield file
            return


def _is_at(path: Path, file: BinaryIO) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.lstat())
    except FileNotFoundError:
        return False


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Reader:
    """Reads a back-up part by part, and believes nothing that its hash does not confirm."""

    def __init__(self, archive: zipfile.ZipFile, path: Path) -> None:
        self._archive, self._path = archive, path
        self.manifest = read_manifest(self._content_of_manifest())
        extra = sorted(set(archive.namelist()) - {part.name for part in self.manifest.parts} - {MANIFEST})
        if extra:
            raise BackupError(f"{path}: {extra[0]} is damaged: the manifest does not know it")

    def _content_of_manifest(self) -> bytes:
        try:
            if self._archive.getinfo(MANIFEST).file_size > _MOST_MANIFEST_BYTES:
                raise ValueError
            return self._archive.read(MANIFEST)
        except KeyError:
            raise BackupError(f"{self._path}: {MANIFEST} is missing; this is no back-up of Earmark's") from None
        except _FAULTS:
            raise BackupError(f"{self._path}: {MANIFEST} is damaged") from None

    def unpack(self, part: Part, out: BinaryIO | None = None) -> None:
        """Read a part to its end, into a file or only to check it.

        Raises:
            BackupError: It is not what the manifest says.
            OSError: ``out`` cannot be written.
        """
        digest, length = hashlib.sha256(), 0
        for chunk in self._chunks(part):
            digest.update(chunk)
            length += len(chunk)
            if length > part.bytes:
                break
            if out is not None:
                out.write(chunk)
        if length != part.bytes or digest.hexdigest() != part.sha256:
            raise BackupError(f"{self._path}: {part.name} is damaged: it is not what was backed up")

    def _chunks(self, part: Part) -> Iterator[bytes]:
        try:
            with self._archive.open(part.name) as packed:
                while chunk := packed.read(_CHUNK):
                    yield chunk
        except KeyError:
            raise BackupError(f"{self._path}: {part.name} is missing") from None
        except _FAULTS:
            raise BackupError(f"{self._path}: {part.name} is damaged: it cannot be unpacked") from None


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """Open a back-up.

    Raises:
        BackupError: It cannot be opened, or its manifest is damaged.
    """
    try:
        archive = zipfile.ZipFile(path)
    except OSError as error:
        raise BackupError(f"{path}: cannot be opened ({error.strerror or error})") from None
    except _FAULTS:
        raise BackupError(f"{path}: this is no back-up, or its end is missing: it was not copied whole") from None
    with archive:
        yield Reader(archive, path)
