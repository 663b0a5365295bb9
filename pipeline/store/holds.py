"""Legal holds: while one stands, nothing deletes the calls that it covers, those that are taken in later among them.

`calls_on_hold` is the only place that decides it, and every deletion asks it in its own transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, text, update

from pipeline.store.ids import whole_id
from pipeline.store.retention_tables import legal_holds
from pipeline.store.tables import recordings
from pipeline.store.wanted_calls import in_batches

SUBJECTS = ("call_id", "customer_ref", "agent_id", "queue")


@dataclass(frozen=True, kw_only=True, slots=True)
class LegalHold:
    """What is held, by whom and why. A call is held where it fits everything that is given; at least one subject is.

    Attributes:
        since: Of calls that began then or later. A call whose beginning nobody knows fits any period.
        before: Of calls that began earlier.
        lifted_at: None while it stands.
    """

    hold_id: str
    reason: str
    placed_by: str
    placed_at: datetime
    call_id: str | None = None
    customer_ref: str | None = None
    agent_id: str | None = None
    queue: str | None = None
    since: datetime | None = None
    before: datetime | None = None
    lifted_by: str | None = None
    lifted_reason: str | None = None
    lifted_at: datetime | None = None


def put_hold(connection: Connection, hold: LegalHold) -> None:
    """Place a hold. What deletes at this moment is waited for; what deletes later finds it."""
    assert any(getattr(hold, name) is not None for name in SUBJECTS)
    connection.execute(legal_holds.insert().values(**asdict(hold)))


def lift_hold(connection: Connection, given: str, *, by: str, reason: str, now: datetime) -> tuple[LegalHold, bool]:
    """Lift a hold; its row stays. Returns it, and False where it had been lifted before (then nothing is changed).

    Args:
        connection: A transaction that writes.
        given: Its id, or the beginning of it.
        by: Who lifts it.
        reason: Why.
        now: When.

    Raises:
        NotFoundError: There is no such hold, or several begin so.
    """
    column = legal_holds.c.hold_id
    hold_id = whole_id(connection, column, given, what="hold", listed_by="earmark holds list --all")
    standing = update(legal_holds).where(column == hold_id, legal_holds.c.lifted_at.is_(None))
    done = connection.execute(standing.values(lifted_by=by, lifted_reason=reason, lifted_at=now)).rowcount == 1
    row = connection.execute(select(legal_holds).where(column == hold_id)).mappings().one()
    return LegalHold(**row), done


def list_holds(connection: Connection, *, lifted: bool = False) -> list[LegalHold]:
    """Return the holds that stand, the oldest first; with ``lifted`` all that ever were."""
    statement = select(legal_holds).order_by(legal_holds.c.placed_at, legal_holds.c.hold_id)
    if not lifted:
        statement = statement.where(legal_holds.c.lifted_at.is_(None))
    return [LegalHold(**row) for row in connection.execute(statement).mappings()]


def held_count(connection: Connection, hold_id: str) -> int:
    """Return how many calls of the database a hold covers now, were it standing or not."""
    of_hold = select(func.count()).select_from(recordings.join(legal_holds, _covers()))
    return connection.scalar(of_hold.where(legal_holds.c.hold_id == hold_id)) or 0


def freeze_holds(connection: Connection) -> None:
    """Let nobody place a hold until this transaction, which deletes, has ended.

    On SQLite a transaction that writes holds the whole database already.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE legal_holds IN SHARE MODE"))


def calls_on_hold(connection: Connection, call_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the standing holds by call, of those calls that are held."""
    found: dict[str, tuple[str, ...]] = {}
    pairs = select(recordings.c.call_id, legal_holds.c.hold_id).select_from(recordings.join(legal_holds, _covers()))
    standing = pairs.where(legal_holds.c.lifted_at.is_(None)).order_by(legal_holds.c.hold_id)
    for some in in_batches(list(call_ids)):
        for call_id, hold_id in connection.execute(standing.where(recordings.c.call_id.in_(some))):
            found[call_id] = (*found.get(call_id, ()), hold_id)
    return found


def _covers() -> ColumnElement[bool]:
    hold, call = legal_holds.c, recordings.c
    fits: list[Any] = [or_(hold[name].is_(None), hold[name] == call[name]) for name in SUBJECTS]
    unknown = call.started_at.is_(None)
    fits.append(or_(hold.since.is_(None), unknown, call.started_at >= hold.since))
    fits.append(or_(hold.before.is_(None), unknown, call.started_at < hold.before))
    return and_(*fits)
