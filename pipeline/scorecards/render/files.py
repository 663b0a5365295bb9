"""Where report files go: names that stay inside their folder, and files that are whole or not there."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pipeline.errors import ReportError

_CLEAN = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
_LIKE_HASHED = re.compile(r".*-[0-9a-f]{16}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?")  # Windows gives these names to devices


def is_file(out: Path, suffix: str) -> bool:
    """Tell whether a report goes into one file (``out`` ends with the format's suffix) rather than into a folder."""
    return out.suffix.lower() == suffix


def safe_name(identifier: str) -> str:
    """Return a file name (without suffix) for an identifier; different identifiers get different names.

    Plain identifiers stay as they are; others are spelled in plain characters and get a hash, so that ``a/b``, ``A-B``
    and ``../a`` neither leave the folder nor meet in one file, also where a file system ignores case.
    """
    plain = _CLEAN.fullmatch(identifier) and not _LIKE_HASHED.fullmatch(identifier)
    if plain and not _RESERVED.fullmatch(identifier) and not identifier.endswith("."):
        return identifier
    ascii_only = unicodedata.normalize("NFKD", identifier).encode("ascii", "ignore").decode().lower()
    readable = re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:40] or "x"
    digest = hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{readable}-{digest}"


def write_files(files: Mapping[Path, str | bytes]) -> list[Path]:
    """Write each text or file whole or not at all, and return the paths.

    Each is written beside its place and moved there when it is safely on disk: a full disk or a kill leaves the file
    that was there before, never half a file.

    Raises:
        ReportError: A file cannot be written; says which and why.
    """
    for path, content in files.items():
        part = path.with_name(f".{secrets.token_hex(8)}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("xb") as handle:
                handle.write(content.encode("utf-8") if isinstance(content, str) else content)
                handle.flush()
                os.fsync(handle.fileno())
            part.replace(path)
        except BaseException as error:
            with suppress(OSError):
                part.unlink()
            if isinstance(error, OSError):
                raise ReportError(f"{path}: cannot write the report: {error.strerror or error}") from error
            raise
    return list(files)
