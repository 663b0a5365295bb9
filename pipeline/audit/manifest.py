"""What a pack lists of itself: every file with its size and hash, and one hash over that list."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

from pydantic import TypeAdapter, ValidationError

from pipeline.canonical import to_json

SCHEME = "earmark-pack-1"
MANIFEST = "manifest.json"
MANIFEST_HASH = "manifest.sha256"
FILE_HASHES = "files.sha256"
_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class PackedFile:
    """A file of a pack; ``path`` has forward slashes and begins at the pack's root."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """Everything in a pack but the manifest and its hash.

    Attributes:
        made_at: UTC, ISO 8601.
        made_by: Version of Earmark.
        settings_sha256: Hash of the settings at the time of export that bear on results; None where unknown.
        notes: What is not in the pack, or not as it should be, in plain words.
        files: In order of their paths.
    """

    scheme: str
    made_at: str
    made_by: str
    calls: tuple[str, ...]
    settings_sha256: str | None
    notes: tuple[str, ...]
    files: tuple[PackedFile, ...]


def manifest_bytes(manifest: Manifest) -> bytes:
    """Return a manifest as it is written: canonical JSON, of which there is one form only."""
    return to_json(manifest).encode()


def read_manifest(content: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        ValueError: It is none, of another scheme, or not written as Earmark writes it.
    """
    try:
        manifest: Manifest = TypeAdapter(Manifest).validate_python(_plain(content))
    except (ValidationError, RecursionError):
        raise ValueError("it does not hold what a manifest holds") from None
    if manifest.scheme != SCHEME:
        raise ValueError("it was written by another version of Earmark, or not by Earmark")
    if manifest_bytes(manifest) != content:
        raise ValueError("it is not written as Earmark writes it")
    return manifest


def _plain(content: bytes) -> object:
    try:
        data = json.loads(content.decode("utf-8"))
    except ValueError:
        raise ValueError("it is no JSON") from None
    if isinstance(data, dict):  # pydantic reads lists into tuples only where it is not strict
        return data
    raise ValueError("it does not hold what a manifest holds")


def hash_line(sha256: str, path: str) -> str:
    """Return a line that ``sha256sum --check`` reads."""
    return f"{sha256}  {path}\n"


def hash_lines(files: Iterable[PackedFile]) -> str:
    """Return the lines of several files."""
    return "".join(hash_line(file.sha256, file.path) for file in files)


def file_hash(source: BinaryIO, *, most: int) -> tuple[str, int]:
    """Return SHA-256 (hex) and length of what is read; not more than one chunk beyond ``most`` bytes is read."""
    digest, length = hashlib.sha256(), 0
    while length <= most and (chunk := source.read(_CHUNK)):
        digest.update(chunk)
        length += len(chunk)
    return digest.hexdigest(), length
