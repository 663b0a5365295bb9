"""A hidden folder beside the place where something is to appear whole. What a killed process left there is removed.

A process that is killed outright cannot tidy up, and what it leaves holds words and sound of calls. So the folder is
locked while its process lives, and whoever next writes to the same place removes those that nobody holds any more.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has none: there, what is left over stays
    fcntl = None  # type: ignore[assignment]


@contextmanager
def staging_folder(out: Path) -> Iterator[Path]:
    """Give a folder of its owner's alone on the disk where ``out`` will be; gone, with what is in it, afterwards.

    Raises:
        OSError: It cannot be made.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{out.name}."
    for left in out.parent.iterdir():
        if left.name.startswith(prefix) and left.is_dir() and not left.is_symlink():
            _remove_unless_held(left)
    work = Path(tempfile.mkdtemp(dir=out.parent, prefix=prefix))
    held = os.open(work, os.O_RDONLY) if fcntl else None
    try:
        if held is not None:
            with suppress(OSError):  # a file system without locks
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if held is not None:
            os.close(held)


def _remove_unless_held(folder: Path) -> None:
    if fcntl is None:
        return
    with suppress(OSError):  # somebody is at work in it, or it is not ours
        taken = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(taken, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(taken)
