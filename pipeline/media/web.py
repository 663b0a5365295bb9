"""Web servers as fsspec and aiohttp speak to them, so that none gets hold of this machine.

A server that sends on to another address is not followed: that may be one inside the house. One that sends more than it
was asked for, without end or a byte every other second, is left.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import aiohttp

ANSWER_S = 60
"""Within so much time an answer is there whole: a page of a list, or a block of a recording at 35 kB a second."""

MOST_PAGE_BYTES = 8 << 20
"""A page with links to 80,000 recordings has as much."""

_RANGE = re.compile(r"bytes=(\d+)-(\d+)")


class TooMuchError(aiohttp.ClientError):
    """More is sent than was asked for."""


class BoundedResponse(aiohttp.ClientResponse):
    """An answer of which no more is read than was asked for."""

    async def read(self) -> bytes:
        """Return the body.

        Raises:
            TooMuchError: It is longer than the range that was asked for, or than a page of a list may be.
        """
        most_bytes = _asked_bytes(self.request_info.headers)
        read = bytearray()
        async for some in self.content.iter_any():
            read += some
            if len(read) > most_bytes:
                self.close()
                raise TooMuchError
        return bytes(read)


def web_options(*, connect_s: float, read_s: float) -> dict[str, Any]:
    """Return what fsspec's file system of web servers is made with.

    Args:
        connect_s: Within so much time a connection stands, in seconds.
        read_s: Within so much time something comes, in seconds.
    """
    tracing = aiohttp.TraceConfig()
    tracing.on_request_redirect.append(_refuse)
    timeout = aiohttp.ClientTimeout(total=ANSWER_S, sock_connect=connect_s, sock_read=read_s)
    client = {"trace_configs": [tracing], "timeout": timeout, "response_class": BoundedResponse}
    return {"encoded": True, "client_kwargs": client}


async def _refuse(*_: Any) -> None:
    raise OSError("the server sends on to another address")


def _asked_bytes(headers: Mapping[str, str]) -> int:
    asked = _RANGE.fullmatch(headers.get("Range", ""))
    return int(asked[2]) - int(asked[1]) + 1 if asked else MOST_PAGE_BYTES
