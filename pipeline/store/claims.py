"""Who works on which calls: a worker claims some that wait, with a lease, and renews it while it is at work.

A lease that ran out may be taken by anybody: its worker is gone, or slept. Leases are judged by the database's own
clock, since those of the machines may differ. That two never work on one call hangs on clocks all the same (a worker
may sleep past its lease), so nothing else hangs on it: work that is done twice gives the same rows.

A call that was in work when its worker ended is taken alone the next time, so that the one that ends workers does not
take others with it; after so many times it is listed as failed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, func, or_, select, text, update

from pipeline.records import customer_of
from pipeline.store.claim_tables import call_claims
from pipeline.store.failures import put_failure
from pipeline.store.tables import recordings

BACKFILL_PLACES = 5
"""One place in so many is backfill's while fresh calls wait: so a year of old calls gets done beside the day's, and the
day's take a quarter longer at most."""

_ORDERED = 0x0EA7_3A2C
"""Any number that nothing else in the database locks."""

_one = call_claims.c
_nobody: dict[str, Any] = {"claimed_by": None, "claimed_at": None, "until": None, "begun_at": None}


@dataclass(frozen=True, kw_only=True, slots=True)
class Claimed:
    """What a worker got.

    Attributes:
        call_ids: Calls that are its own now.
        given_up: Calls that ended their worker so often that they are listed as failed.
    """

    call_ids: tuple[str, ...] = ()
    given_up: tuple[str, ...] = ()


def claim(
    connection: Connection, worker: str, *, limit: int, lease_s: float, attempts: int, in_order: bool = False
) -> Claimed:
    """Take calls that wait and nobody has: fresh ones first, with some places for backfill.

    Args:
        connection: A transaction that writes.
        worker: Who takes them; no two workers share a name.
        limit: At most so many, or twice as many where calls of their customers come with them.
        lease_s: They are its own for so long, unless it renews the lease.
        attempts: A call that was in work at the end of so many workers is listed as failed.
        in_order: Whether rules look at earlier calls: then the waiting calls of one customer go to one worker, which
            takes them in order of time, and none is taken while another worker has one of them.
    """
    if in_order and connection.dialect.name == "postgresql":  # else two would take two calls of one customer at once
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_ORDERED})"))
    now = database_now(connection)
    given_up = _take_back(connection, now, attempts)
    free: ColumnElement[bool] = _one.claimed_by.is_(None)
    if in_order:
        free &= _of_nobody_elses_customers(connection, worker)
    taken = _lock(connection, free & (_one.attempts > 0), 1)
    if not taken:
        taken = _fresh_and_old(connection, free, limit)
        if in_order and taken:
            with_customers = free & recordings.c.customer_ref.in_(_customers(connection, _one.call_id.in_(taken)))
            taken = [*dict.fromkeys([*taken, *_lock(connection, with_customers, limit, by_time=True)])]
    own = {"claimed_by": worker, "claimed_at": now, "until": now + timedelta(seconds=lease_s), "begun_at": None}
    connection.execute(update(call_claims).where(_one.call_id.in_(taken)).values(own))
    return Claimed(call_ids=tuple(taken), given_up=given_up)


def anything_to_claim(connection: Connection) -> bool:
    """Tell whether a call waits that nobody has, or whose lease ran out."""
    free = or_(_one.claimed_by.is_(None), _one.until <= database_now(connection))
    return bool(connection.scalar(select(exists().where(free))))


def begin(connection: Connection, worker: str, call_id: str) -> bool:
    """Note that a worker begins with a call of its own; False where it has lost it and has to leave it alone."""
    begun = update(call_claims).where(_one.call_id == call_id, _one.claimed_by == worker)
    return bool(connection.execute(begun.values(begun_at=database_now(connection))).rowcount)


def holds(connection: Connection, worker: str, call_id: str) -> bool:
    """Return whether a call is a worker's still: its lease may be over, but nobody else has taken it or finished it."""
    statement = select(call_claims.c.call_id).where(_one.call_id == call_id, _one.claimed_by == worker)
    return connection.scalar(statement.with_for_update()) is not None


def renew(connection: Connection, worker: str, *, lease_s: float) -> int:
    """Let a worker keep what it has for so long from now; return how many calls those are."""
    until = database_now(connection) + timedelta(seconds=lease_s)
    return connection.execute(update(call_claims).where(_one.claimed_by == worker).values(until=until)).rowcount


def release(connection: Connection, worker: str, *, begun: bool = True) -> int:
    """Let go of what a worker has and has not finished; return how many calls wait again by that.

    Args:
        connection: Where to write.
        worker: Whose calls.
        begun: Those too that it has begun with.
    """
    of_it = update(call_claims).where(_one.claimed_by == worker)
    return connection.execute((of_it if begun else of_it.where(_one.begun_at.is_(None))).values(_nobody)).rowcount


def worker_with(connection: Connection, call_id: str) -> str | None:
    """Return the worker that has a call, its lease not over, and let nobody take or finish it until this has ended.

    Args:
        connection: A transaction that writes, and is about to delete something of the call.
        call_id: The whole id.
    """
    # In this order, and waiting for the recording only: who finishes a call holds its recording and then its claim,
    # who gives up on one the other way round.
    connection.execute(select(recordings.c.call_id).where(recordings.c.call_id == call_id).with_for_update())
    claim = select(_one.claimed_by, _one.until).where(_one.call_id == call_id)
    seen = connection.execute(claim).first()
    held = connection.execute(claim.with_for_update(skip_locked=True)).first()
    if held is None:
        return None if seen is None else seen.claimed_by or "a worker that is just taking it"
    return held.claimed_by if held.until is not None and held.until > database_now(connection) else None


def database_now(connection: Connection) -> datetime:
    """Return the time by the database's own clock."""
    if connection.dialect.name == "postgresql":
        now = connection.scalar(select(func.clock_timestamp()))
    else:
        now = datetime.fromisoformat(str(connection.scalar(text("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"))))
        now = now.replace(tzinfo=UTC)
    assert isinstance(now, datetime)
    return now


def _take_back(connection: Connection, now: datetime, attempts: int) -> tuple[str, ...]:
    """Free calls whose lease ran out; list those as failed that were in work at the end of too many workers."""
    late = select(_one.call_id, _one.attempts, _one.begun_at).where(_one.until <= now).order_by(_one.call_id)
    rows = connection.execute(late.with_for_update(skip_locked=True)).all()
    in_work = {row.call_id: row.attempts + 1 for row in rows if row.begun_at is not None}
    connection.execute(update(call_claims).where(_one.call_id.in_([row.call_id for row in rows])).values(_nobody))
    connection.execute(update(call_claims).where(_one.call_id.in_(in_work)).values(attempts=_one.attempts + 1))
    given_up = tuple(call_id for call_id, number in in_work.items() if number >= attempts)
    for call_id in given_up:
        reason = (
            f"its worker ended {in_work[call_id]} times while at work on it (killed, out of memory or crashed); look "
            "at the recording and at what the worker printed, then `earmark calls retry`"
        )
        put_failure(connection, call_id, step="process", reason=reason, now=now)
    return given_up


def _fresh_and_old(connection: Connection, free: ColumnElement[bool], limit: int) -> list[str]:
    """Take fresh calls, and backfill into the places that are its own or stay empty."""
    fresh = _lock(connection, free & ~_one.backfill, limit)
    old = _lock(connection, free & _one.backfill, max(limit - len(fresh), -(-limit // BACKFILL_PLACES)))
    return [*fresh[: limit - len(old)], *old]


def _lock(connection: Connection, which: ColumnElement[bool], limit: int, *, by_time: bool = False) -> list[str]:
    """Return calls that no other transaction is taking, those first that wait longest, or that began first."""
    began = (recordings.c.started_at.is_(None), recordings.c.started_at) if by_time else ()
    waiting = _with_recordings(_one.call_id).where(which).order_by(*began, _one.waiting_since, _one.call_id)
    held = waiting.limit(limit).with_for_update(skip_locked=True, of=call_claims)
    return list(connection.scalars(held))


def _of_nobody_elses_customers(connection: Connection, worker: str) -> ColumnElement[bool]:
    busy = _customers(connection, _one.claimed_by.is_not(None) & (_one.claimed_by != worker))
    return or_(recordings.c.customer_ref.is_(None), recordings.c.customer_ref.not_in(busy))


def _customers(connection: Connection, which: ColumnElement[bool]) -> list[str]:
    references = _with_recordings(recordings.c.customer_ref).where(which).distinct()
    found: Iterable[str | None] = connection.scalars(references)
    return [reference for reference in found if reference is not None and customer_of(reference) is not None]


def _with_recordings(column: Any) -> Select[Any]:
    return select(column).select_from(call_claims.join(recordings, recordings.c.call_id == _one.call_id))
