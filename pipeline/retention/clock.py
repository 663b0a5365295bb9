"""Doubt a clock that would delete calls too early: they cannot be brought back."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from pipeline.store.old_calls import newest_known

AHEAD_OF_SERVER = timedelta(days=1)
"""Policies count whole days; clocks that are kept right differ by seconds."""

IDLE = timedelta(days=90)
"""Nobody calls, signs in or deletes for longer than that where Earmark is in use: then it is the clock that jumped."""

_NOTHING_DELETED = (
    "so nothing that is due was deleted; put the clock right, or run `earmark retention apply --clock-is-right` once"
)


def clock_doubt(connection: Connection, now: datetime) -> str | None:
    """Return in words why this machine's clock seems to be ahead; None where nothing speaks against it.

    Args:
        connection: To the database, whose server has a clock of its own on PostgreSQL.
        now: What this machine's clock says.
    """
    if connection.dialect.name == "postgresql":
        server: datetime = connection.scalars(select(func.now())).one()
        if now - server > AHEAD_OF_SERVER:
            told = f"this machine's clock says {now:%Y-%m-%d}, the database server's {server:%Y-%m-%d}"
            return f"{told}: {_NOTHING_DELETED}"
    newest = newest_known(connection)
    if newest is not None and now - newest > IDLE:
        return (
            f"this machine's clock says {now:%Y-%m-%d}, and the newest call or entry of the audit log is of "
            f"{newest:%Y-%m-%d}, more than {IDLE.days} days before: {_NOTHING_DELETED}"
        )
    return None
