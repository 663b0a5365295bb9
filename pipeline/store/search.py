"""Find calls by what is said in them, newest first.

What few turns say is looked up once, as the set of calls that say it; what many turns say is asked of call after call
until a page is full. So neither "the" nor a name that was said once makes anybody wait. The order of joins is written
down (``CROSS JOIN`` keeps it on SQLite, which knows nothing of how often a word is said).
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from pipeline.errors import QueryError
from pipeline.records import EVERYTHING, Role, Scope
from pipeline.store.console_tables import call_overviews
from pipeline.store.sealed import is_sealing
from pipeline.store.search_index import TURN_BITS, TURN_INDEX
from pipeline.store.search_query import Query, Term
from pipeline.store.search_sql import matching, of_call, says, turn_key
from pipeline.store.tables import recordings

FEW_TURNS = 5_000
"""Calls that so many turns are of are gone through from them, all others in order of time."""
MANY_TURNS = 50_000
"""More are not put into a set."""
LONGEST_S = 10.0
MOST_TURNS_OF_CALL = 200
SEALED = (
    "search is off: what is said in calls is sealed here, and an index of its words would be a copy of it in the clear "
    "(docs/encryption.md)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchFilter:
    """Of which calls. None is no bound.

    Attributes:
        since: The first instant that counts; calls of unknown time are left out then.
        before: The first instant that does not count any more; likewise.
        least_share: The score that counts, 0..1, is at least this.
        most_share: Likewise at most; calls without a score are left out by either.
    """

    agent: str | None = None
    team: str | None = None
    queue: str | None = None
    since: datetime | None = None
    before: datetime | None = None
    least_share: float | None = None
    most_share: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundTurn:
    """A turn that says at least one of the terms."""

    index: int
    role: Role
    start_ms: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundCall:
    """A call that was found, with the turns that say what was looked for, in their order."""

    call_id: str
    started_at: datetime | None
    agent_id: str | None
    team: str | None
    queue: str | None
    duration_ms: int
    share: float | None
    passed: bool | None
    turns: tuple[FoundTurn, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundCalls:
    """A page of calls.

    Attributes:
        more: Whether there are others behind them.
        total: How many there are in all; None where counting them would take long.
    """

    calls: tuple[FoundCall, ...]
    more: bool
    total: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Conditions:
    """What the calls have to fulfil.

    Attributes:
        source: From where to begin, where something is said so seldom that all calls can be counted: the tables, in
            the order in which they are gone through.
    """

    where: tuple[str, ...]
    values: Mapping[str, Any] = field(default_factory=dict)
    source: str | None = None


def search_calls(
    connection: Connection,
    query: Query,
    filters: SearchFilter | None = None,
    scope: Scope = EVERYTHING,
    *,
    together: bool = False,
    limit: int = 20,
    offset: int = 0,
) -> FoundCalls:
    """Return the calls that say what was looked for, newest first, those of unknown time last.

    Args:
        connection: A transaction that reads.
        query: What to look for.
        filters: In which calls.
        scope: Whose calls may be found.
        together: Whether one turn has to say all of it; else different turns of a call may.
        limit: Calls of a page.
        offset: Calls before it.

    Raises:
        QueryError: It takes too long, or what was said is sealed.
    """
    if is_sealing(connection):
        raise QueryError(SEALED)
    with _at_most(connection, LONGEST_S):
        bounds = _bounds(filters or SearchFilter(), scope)
        asked = _said(connection, query, together=together)
        where = " AND ".join((*bounds.where, *asked.where)) or "1 = 1"
        values = {**bounds.values, **asked.values}
        source = f"FROM {asked.source or _BY_TIME} {_WITH_SCORE}"
        rows = connection.execute(
            text(f"{_COLUMNS} {source} WHERE {where} {_NEWEST_FIRST} LIMIT :limit OFFSET :offset").columns(**_TYPES),
            {**values, "limit": limit + 1, "offset": offset},
        ).all()
        total = offset + len(rows) if len(rows) <= limit and (rows or not offset) else None
        if total is None and asked.source:
            total = connection.scalar(text(f"SELECT count(*) {source} WHERE {where}"), values)
        any_of = matching(connection, query.wanted, together=False)
        calls = tuple(_found(row, _turns(connection, row.number, any_of)) for row in rows[:limit])
    return FoundCalls(calls=calls, more=len(rows) > limit, total=total)


_COLUMNS = "SELECT s.number, s.call_id, r.started_at, r.agent_id, r.team, r.queue, r.duration_ms, o.share, o.passed"
_BY_TIME = "searchable_calls s CROSS JOIN recordings r"
_BY_TURNS = "(SELECT DISTINCT {turns}) d CROSS JOIN searchable_calls s CROSS JOIN recordings r"
_WITH_SCORE = "LEFT JOIN call_overviews o ON o.call_id = s.call_id"
_TYPES = {"started_at": recordings.c.started_at.type, "passed": call_overviews.c.passed.type}
_NEWEST_FIRST = "ORDER BY s.started_s DESC, s.number DESC"


def _bounds(filters: SearchFilter, scope: Scope) -> _Conditions:
    """Return what the calls themselves have to be."""
    where: list[str] = ["r.call_id = s.call_id"]
    values: dict[str, Any] = {}
    named = (
        ("{}.agent_id = :agent", "agent", filters.agent),
        ("{}.team = :team", "team", filters.team),
        ("{}.queue = :queue", "queue", filters.queue),
        ("{}.agent_id = :own", "own", scope.agent_id),
    )
    for condition, name, value in named:
        if value is not None:
            # in the index to be quick, and in the recording because the index may be some seconds behind
            where += [condition.format("s"), condition.format("r")]
            values[name] = value
    if scope.teams is not None:
        names = [f"team_{place}" for place, _ in enumerate(scope.teams)]
        listed = ", ".join(f":{name}" for name in names)
        where += [f"s.team IN ({listed})", f"r.team IN ({listed})"] if names else ["1 = 0"]
        values.update(zip(names, scope.teams, strict=True))
    if filters.since is not None:
        where.append("s.started_s >= :since")
        values["since"] = max(1, int(filters.since.timestamp()))
    if filters.before is not None:
        where.append("s.started_s > 0 AND s.started_s < :before")
        values["before"] = int(filters.before.timestamp())
    shares = [("share >= :least", "least", filters.least_share), ("share <= :most", "most", filters.most_share)]
    if within := [condition for condition, _, value in shares if value is not None]:
        where.append(f"s.call_id IN (SELECT call_id FROM call_overviews WHERE {' AND '.join(within)})")  # noqa: S608
        values.update({name: value for _, name, value in shares if value is not None})
    return _Conditions(where=tuple(where), values=values)


def _said(connection: Connection, query: Query, *, together: bool) -> _Conditions:
    """Return what the calls have to say, each part in the way that is quicker for it."""
    parts: list[tuple[bool, Sequence[Term]]] = [(False, [term]) for term in query.unwanted]
    parts += [(True, query.wanted)] if together else [(True, [term]) for term in query.wanted]
    where: list[str] = []
    values: dict[str, str] = {}
    fewest, source, earlier = FEW_TURNS + 1, None, ""
    for place, (wanted, terms) in enumerate(parts):
        name = f"said_{place}"
        values[name] = matching(connection, terms, together=True)
        said = says(connection, name)
        count = _count(connection, values[name])
        turns = f"{turn_key(connection)} >> {TURN_BITS} AS number FROM {TURN_INDEX} WHERE {said}"
        # Each call is asked only where that soon fills a page: not for what must not be said, and not for beginnings
        # of words, whose many words would be brought together for every call.
        if count > MANY_TURNS and wanted and not any(term.beginning for term in terms):
            of_this = of_call(connection, "s.number")
            where.append(f"EXISTS (SELECT 1 FROM {TURN_INDEX} WHERE {said} AND {of_this})")  # noqa: S608
        elif wanted and count < fewest:
            if source is not None:
                where.append(f"+s.number IN (SELECT {earlier})")
            fewest, earlier, source = count, turns, _BY_TURNS.format(turns=turns)
        else:
            where.append(f"+s.number {'' if wanted else 'NOT '}IN (SELECT {turns})")
    if source is not None:
        where.append("s.number = d.number")
    return _Conditions(where=tuple(where), values=values, source=source)


def _count(connection: Connection, value: str) -> int:
    """Return how many turns say something; of more than `MANY_TURNS`, one more than that."""
    some = f"SELECT 1 AS one FROM {TURN_INDEX} WHERE {says(connection, 'said')} LIMIT {MANY_TURNS + 1}"  # noqa: S608
    return connection.scalar(text(f"SELECT count(*) FROM ({some}) AS capped"), {"said": value}) or 0  # noqa: S608


def _turns(connection: Connection, number: int, any_of: str) -> tuple[FoundTurn, ...]:
    rows = connection.execute(
        text(
            f'SELECT role, position, start_ms, "text" AS said FROM {TURN_INDEX} WHERE {says(connection, "any_of")}'  # noqa: S608
            f" AND {of_call(connection, ':number')} ORDER BY {turn_key(connection)} LIMIT {MOST_TURNS_OF_CALL}"
        ),
        {"any_of": any_of, "number": number},
    )
    return tuple(
        FoundTurn(index=int(row.position), role=Role(row.role), start_ms=int(row.start_ms), text=row.said)
        for row in rows
    )


def _found(row: Any, turns: tuple[FoundTurn, ...]) -> FoundCall:
    return FoundCall(
        call_id=row.call_id,
        started_at=row.started_at,
        agent_id=row.agent_id,
        team=row.team,
        queue=row.queue,
        duration_ms=row.duration_ms,
        share=row.share,
        passed=row.passed,
        turns=turns,
    )


@contextmanager
def _at_most(connection: Connection, seconds: float) -> Iterator[None]:
    """Let what the block asks of the database take so long and no longer."""
    end = time.monotonic() + seconds
    driver: Any = connection.connection.driver_connection
    on_sqlite = isinstance(driver, sqlite3.Connection)
    if on_sqlite:
        driver.set_progress_handler(lambda: time.monotonic() > end, 50_000)
    else:
        connection.execute(text(f"SET LOCAL statement_timeout = {int(seconds * 1000)}"))
    try:
        yield
    except OperationalError as error:
        cause = type(error.orig).__name__ if error.orig else ""
        if cause == "QueryCanceled" or "interrupted" in str(error.orig):
            raise QueryError(
                f"this search takes longer than {seconds:.0f} seconds: add a word that is said less often, or dates"
            ) from None
        raise
    finally:
        if on_sqlite:
            driver.set_progress_handler(None, 0)
