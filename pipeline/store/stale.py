"""Which calls' overviews are to be made anew: whatever changes a call notes it here, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, select

from pipeline.store.console_tables import call_overview_flags, call_overviews, stale_overviews
from pipeline.store.tables import recordings
from pipeline.store.upsert import insert_statement
from pipeline.store.wanted_calls import in_batches


def mark_stale(connection: Connection, call_ids: Iterable[str]) -> None:
    """Note that calls have changed. Every function that writes what a list shows of a call calls this.

    A call that is noted already is noted anew, so that this transaction holds it until it ends: somebody who brings
    overviews up to date meanwhile would miss what is not committed yet, and take the note away.
    """
    rows = [{"call_id": call_id} for call_id in sorted(set(call_ids))]  # two writers wait for each other only one way
    if not rows:
        return
    statement = insert_statement(connection, stale_overviews)
    noted = statement.on_conflict_do_update(index_elements=["call_id"], set_={"call_id": statement.excluded.call_id})
    connection.execute(noted, rows)


def mark_all_stale(connection: Connection) -> None:
    """Note every call: all overviews are made from nothing."""
    mark_stale(connection, connection.scalars(select(recordings.c.call_id)))


def mark_judged_by_figures(connection: Connection) -> None:
    """Note the calls whose place in the queue hangs on the settings of flags: people lifted a figure of theirs."""
    call, flag = call_overviews.c, call_overview_flags.c
    by_figure = select(flag.call_id).where(flag.code.in_(("low_score", "little_assessed")))
    mark_stale(connection, connection.scalars(select(call.call_id).where(call.reviewed, call.call_id.in_(by_figure))))


def is_stale(connection: Connection) -> bool:
    """Tell whether any overview is to be made anew."""
    return connection.execute(select(stale_overviews.c.call_id).limit(1)).first() is not None


def take_stale(connection: Connection, *, most: int, first: Sequence[str] = ()) -> list[str]:
    """Take some of the notes away and return their calls: the caller makes their overviews in this transaction.

    What another transaction holds is left to it, or to the next time.

    Args:
        connection: A transaction that writes.
        most: At most so many.
        first: Only these, where any of them is noted; without, or where none is, any.
    """
    column = stale_overviews.c.call_id
    chosen = select(column).order_by(column).limit(most).with_for_update(skip_locked=True)
    taken: list[str] = []
    for some in in_batches(list(first)[:most]):
        held = select(column).where(column.in_(some)).with_for_update(skip_locked=True)
        taken += connection.scalars(delete(stale_overviews).where(column.in_(held)).returning(column))
    if not taken:
        taken += connection.scalars(delete(stale_overviews).where(column.in_(chosen)).returning(column))
    return sorted(taken)
