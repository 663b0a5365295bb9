"""What was learnt of people's answers, version by version. Rows are only ever added; the newest of a rubric counts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, text

from pipeline.canonical import to_json
from pipeline.records import Trust
from pipeline.store.payload import read_payload
from pipeline.store.tables import trust_versions


def put_trust(
    connection: Connection, rubric_id: str, trust: Trust | None, *, made_by: str, now: datetime
) -> tuple[int, bool]:
    """Keep what was learnt as the newest version; return its number, and whether it is new.

    Where the newest one says the same, nothing is added. The number is 0 where nothing was learnt, and nothing is to be
    switched off.

    Args:
        connection: Where to write.
        rubric_id: What it is about.
        trust: None switches off what was learnt before.
        made_by: Who did that.
        now: When.
    """
    if connection.dialect.name == "postgresql":  # two at once would want the same number; SQLite lets one write
        connection.execute(text("LOCK TABLE trust_versions IN SHARE ROW EXCLUSIVE MODE"))
    newest = _newest(connection, rubric_id)
    known = None if newest is None else newest.fingerprint
    if known == (trust.fingerprint if trust else None):
        return (0 if newest is None else int(newest.version)), False
    version = 1 if newest is None else int(newest.version) + 1
    row = {
        "rubric_id": rubric_id,
        "version": version,
        "fingerprint": trust.fingerprint if trust else None,
        "payload": to_json(trust) if trust else None,
        "made_by": made_by,
        "made_at": now,
    }
    connection.execute(trust_versions.insert(), row)
    return version, True


def latest_trust(connection: Connection, rubric_id: str) -> Trust | None:
    """Return what counts now for a rubric, or None where nothing was learnt, or it was switched off.

    Raises:
        StoreError: What is stored cannot be read.
    """
    newest = _newest(connection, rubric_id)
    if newest is None or newest.payload is None:
        return None
    return read_payload(Trust, newest.payload, f"trust {newest.rubric_id}, version {newest.version}")


def _newest(connection: Connection, rubric_id: str) -> Row[Any] | None:
    column = trust_versions.c
    newest = select(trust_versions).where(column.rubric_id == rubric_id).order_by(column.version.desc()).limit(1)
    return connection.execute(newest).first()
