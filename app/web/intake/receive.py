"""Take an upload from the network straight into the uploads folder, under a hidden name that no run looks at.

Starlette would keep it in the machine's temporary folder first, which may be small or in memory.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app.web.access.rights import MAY, Permission
from app.web.access.visitor import visitor_of
from app.web.errors import (
    BadRequestError,
    ForbiddenError,
    PasswordChangeNeededError,
    RequestError,
    SignInNeededError,
)
from app.web.site import Site, site_of

MOST_FILES = 50
MOST_FIELDS = 20
FORM_BYTES = 1_000_000
"""So much more than its files a form may be."""

ROOM_BYTES = 500_000_000
"""So much of the disk stays free: the database and reports need some."""

UNFINISHED = ".part"

_MB = 1_000_000


class TooLargeError(RequestError):
    """More is sent than may be uploaded."""

    status = 413

    def __init__(self, most_mb: int) -> None:
        super().__init__(
            f"a file may have {most_mb} MB, and so may all files of one form together: send them one after the other, "
            "or ask whoever runs Earmark to raise console.upload_mb"
        )


class NoRoomError(RequestError):
    """The disk is too full."""

    status = 507

    def __init__(self) -> None:
        super().__init__("there is not enough room on the server's disk for this file; ask whoever runs Earmark")


class LengthNeededError(RequestError):
    """Nobody knows how much is coming."""

    status = 411

    def __init__(self) -> None:
        super().__init__("say with Content-Length how much is sent")


async def receive_upload(request: Request) -> AsyncIterator[FormData]:
    """Give a form with files, which are gone afterwards; whoever asks for the form next gets it too.

    A dependency, which comes before `Needs` in a route.

    Nothing is read of somebody who may not add recordings, nor of more than may be sent or finds room.
    """
    site = site_of(request)
    visitor = await visitor_of(request)
    if visitor is None:
        raise SignInNeededError
    if visitor.user.temporary_password:
        raise PasswordChangeNeededError
    if Permission.INTAKE_ADD not in visitor.permissions:
        raise ForbiddenError(Permission.INTAKE_ADD, of_token=Permission.INTAKE_ADD in MAY[visitor.user.role])
    size = request.headers.get("content-length", "")
    if not size.isascii() or not size.isdigit():
        raise LengthNeededError
    most_mb = site.settings.console.upload_mb
    if int(size) > most_mb * _MB + FORM_BYTES:
        raise TooLargeError(most_mb)
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise BadRequestError("send a form with files (multipart/form-data)")
    folder = await run_in_threadpool(_folder_with_room, site, int(size))
    form = request._form = await _read(request, folder, most_mb * _MB, most_mb)
    try:
        yield form
    finally:
        await form.close()


def uploads_folder(site: Site) -> Path:
    """Return the folder of uploads, made where it is not there, for this user only."""
    folder = site.settings.uploads_dir.resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _folder_with_room(site: Site, size: int) -> Path:
    try:
        folder = uploads_folder(site)
        free = shutil.disk_usage(folder).free
    except OSError:
        raise NoRoomError from None
    if free < size + ROOM_BYTES:
        raise NoRoomError
    return folder


async def _read(request: Request, folder: Path, most_bytes: int, most_mb: int) -> FormData:
    parser = _IntoFolder(request, folder, most_bytes)
    try:
        return await parser.parse()
    except MultiPartException as error:
        raise BadRequestError(f"the form cannot be read: {error.message}") from None
    except _TooLongError:
        raise TooLargeError(most_mb) from None
    except OSError:
        raise NoRoomError from None


class _TooLongError(Exception):
    """A file has more bytes than it may have."""


class _IntoFolder(MultiPartParser):
    """A parser whose files lie in a folder, hidden; those that nobody takes away are gone when they are closed."""

    def __init__(self, request: Request, folder: Path, most_bytes: int) -> None:
        super().__init__(request.headers, request.stream(), max_files=MOST_FILES, max_fields=MOST_FIELDS)
        self._folder = folder
        self._most_bytes = most_bytes

    def on_headers_finished(self) -> None:
        """Begin a part."""
        super().on_headers_finished()
        part = self._current_part
        if part.file is not None:
            kept: Any = NamedTemporaryFile(dir=self._folder, prefix=".", suffix=UNFINISHED)  # noqa: SIM115
            self._files_to_close_on_error[-1].close()
            self._files_to_close_on_error[-1] = kept
            part.file = UploadFile(file=kept, size=0, filename=part.file.filename, headers=part.file.headers)

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """Take some of a part."""
        super().on_part_data(data, start, end)
        file = self._current_part.file
        if file is not None and (file.size or 0) + end - start > self._most_bytes:
            raise _TooLongError
