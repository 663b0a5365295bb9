"""Filters of lists that people keep under a name. They are their own: nobody else sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from pipeline.errors import NotFoundError
from pipeline.store.console_tables import saved_views
from pipeline.store.upsert import insert_or_replace


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedView:
    """A list's filters.

    Attributes:
        page: Which list: ``queue`` or ``calls``.
        query: The filters as they stand in the address, without ``?``.
    """

    view_id: str
    user_id: str
    page: str
    name: str
    query: str
    created_at: datetime


def put_view(connection: Connection, view: SavedView) -> None:
    """Keep a view; one with the same id is replaced."""
    insert_or_replace(connection, saved_views, asdict(view))


def list_views(connection: Connection, user_id: str, page: str) -> Sequence[SavedView]:
    """Return somebody's views of a list, by name."""
    column = saved_views.c
    chosen = select(saved_views).where(column.user_id == user_id, column.page == page)
    rows = connection.execute(chosen.order_by(column.name, column.view_id)).mappings()
    return [SavedView(**row) for row in rows]


def delete_view(connection: Connection, user_id: str, view_id: str) -> SavedView:
    """Forget a view of somebody's own, and return what it was.

    Raises:
        NotFoundError: They have none of this id.
    """
    column = saved_views.c
    own = (column.user_id == user_id) & (column.view_id == view_id)
    row = connection.execute(select(saved_views).where(own)).mappings().first()
    if row is None:
        raise NotFoundError("you have no such view; it may be deleted already")
    connection.execute(delete(saved_views).where(own))
    return SavedView(**row)
