"""How much a request may send: told before any of it is read."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from app.web.errors import RequestError

MIB = 1 << 20


class TooLargeError(RequestError):
    """More was sent than is taken."""

    status = 413


class LengthNeededError(RequestError):
    """It is not told how much is sent."""

    status = 411


@dataclass(frozen=True)
class AtMost:
    """A dependency for routes that take more than a form: put it among the route's ``dependencies``, which come first.

    The server reads no more of a body than its Content-Length tells, so that a checked length bounds it.

    Raises:
        TooLargeError: The body is longer.
        LengthNeededError: It has no length.
    """

    size_bytes: int

    async def __call__(self, request: Request) -> None:
        """Refuse bodies that are too long."""
        require_length(request, self.size_bytes)


def require_length(request: Request, most_bytes: int) -> None:
    """Refuse a body that is too long, or that does not tell its length."""
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdecimal()):
        raise LengthNeededError("the upload does not tell how long it is")
    if int(length) > most_bytes:
        size = f"{most_bytes // MIB} MB" if most_bytes >= MIB else f"{most_bytes // 1024} kB"
        raise TooLargeError(f"this is too large: at most {size} are taken here")
