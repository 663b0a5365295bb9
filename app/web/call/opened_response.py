"""Hand out a file that is opened on its way, whole or the range that was asked for; Starlette can do plain ones."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from fastapi import Request
from starlette.responses import Response, StreamingResponse

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_BLOCK_BYTES = 64 * 1024


def opened_response(request: Request, file: BinaryIO, *, media_type: str, headers: Mapping[str, str]) -> Response:
    """Return a response with what a file holds; the file is closed when it was sent.

    Args:
        request: Its ``Range`` is followed where it is one range, and ``If-Range`` names this ``ETag``.
        file: To be read and sought in.
        media_type: Its kind.
        headers: With an ``ETag``.
    """
    size = file.seek(0, os.SEEK_END)
    asked = request.headers.get("range", "")
    if request.headers.get("if-range", headers["ETag"]) != headers["ETag"]:
        asked = ""
    told = {**headers, "Accept-Ranges": "bytes"}
    first, last = 0, size - 1
    status = 200
    if named := _RANGE.fullmatch(asked.strip()):
        found = _bounds(named[1], named[2], size)
        if found is None:
            file.close()
            return Response(status_code=416, headers={**told, "Content-Range": f"bytes */{size}"})
        (first, last), status = found, 206
        told["Content-Range"] = f"bytes {first}-{last}/{size}"
    told["Content-Length"] = str(last - first + 1)
    return StreamingResponse(_blocks(file, first, last), status_code=status, media_type=media_type, headers=told)


def _bounds(first: str, last: str, size: int) -> tuple[int, int] | None:
    """Return the first and last byte of a range; None where there is nothing in it."""
    if not first:
        count = int(last) if last else 0
        found = max(size - count, 0), size - 1
        return found if count and size else None
    bounds = int(first), min(int(last), size - 1) if last else size - 1
    return bounds if bounds[0] <= bounds[1] else None


def _blocks(file: BinaryIO, first: int, last: int) -> Iterator[bytes]:
    with file:
        file.seek(first)
        left = last - first + 1
        while left and (block := file.read(min(left, _BLOCK_BYTES))):
            left -= len(block)
            yield block
