"""A file that is about to be replaced by itself, sealed or opened: nobody may be writing it, and its owner stays."""

from __future__ import annotations

import errno
import os
import signal
import sys
from pathlib import Path
from typing import BinaryIO

if sys.platform == "linux":
    import fcntl

_WRITTEN = "it is being written; try again when it is whole"
_OWNER = "its owner and group cannot be kept; do it as its owner or as root"


class Original:
    """A file as it is when it begins to be read, in order to be replaced.

    Args:
        file: Open, and not read yet.
        path: Its place.

    Raises:
        OSError: Somebody has it open for writing.
    """

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file, self._path, self._facts = file, path, os.fstat(file.fileno())
        self.require_still()

    def require_still(self) -> None:
        """Make sure that it is what it was: what came since would be lost.

        Raises:
            OSError: It was changed or replaced since, or somebody has it open for writing.
        """
        now = self._path.stat()
        if _told(now) != _told(self._facts) or is_open_for_writing(self._file):
            raise OSError(errno.EBUSY, _WRITTEN)

    def give_owner(self, other: Path) -> None:
        """Give another file its owner and group: else who has read the recording so far could not read it any more.

        Raises:
            OSError: This process may not.
        """
        wanted, has = (self._facts.st_uid, self._facts.st_gid), other.stat()
        if (has.st_uid, has.st_gid) == wanted:
            return
        try:
            os.chown(other, *wanted)
        except PermissionError:
            raise OSError(errno.EPERM, _OWNER) from None


def is_open_for_writing(file: BinaryIO) -> bool:
    """Tell whether anybody on this machine has a file open for writing; False also where that cannot be told.

    Linux grants a read lease on a file only while nobody has. It cannot be told on other systems, on many network file
    systems, and of files of others unless by root.
    """
    if sys.platform != "linux":
        return False
    try:
        # who opens it meanwhile has this process told by a signal: by one that is ignored, since SIGIO would end it
        fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


def _told(facts: os.stat_result) -> tuple[int, int, int, int]:
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns
