"""Paths as intake compares, passes on and asks about them.

The tests here never raise, unlike those of ``pathlib``, which do for a folder that may not be searched or a name that
is too long: one odd path must not stop a batch.
"""

from __future__ import annotations

import os
from pathlib import Path


def is_folder(path: Path) -> bool:
    """Tell whether there is a folder, also behind a link."""
    return os.path.isdir(path)  # noqa: PTH112


def is_file(path: Path) -> bool:
    """Tell whether there is a regular file, also behind a link."""
    return os.path.isfile(path)  # noqa: PTH113


def is_link(path: Path) -> bool:
    """Tell whether the path itself is a link."""
    return os.path.islink(path)  # noqa: PTH114


def resolved(path: Path) -> Path:
    """Return a path absolute and without links, as far as that can be told."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # RuntimeError: links in a circle
        return path.absolute()


def named_path(path: Path) -> Path:
    """Return a path made absolute with every link resolved but the last, so that the file keeps its own name."""
    return resolved(path.parent) / path.name if path.name not in ("", "..") else resolved(path)


def storable_path(path: Path) -> Path:
    r"""Return a path that is valid text: bytes that are no UTF-8 are written as ``\xNN``. No such file exists then."""
    return Path(os.fsencode(path).decode("utf-8", errors="backslashreplace"))


def read_at_most(path: Path, most_bytes: int) -> bytes:
    """Return what is in a small file. A sparse file may claim terabytes and take no room, until it is read.

    Raises:
        OSError: It cannot be opened.
        ValueError: It is larger; the message is the rest of a sentence about it.
    """
    with path.open("rb") as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise ValueError(f"is larger than {most_bytes >> 20} MB")
    return content
