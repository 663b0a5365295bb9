"""Which keys a database needs: noted when one first seals there, asked for whenever it is opened.

A key is retired before rows are brought to another one: from then on it only opens. Whoever still seals with it,
because the process was not started again, is refused; else rows would come that nobody can read once the key is thrown
away.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, inspect, select

from pipeline.at_rest.keys import KeyRing, key_missing
from pipeline.errors import SealedError
from pipeline.store.at_rest_tables import at_rest_keys
from pipeline.store.sealed import seals_of
from pipeline.store.upsert import insert_new

_RETIRED = "-"
"""Before the name of a key that only opens."""


def keys_needed(connection: Connection) -> list[str]:
    """Return the names of the keys by which something is sealed; none in a database from before there were keys."""
    if not inspect(connection).has_table(at_rest_keys.name):
        return []
    return sorted({name.removeprefix(_RETIRED) for name in _noted(connection)})


def require_keys(connection: Connection, ring: KeyRing | None) -> None:
    """Refuse a database that cannot be read, or into which plain rows would be written beside sealed ones.

    Raises:
        SealedError: A key that is needed is not at hand; the message names it.
    """
    for key_id in keys_needed(connection):
        if ring is None or key_id not in ring.key_ids:
            raise SealedError(f"{key_missing(key_id, ring)}. `earmark keys show` tells which keys are needed")


def may_seal(connection: Connection, key_id: str) -> bool:
    """Tell whether a key is noted here, and not retired."""
    return key_id in _noted(connection)


def require_key_in_use(connection: Connection) -> None:
    """Refuse to write with a key that was retired; none is until this transaction ends.

    Raises:
        SealedError: It was, since this database was opened.
    """
    ring = seals_of(connection.dialect).ring
    if ring is None:
        return
    if connection.dialect.name == "postgresql":  # on SQLite one transaction writes at a time
        connection.exec_driver_sql(f"LOCK TABLE {at_rest_keys.name} IN ROW SHARE MODE")
    if not may_seal(connection, ring.first.key_id):
        raise SealedError(
            f"key {ring.first.key_id} seals nothing in this database any more: it was rotated, or opened again, since "
            "this process began. Start it again with the keys of now (docs/encryption.md)"
        )


def note_key(connection: Connection, key_id: str) -> None:
    """Note that a key seals here from now on."""
    insert_new(connection, at_rest_keys, {"key_id": key_id})


def retire_keys(connection: Connection, *, but: str | None) -> None:
    """Let all keys but this one, or all, only open from now on; waits for those who write."""
    _keep_writers_out(connection)
    _require_noted(connection, but)
    for key_id in _noted(connection):
        if key_id != but and not key_id.startswith(_RETIRED):
            insert_new(connection, at_rest_keys, {"key_id": f"{_RETIRED}{key_id}"})
            connection.execute(delete(at_rest_keys).where(at_rest_keys.c.key_id == key_id))


def forget_keys(connection: Connection, *, but: str | None) -> list[str]:
    """Forget the keys that were retired, after a whole pass; return those that nothing needs any more.

    One that seals again meanwhile, in a process that was started since, stays noted.
    """
    _keep_writers_out(connection)
    _require_noted(connection, but)
    before = keys_needed(connection)
    connection.execute(delete(at_rest_keys).where(at_rest_keys.c.key_id.startswith(_RETIRED)))
    needed = keys_needed(connection)
    return [key_id for key_id in before if key_id not in needed]


def _keep_writers_out(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":  # not asked of who only reads
        connection.exec_driver_sql(f"LOCK TABLE {at_rest_keys.name} IN EXCLUSIVE MODE")


def _require_noted(connection: Connection, key_id: str | None) -> None:
    if key_id is not None and not may_seal(connection, key_id):
        raise SealedError(f"key {key_id} was retired meanwhile: the database is being sealed by another one")


def _noted(connection: Connection) -> list[str]:
    return list(connection.scalars(select(at_rest_keys.c.key_id).order_by(at_rest_keys.c.key_id)))
