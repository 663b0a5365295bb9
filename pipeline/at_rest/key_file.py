"""A new file with a key: there whole or not at all, for its user only, and never in the place of another one."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

_ONLY_MINE = 0o600


def write_key(out: Path, key: str) -> None:
    """Write a key into a new file. When this returns the key is on the disk: what it seals can be read after a crash.

    Raises:
        FileExistsError: Something is there already.
        OSError: It cannot be written; then nothing of it stays.
    """
    unfinished = out.with_name(f".{out.name}.{secrets.token_hex(8)}.part")
    try:
        with open(unfinished, "x", encoding="ascii", opener=lambda name, how: os.open(name, how, _ONLY_MINE)) as file:
            file.write(f"{key}\n")
            file.flush()
            os.fsync(file.fileno())
        _give_name(unfinished, out)
    finally:
        with suppress(OSError):
            unfinished.unlink()
    with suppress(OSError):  # not every file system can: the name may then be lost with the power
        _sync_folder(out.parent)


def _give_name(unfinished: Path, out: Path) -> None:
    try:
        os.link(unfinished, out)  # a rename would write over what is there
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if os.path.lexists(out):
            raise FileExistsError(out) from None
        unfinished.replace(out)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
