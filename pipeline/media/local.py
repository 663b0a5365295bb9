"""Local paths as intake compares, passes on and asks about them.

The tests here never raise, unlike those of ``pathlib``, which do for a folder that may not be searched or a name that
is too long: one odd path must not stop a batch.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
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


def files_under_folder(root: Path) -> Iterator[Path]:
    """Yield the files in a folder and below it, without hidden ones and without links that lead out of it.

    Links to folders are not followed: where they lead inside the folder, their files are found anyway. A folder that
    may not be searched is yielded itself.
    """
    root = root.resolve()
    barred: list[Path] = []
    for folder, subfolders, names in os.walk(root, onerror=lambda error: barred.append(Path(error.filename))):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            if not name.startswith(".") and (not is_link(file) or resolved(file).is_relative_to(root)):
                yield file
    yield from barred
