"""Numbers as addresses and forms say them: one reader, which never turns thousands of digits into a number."""

from __future__ import annotations

from collections.abc import Mapping

from app.web.errors import BadRequestError

_MOST_DIGITS = 9


def read_whole(text: str) -> int | None:
    """Return a whole number of digits only; None where it is none, or a far too long one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else None


def read_page(query: Mapping[str, str], *, most: int) -> int:
    """Return which page of a list an address asks for, from 1.

    Raises:
        BadRequestError: It is no number, or no such page.
    """
    page = read_whole(query.get("page", "").strip() or "1")
    if page is None or not 1 <= page <= most:
        raise BadRequestError("page: a number from 1 on")
    return page
