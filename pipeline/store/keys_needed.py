"""Which keys a database needs: noted when one first seals there, asked for whenever it is opened."""

from __future__ import annotations

from sqlalchemy import Connection, delete, inspect, select

from pipeline.at_rest.keys import KeyRing, key_missing
from pipeline.errors import SealedError
from pipeline.store.at_rest_tables import at_rest_keys
from pipeline.store.upsert import insert_new


def keys_needed(connection: Connection) -> list[str]:
    """Return the names of the keys by which something is sealed; none in a database from before there were keys."""
    if not inspect(connection).has_table(at_rest_keys.name):
        return []
    return list(connection.scalars(select(at_rest_keys.c.key_id).order_by(at_rest_keys.c.key_id)))


def require_keys(connection: Connection, ring: KeyRing | None) -> None:
    """Refuse a database that cannot be read, or into which plain rows would be written beside sealed ones.

    Raises:
        SealedError: A key that is needed is not at hand; the message names it.
    """
    for key_id in keys_needed(connection):
        if ring is None or key_id not in ring.key_ids:
            raise SealedError(f"{key_missing(key_id, ring)}. `earmark keys show` tells which keys are needed")


def note_key(connection: Connection, key_id: str) -> None:
    """Note that a key seals here from now on."""
    insert_new(connection, at_rest_keys, {"key_id": key_id})


def forget_keys(connection: Connection, *, but: str | None) -> list[str]:
    """Note that only this key, or none, is needed any more; return the others."""
    others = [key_id for key_id in keys_needed(connection) if key_id != but]
    connection.execute(delete(at_rest_keys).where(at_rest_keys.c.key_id.in_(others)))
    return others
