"""A recording opened as a stream that can be sought in, wherever it lies; no more of it in memory than a few blocks."""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, cast

from pipeline.at_rest.files import unsealed
from pipeline.at_rest.in_use import keys_in_use
from pipeline.errors import MediaAwayError
from pipeline.media.inside import OutsideError, leads_outside
from pipeline.media.place import Place, RemotePath
from pipeline.media.servers import path_of, server_of, telling

BLOCK_BYTES = 1 << 20
"""Read ahead from a server in one go: at telephone quality a minute of sound, so that few requests are made."""


class NoFileError(OSError):
    """What lies there is no file that could be read: a folder, or a pipe."""

    def __init__(self, *, is_folder: bool) -> None:
        self.is_folder = is_folder
        super().__init__("a folder" if is_folder else "no regular file")


class ChangedError(OSError):
    """The object was written anew while it was read."""


class OpenMedia:
    """An open recording.

    Attributes:
        file: The stream; of a sealed recording, as it was before.
        size_bytes: How much there is to read.
    """

    def __init__(self, stored: BinaryIO, source: _RemoteStream | None = None) -> None:
        self.file, self._source = unsealed(stored, keys_in_use()), source
        self.size_bytes = self.file.seek(0, os.SEEK_END)
        self.file.seek(0)

    def check(self) -> None:
        """Raise what reading failed of; a decoder takes a source that broke off for the end of the recording.

        Raises:
            MediaAwayError: The source broke off.
            ChangedError: The object was written anew.
        """
        if self._source is not None and self._source.failure is not None:
            raise self._source.failure


@contextmanager
def open_media(place: Place, within: Place | None = None) -> Iterator[OpenMedia]:
    """Open a recording for reading.

    Args:
        place: Where it lies.
        within: The folder in which it was found, which no link may leave; None where it was named by itself.

    Raises:
        OutsideError: It is a link that leads out of the folder.
        NoFileError: There is something else in its place.
        FileNotFoundError: There is nothing in its place.
        OSError: The system's own; of local files.
        MediaAwayError: Its server cannot be reached.
        SealedError: It is sealed, and its key is not at hand.
    """
    if within is not None and leads_outside(place, within):
        raise OutsideError
    if not isinstance(place, RemotePath):
        status = place.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for ever
            raise NoFileError(is_folder=stat.S_ISDIR(status.st_mode))
        with place.open("rb") as file:
            yield OpenMedia(file)
        return
    if place.leads_out():
        raise FileNotFoundError
    with telling(place):
        server = server_of(place)
        server.invalidate_cache()
        info = server.info(path_of(place))
        if info["type"] == "directory":
            raise NoFileError(is_folder=True)
        options = {} if place.scheme == "sftp" else {"cache_type": "readahead"}
        opened = server.open(path_of(place), "rb", block_size=BLOCK_BYTES, **options)
    size_bytes = int(info.get("size") or 0)
    stream = _RemoteStream(place, opened, size_bytes)
    try:
        if info.get("size") is None or not stream.seekable():
            raise MediaAwayError(
                f"{place.scheme}://{place.host} sends files as a whole only; a server of recordings has to send ranges"
            )
        yield OpenMedia(cast(BinaryIO, io.BufferedReader(stream, BLOCK_BYTES)), stream)
    finally:
        stream.close()


def read_small(place: Place, most_bytes: int = 64 << 20, *, within: Place | None = None) -> bytes:
    """Return a small file beside recordings, such as a manifest. A sparse one may claim terabytes and take no room.

    Args:
        place: Where it lies.
        most_bytes: How large it may be.
        within: The folder that no link may leave; None: its own.

    Raises:
        OutsideError: It is a link that leads out of the folder.
        OSError: There is no such file, or it cannot be read.
        ValueError: It is larger; the message is the rest of a sentence about it.
        MediaAwayError: Its server cannot be reached.
        SealedError: It is sealed, and its key is not at hand.
    """
    with open_media(place, within or place.parent) as media:
        data = media.file.read(most_bytes + 1)
        media.check()
    if len(data) > most_bytes:
        raise ValueError(f"is larger than {most_bytes >> 20} MB")
    return data


class _RemoteStream(io.RawIOBase):
    """A stream of fsspec's that remembers how reading failed."""

    def __init__(self, place: RemotePath, opened: Any, size_bytes: int) -> None:
        super().__init__()
        self._place, self._opened = place, opened
        self._size_bytes, self._at = size_bytes, 0
        self.failure: MediaAwayError | ChangedError | None = None

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Tell whether the server sends parts of a file."""
        return bool(self._opened.seekable())

    def seek(self, offset: int, whence: int = 0) -> int:
        """Return the new position; ValueError where there is none such, which not every provider's stream notices."""
        start = {0: 0, 1: self._at, 2: self._size_bytes}
        if whence not in start or start[whence] + offset < 0:
            raise ValueError("there is no such position")
        self._at = start[whence] + offset
        return self._at

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer from where the stream stands; a source that broke off ends there, and `OpenMedia.check` tells.

        To raise would make PyAV print a traceback for every read that a decoder tries after that.
        """
        if self.failure is None:
            try:
                with telling(self._place):
                    if self._opened.tell() != self._at:
                        self._opened.seek(self._at)
                    data = self._opened.read(len(buffer))
                buffer[: len(data)] = data
                self._at += len(data)
                return len(data)
            except FileNotFoundError:
                self.failure = ChangedError("the object is gone")
            except MediaAwayError as error:
                cause = error.__context__
                of_old = isinstance(cause, OSError) and cause.errno == errno.EBUSY  # so s3fs tells of a new version
                self.failure = ChangedError("the object was written anew") if of_old else error
        return 0

    def close(self) -> None:
        """Close the stream; what a broken connection says to that is of no use to anybody."""
        if not self.closed:
            with suppress(MediaAwayError, OSError), telling(self._place):
                self._opened.close()
            super().close()
