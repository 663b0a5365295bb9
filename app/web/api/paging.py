"""Long lists in pages: each page tells an opaque cursor, from which the next goes on whatever came in between."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field

from app.web.days import FIRST_YEAR, LAST_YEAR
from app.web.errors import BadRequestError

Item = TypeVar("Item")
Key = tuple[Any, ...]

MOST = 200


class Page(BaseModel, Generic[Item]):
    """A part of a list."""

    items: list[Item]
    next: str | None = Field(
        default=None, description="Give it as `cursor` to get what comes after; null at the end. Also in `Link`."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Paging:
    """Which part of a list is asked for.

    Attributes:
        after: The sort key of the last item of the page before; None for the first page.
    """

    limit: int
    after: Key | None
    address: str

    def page(
        self, found: Sequence[Any], key_of: Callable[[Any], Key], response: Response
    ) -> tuple[Sequence[Any], str | None]:
        """Cut what was found, at most one more than asked for, and tell where the next page begins.

        Args:
            found: ``limit + 1`` items at most: the last one says only that there are more.
            key_of: Gives an item's sort key.
            response: Gets the Link header.
        """
        if len(found) <= self.limit:
            return found, None
        shown = found[: self.limit]
        cursor = write_cursor(key_of(shown[-1]))
        self.link(cursor, response)
        return shown, cursor

    def link(self, cursor: str, response: Response) -> None:
        """Lead from a page to the next."""
        response.headers["Link"] = f'<{self.address}cursor={cursor}>; rel="next"'


def paging(
    request: Request,
    cursor: Annotated[
        str | None, Query(max_length=2000, description="`next` of the page before; none for the first page.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="At most so many.")] = 50,
) -> Paging:
    """Read which part of a list is asked for."""
    others = request.url.remove_query_params("cursor")
    address = str(others) + ("&" if others.query else "?")
    return Paging(limit=limit, after=None if cursor is None else read_cursor(cursor), address=address)


Paged = Annotated[Paging, Depends(paging)]


def write_cursor(key: Key) -> str:
    """Return a sort key as a cursor."""
    told = [[part.astimezone(UTC).isoformat()] if isinstance(part, datetime) else part for part in key]
    return base64.urlsafe_b64encode(json.dumps(told, separators=(",", ":")).encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> Key:
    """Return the sort key of a cursor.

    Raises:
        BadRequestError: It is none.
    """
    try:
        told = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        if not isinstance(told, list) or not told or len(told) > 4:
            raise ValueError
        return tuple(_part(each) for each in told)
    except (ValueError, TypeError, binascii.Error, UnicodeDecodeError, RecursionError):
        raise BadRequestError("cursor: give the `next` of the page before, unchanged") from None


def require_kinds(key: Key | None, *kinds: type | tuple[type, ...]) -> Key | None:
    """Refuse a cursor of another list.

    Raises:
        BadRequestError: Its parts are not of these kinds.
    """
    if key is not None and (
        len(key) != len(kinds) or not all(isinstance(part, kind) for part, kind in zip(key, kinds, strict=True))
    ):
        raise BadRequestError("cursor: give the `next` of the page before of this same list")
    return key


def _part(told: Any) -> Any:
    if isinstance(told, list):
        (text,) = told
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise ValueError
        return moment
    if isinstance(told, str) and "\x00" not in told and told.isprintable():
        return told
    if told is None or (isinstance(told, (int, float)) and abs(told) < 2**31):
        return told
    raise ValueError
