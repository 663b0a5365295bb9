"""Check a pack against its own list of hashes: no database, no workspace, nothing of it is unpacked or run."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipeline.audit import archive
from pipeline.audit.manifest import MANIFEST, MANIFEST_HASH, Manifest, file_hash, hash_line, read_manifest
from pipeline.errors import ConfigError, ReportError

MOST_MANIFEST_BYTES = 64 << 20
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True, slots=True)
class PackProblem:
    """One thing that is not as it was made.

    Attributes:
        code: ``missing``, ``extra``, ``changed``, ``manifest``, ``refused``, ``repacked``, ``unexpected`` or
            ``not_exported``.
        path: The file; empty where it is about the pack as a whole.
    """

    code: str
    path: str
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PackCheck:
    """What checking a pack found; ``problems`` is empty where it is whole.

    Attributes:
        hash: SHA-256 of its manifest, which stands for all of it; None where there is none.
        made_at: As the manifest says; None where it cannot be read.
        files: Files listed in the manifest.
    """

    problems: tuple[PackProblem, ...]
    hash: str | None = None
    made_at: str | None = None
    calls: tuple[str, ...] = ()
    files: int = 0


@dataclass(frozen=True)
class _Contents:
    """The files of a pack, wherever they are; ``size`` and ``open`` are asked only for names in ``names``."""

    names: frozenset[str]
    size: Callable[[str], int]
    open: Callable[[str], BinaryIO]


def verify_pack(path: Path, *, expect: str | None = None) -> PackCheck:
    """Check a pack and name everything that is missing, added or changed.

    Args:
        path: Its folder, or its zip.
        expect: The hash that was told when it was made. Without it, one who changed a pack and wrote a new list of
            hashes goes unnoticed.

    Raises:
        ConfigError: ``expect`` is no hash.
        ReportError: There is nothing at that path.
    """
    if expect is not None and not _HASH.fullmatch(expect := expect.strip().lower()):
        raise ConfigError("--expect takes the 64 characters (0-9, a-f) that `earmark audit pack` printed")
    if path.is_dir():
        names, problems = _walk(path)
        contents = _Contents(names, lambda n: (path / n).stat().st_size, lambda n: (path / n).open("rb"))
        return _check(contents, problems, expect)
    if not path.is_file():
        raise ReportError(f"{path}: there is no such pack")
    return _check_zip(path, expect)


def _check_zip(path: Path, expect: str | None) -> PackCheck:
    try:
        with zipfile.ZipFile(path) as opened:
            refused = archive.faults(opened, path.stat().st_size)
            if refused:
                return PackCheck(problems=tuple(PackProblem(code="refused", path=n, message=m) for n, m in refused))
            entries = {entry.filename: entry for entry in opened.infolist()}
            contents = _Contents(
                frozenset(entries),
                lambda name: entries[name].file_size,
                lambda name: opened.open(entries[name]),  # type: ignore[arg-type, return-value]
            )
            found = _check(contents, [], expect)
            if found.problems or archive.is_as_written(path, opened):
                return found
            message = (
                "its files are whole, but the archive around them is not as Earmark wrote it: it was packed anew, or "
                "changed where no file is. Unpack it and check the folder"
            )
            problem = PackProblem(code="repacked", path="", message=message)
            return PackCheck(
                problems=(problem,), hash=found.hash, made_at=found.made_at, calls=found.calls, files=found.files
            )
    except archive.FAULTS:
        message = "it is no zip that can be read whole: damaged, cut short, or something else"
        return PackCheck(problems=(PackProblem(code="refused", path="", message=message),))


def _walk(folder: Path) -> tuple[frozenset[str], list[PackProblem]]:
    """Return the paths of all plain files below a folder, and a problem for everything else."""
    names: set[str] = set()
    problems: list[PackProblem] = []
    below = [""]
    while below:
        prefix = below.pop()
        empty = True
        with os.scandir(folder / prefix) as entries:
            for entry in entries:
                empty, name = False, prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    below.append(f"{name}/")
                elif stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
                    names.add(name)
                else:
                    what = "a link" if entry.is_symlink() else "no plain file"
                    message = f"is {what}; a pack holds plain files only"
                    problems.append(PackProblem(code="refused", path=_shown(name), message=message))
        if empty:
            what = "the folder is empty" if not prefix else "is a folder that does not belong to the pack"
            problems.append(PackProblem(code="extra", path=_shown(prefix), message=what))
    return frozenset(names), problems


def _check(contents: _Contents, problems: list[PackProblem], expect: str | None) -> PackCheck:
    if MANIFEST not in contents.names:
        message = "is missing: this is no pack of Earmark's, or not all of it"
        return PackCheck(problems=(*problems, PackProblem(code="missing", path=MANIFEST, message=message)))
    with _as_problem(problems, MANIFEST), contents.open(MANIFEST) as source:
        content = source.read(MOST_MANIFEST_BYTES + 1)
    if problems and problems[-1].path == MANIFEST:
        return PackCheck(problems=tuple(problems))
    pack_hash = hashlib.sha256(content).hexdigest()
    if expect is not None and pack_hash != expect:
        message = f"this pack has the hash {pack_hash}, not the one that was told when it was made"
        problems.append(PackProblem(code="unexpected", path="", message=message))
    _check_manifest_hash(contents, pack_hash, problems)
    try:
        if len(content) > MOST_MANIFEST_BYTES:
            raise ValueError("it is too long")
        manifest = read_manifest(content)
    except ValueError as error:
        problems.append(PackProblem(code="manifest", path=MANIFEST, message=str(error)))
        return PackCheck(problems=tuple(problems), hash=pack_hash)
    problems += _file_problems(contents, manifest)
    return PackCheck(
        problems=tuple(problems),
        hash=pack_hash,
        made_at=manifest.made_at,
        calls=manifest.calls,
        files=len(manifest.files),
    )


def _check_manifest_hash(contents: _Contents, pack_hash: str, problems: list[PackProblem]) -> None:
    if MANIFEST_HASH not in contents.names:
        problems.append(PackProblem(code="missing", path=MANIFEST_HASH, message="is missing"))
        return
    wanted = hash_line(pack_hash, MANIFEST).encode()
    with _as_problem(problems, MANIFEST_HASH), contents.open(MANIFEST_HASH) as source:
        if source.read(len(wanted) + 1) != wanted:
            message = f"does not hold the hash of {MANIFEST}: one of the two was changed"
            problems.append(PackProblem(code="changed", path=MANIFEST_HASH, message=message))


def _file_problems(contents: _Contents, manifest: Manifest) -> Iterator[PackProblem]:
    listed = {file.path: file for file in manifest.files}
    if len(listed) != len(manifest.files):
        yield PackProblem(code="manifest", path=MANIFEST, message="it lists a file twice")
    by_hash = {file.sha256: file.path for file in manifest.files}
    for path, file in sorted(listed.items()):
        if path not in contents.names:
            yield PackProblem(code="missing", path=_shown(path), message="is missing")
            continue
        found: list[PackProblem] = []
        with _as_problem(found, path), contents.open(path) as source:
            sha256, length = file_hash(source, most=max(file.bytes, contents.size(path)))
            if (sha256, length) != (file.sha256, file.bytes):
                other = by_hash.get(sha256)
                message = f"was changed: it holds what {_shown(other)} should hold" if other else "was changed"
                found.append(PackProblem(code="changed", path=_shown(path), message=message))
        yield from found
    for path in sorted(contents.names - listed.keys() - {MANIFEST, MANIFEST_HASH}):
        yield PackProblem(code="extra", path=_shown(path), message="does not belong to the pack")


@contextmanager
def _as_problem(problems: list[PackProblem], path: str) -> Iterator[None]:
    try:
        yield
    except archive.FAULTS:
        problems.append(PackProblem(code="changed", path=_shown(path), message="cannot be read"))


def _shown(path: str) -> str:
    """Return a file's name that can be printed, whatever bytes it has."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
