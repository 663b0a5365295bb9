"""What search looks in: each turn of each call's current transcript, words folded as `search_words` makes them.

SQLite keeps turns in an FTS5 table, PostgreSQL in one with a tsvector; both are called ``turn_index``, are made by a
migration and stand in no metadata. A turn's key there is made of its call's number, so that no column has to name the
call, and all turns of a call lie together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, text

from pipeline.errors import StoreError
from pipeline.records import FactKeys, Role, Turn
from pipeline.store.console_tables import INDEXES_OF_POSTGRESQL, searchable_calls, stale_searches
from pipeline.store.payload import read_payload
from pipeline.store.sealed import is_sealing
from pipeline.store.search_words import search_words
from pipeline.store.stored_transcript import read_transcript
from pipeline.store.tables import current_scores, recordings, scores, steps
from pipeline.store.upsert import insert_statement
from pipeline.store.wanted_calls import in_batches

TURN_INDEX = "turn_index"
TURN_BITS = 13
LAST_TURN = 2**TURN_BITS - 1
"""Calls have some hundred turns; what lies behind this one is searched as part of it."""

_WEIGHTS = {"agent": "A", "customer": "B", "others": "D"}


def is_in_metadata(name: str | None, kind: str, _parents: Any = None) -> bool:
    """Tell whether a table or an index is one that metadata describe; for Alembic's ``include_name``.

    The index of turns is not, nor are the tables that FTS5 makes behind it, and indexes of PostgreSQL alone.
    """
    if kind == "index":
        return name not in INDEXES_OF_POSTGRESQL
    return kind != "table" or name is None or not (name == TURN_INDEX or name.startswith(f"{TURN_INDEX}_"))


def mark_unsearched(connection: Connection, call_ids: Iterable[str]) -> None:
    """Note calls whose transcript or time may be another now, in the transaction that made it so.

    As in `pipeline.store.stale`, one that is noted already is noted anew: a reader that is at it waits.
    """
    rows = [{"call_id": call_id} for call_id in sorted(set(call_ids))]
    if rows:
        statement = insert_statement(connection, stale_searches)
        same = {"call_id": statement.excluded.call_id}
        connection.execute(statement.on_conflict_do_update(index_elements=["call_id"], set_=same), rows)


def unsearched_count(connection: Connection) -> int:
    """Return how many calls search does not know yet, or not as they are."""
    return connection.scalar(select(func.count()).select_from(stale_searches)) or 0


def index_some(connection: Connection, *, most: int) -> int:
    """Bring the index up to date with some of the calls that are noted; return how many were looked at.

    Args:
        connection: A transaction that writes.
        most: At most so many.
    """
    column = stale_searches.c.call_id
    chosen = select(column).order_by(column).limit(most).with_for_update(skip_locked=True)
    taken = list(connection.scalars(delete(stale_searches).where(column.in_(chosen)).returning(column)))
    if taken and is_sealing(connection):  # an index of words is the transcript: there is none beside sealed ones
        _drop(connection, sorted(taken))
    elif taken:
        _bring_up_to_date(connection, sorted(taken))
    return len(taken)


def forget_call(connection: Connection, call_id: str) -> None:
    """Take a call out of the index, so that it can be deleted."""
    connection.execute(delete(stale_searches).where(stale_searches.c.call_id == call_id))
    _drop(connection, [call_id])


def forget_all(connection: Connection) -> int:
    """Empty the index and note every scored call, to make it from nothing; return how many are noted."""
    if connection.dialect.name == "sqlite":  # to delete row by row would take as long as to write them
        made_by = connection.scalar(text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": TURN_INDEX})
        connection.exec_driver_sql(f"DROP TABLE {TURN_INDEX}")
        connection.exec_driver_sql(str(made_by))
    else:
        connection.exec_driver_sql(f"TRUNCATE {TURN_INDEX}")
    connection.execute(delete(searchable_calls))
    connection.execute(delete(stale_searches))
    connection.execute(insert(stale_searches).from_select(["call_id"], select(current_scores.c.call_id)))
    return unsearched_count(connection)


def settle_index(connection: Connection) -> None:
    """Have the database put its index in order after much was written; PostgreSQL also counts what is in it."""
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"INSERT INTO {TURN_INDEX} ({TURN_INDEX}) VALUES ('optimize')"))  # noqa: S608
    else:
        connection.execute(text(f"ANALYZE {TURN_INDEX}"))
        connection.execute(text("ANALYZE searchable_calls"))


def _bring_up_to_date(connection: Connection, call_ids: Sequence[str]) -> None:
    known = {row.call_id: row for row in _rows(connection, searchable_calls, call_ids)}
    statement = (
        select(recordings, steps.c.payload, scores.c.facts_key)
        .join(current_scores, current_scores.c.call_id == recordings.c.call_id)
        .join(scores, scores.c.score_id == current_scores.c.score_id)
        .outerjoin(steps, steps.c.key == scores.c.facts_key)
        .where(recordings.c.call_id.in_(call_ids))
    )
    wanted: dict[str, dict[str, Any]] = {}
    for row in connection.execute(statement):
        key = _transcript_key(row)
        if key is not None:
            wanted[row.call_id] = {
                "call_id": row.call_id,
                "transcript_key": key,
                "started_s": int(row.started_at.timestamp()) if row.started_at else 0,
                "agent_id": row.agent_id,
                "team": row.team,
                "queue": row.queue,
            }
    same = {
        call_id
        for call_id, values in wanted.items()
        if call_id in known and known[call_id].transcript_key == values["transcript_key"]
    }
    for call_id in sorted(same):
        of_call = searchable_calls.update().where(searchable_calls.c.call_id == call_id)
        connection.execute(of_call.values(**wanted[call_id]))
    _drop(connection, [call_id for call_id in call_ids if call_id not in same])
    for call_id in sorted(wanted.keys() - same):
        turns = _turns(connection, wanted[call_id]["transcript_key"])
        if turns is not None:
            new = insert(searchable_calls).values(**wanted[call_id]).returning(searchable_calls.c.number)
            put_turns(connection, connection.execute(new).scalar_one(), turns)


def put_turns(connection: Connection, number: int, turns: Sequence[Turn]) -> None:
    """Write the turns of a call that has none in the index."""
    rows = [row for place, some in enumerate(_bounded(turns)) if (row := _row(number, place, some))]
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(_INTO_SQLITE, rows)
    else:
        connection.execute(_INTO_POSTGRESQL, [_with_vector(row) for row in rows])


_INTO_SQLITE = text(
    f'INSERT INTO {TURN_INDEX} (rowid, agent, customer, others, role, position, start_ms, "text")'  # noqa: S608
    " VALUES (:turn_id, :agent, :customer, :others, :role, :position, :start_ms, :said)"
)
_INTO_POSTGRESQL = text(
    f'INSERT INTO {TURN_INDEX} (turn_id, words, role, position, start_ms, "text")'  # noqa: S608
    " VALUES (:turn_id, CAST(:words AS tsvector), :role, :position, :start_ms, :said)"
)


def _bounded(turns: Sequence[Turn]) -> list[Sequence[Turn]]:
    """Return turns one by one, but those from the last place on together."""
    return [[turn] for turn in turns[:LAST_TURN]] + ([turns[LAST_TURN:]] if len(turns) > LAST_TURN else [])


def _row(number: int, place: int, turns: Sequence[Turn]) -> dict[str, Any] | None:
    """Return the row of a turn; None where nothing is said in it."""
    first = turns[0]
    said = " ".join(turn.text for turn in turns).replace("\0", " ")
    words = search_words(said)
    if not words:
        return None
    column = first.role.value if first.role in (Role.AGENT, Role.CUSTOMER) else "others"
    return {
        "turn_id": number * 2**TURN_BITS + place,
        "agent": "",
        "customer": "",
        "others": "",
        column: " ".join(words),
        "role": first.role.value,
        "position": first.index,
        "start_ms": first.start_ms,
        "said": said,
    }


def _with_vector(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its words as PostgreSQL writes a tsvector: each with its places, weighted by who says it."""
    ((words, weight),) = [(row[name].split(" "), _WEIGHTS[name]) for name in _WEIGHTS if row[name]]
    places: dict[str, list[str]] = defaultdict(list)
    for place, word in enumerate(words, start=1):
        places[word].append(f"{place}{weight}")
    vector = " ".join(f"{quoted(word)}:{','.join(at)}" for word, at in places.items())
    kept = {name: value for name, value in row.items() if name not in _WEIGHTS}
    return {**kept, "words": vector}


def quoted(word: str) -> str:
    """Return a word as PostgreSQL reads it in a tsvector or tsquery, whatever is in it."""
    doubled = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"


def _transcript_key(row: Any) -> str | None:
    """Return the key of the transcript that a score was made from; None where that is not stored or not to be read."""
    if row.payload is None:
        return None
    try:
        return read_payload(FactKeys, row.payload, f"step {row.facts_key}").transcript
    except StoreError:  # of another version: the call page says so; here it must not keep others from being found
        return None


def _turns(connection: Connection, key: str) -> Sequence[Turn] | None:
    payload = connection.scalar(select(steps.c.payload).where(steps.c.key == key))
    if payload is None:
        return None
    try:
        return read_transcript(payload, f"step {key}").turns
    except StoreError:
        return None


def _drop(connection: Connection, call_ids: Sequence[str]) -> None:
    key = "rowid" if connection.dialect.name == "sqlite" else "turn_id"
    of_call = text(f"DELETE FROM {TURN_INDEX} WHERE {key} BETWEEN :first AND :last")  # noqa: S608
    for row in _rows(connection, searchable_calls, call_ids):
        first = row.number * 2**TURN_BITS
        connection.execute(of_call, {"first": first, "last": first + LAST_TURN})
    for some in in_batches(call_ids):
        connection.execute(delete(searchable_calls).where(searchable_calls.c.call_id.in_(some)))


def _rows(connection: Connection, table: Any, call_ids: Sequence[str]) -> list[Any]:
    return [
        row
        for some in in_batches(call_ids)
        for row in connection.execute(select(table).where(table.c.call_id.in_(some)))
    ]
