"""Comments on calls, their questions and moments. Rows are only ever added."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import Connection, select

from pipeline.records.comments import Comment
from pipeline.store.console_tables import comments
from pipeline.store.upsert import insert_new


def put_comment(connection: Connection, comment: Comment) -> bool:
    """Keep a comment and tell whether it was new; its call has been taken in."""
    return insert_new(connection, comments, asdict(comment))


def comments_of_call(connection: Connection, call_id: str) -> list[Comment]:
    """Return a call's comments, oldest first."""
    column = comments.c
    of_call = select(comments).where(column.call_id == call_id).order_by(column.written_at, column.comment_id)
    return [Comment(**row) for row in connection.execute(of_call).mappings()]
