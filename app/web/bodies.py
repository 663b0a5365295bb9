"""How much an upload may send: told before any of it is read. `app.web.limits` bounds everything else."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from app.web.errors import BodyTooLargeError, RequestError

MIB = 1 << 20


class LengthNeededError(RequestError):
    """It is not told how much is sent."""

    status = 411

    def __init__(self) -> None:
        super().__init__("the upload does not tell how long it is")


@dataclass(frozen=True)
class AtMost:
    """A dependency for routes that take more than a form: put it among the route's ``dependencies``, which come first.

    The server reads no more of a body than its Content-Length tells, so that a checked length bounds it.

    Raises:
        BodyTooLargeError: The body is longer.
        LengthNeededError: It has no length.
    """

    size_bytes: int

    async def __call__(self, request: Request) -> None:
        """Refuse bodies that are too long."""
        length = request.headers.get("content-length", "")
        if not (length.isascii() and length.isdecimal()):
            raise LengthNeededError
        if int(length) > self.size_bytes:
            raise BodyTooLargeError(self.size_bytes)
