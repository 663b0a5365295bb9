"""Ids by their beginnings: people copy the first characters."""

from __future__ import annotations

from sqlalchemy import Column, Connection, select

from pipeline.errors import NotFoundError

_AFTER_ANY = "\U0010ffff"  # sorts after every character, so that a prefix is a range of the index


def whole_id(connection: Connection, column: Column[str], given: str, *, what: str, listed_by: str) -> str:
    """Return the id that was meant.

    Args:
        connection: Where to read.
        column: The ids that there are.
        given: An id, or the beginning of one where only one begins so.
        what: What it is the id of, in the singular, such as ``dispute``.
        listed_by: The command that lists them.

    Raises:
        NotFoundError: There is none, or several begin so.
    """
    begins = select(column).where((column >= given) & (column <= given + _AFTER_ANY)).order_by(column).limit(2)
    ids = list(connection.scalars(begins)) if given else []
    if given in ids or len(ids) == 1:
        return ids[0]  # sorted: the whole id comes before longer ones
    if ids:
        raise NotFoundError(f"several {what}s have an id that begins with {given!r}; give more of it")
    raise NotFoundError(f"no {what} {given!r} in this workspace; `{listed_by}` shows those there are")
