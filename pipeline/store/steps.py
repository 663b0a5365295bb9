"""Results of finished steps under the hash of what they were made from. A stored key is never written again."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, select

from pipeline.canonical import to_json
from pipeline.store.payload import read_payload
from pipeline.store.tables import recordings, steps
from pipeline.store.upsert import insert_new

Record = TypeVar("Record")


def get_step(connection: Connection, key: str, record_type: type[Record]) -> Record | None:
    """Return the result that is stored under a key, or None where the step has not been done.

    Raises:
        StoreError: What is stored is no such record.
    """
    payload = connection.scalar(select(steps.c.payload).where(steps.c.key == key))
    return None if payload is None else read_payload(record_type, payload, f"step {key}")


def latest_step(connection: Connection, call_id: str, step: str, record_type: type[Record]) -> Record | None:
    """Return a call's newest result of a step, such as the transcript of a call whose scoring failed; None without one.

    Raises:
        StoreError: What is stored is no such record.
    """
    of_call = select(steps.c.key, steps.c.payload).where(steps.c.call_id == call_id, steps.c.step == step)
    row = connection.execute(of_call.order_by(steps.c.made_at.desc(), steps.c.key).limit(1)).first()
    return None if row is None else read_payload(record_type, row.payload, f"step {row.key}")


def hold_call(connection: Connection, call_id: str) -> None:
    """Let nobody delete a call until this transaction ends; of one that is gone nothing can be kept afterwards.

    On SQLite a transaction that writes holds the whole database already.
    """
    this = select(recordings.c.call_id).where(recordings.c.call_id == call_id)
    connection.execute(this.with_for_update(read=True, key_share=True))  # as a row that names the call would


def put_step(connection: Connection, key: str, *, call_id: str, step: str, record: Record, now: datetime) -> Record:
    """Keep a step's result and return what is stored under its key: go on with that.

    What is stored already stays: equal inputs made it, maybe in another process that was faster.

    Args:
        key: Hash of the step's inputs.
        call_id: The call, which has been taken in.
        step: Name of the step, such as ``"transcript"``.
        record: The result.
        now: When it was made.

    Raises:
        StoreError: What is stored is no such record.
    """
    row = {"key": key, "call_id": call_id, "step": step, "payload": to_json(record), "made_at": now}
    insert_new(connection, steps, row)
    stored = connection.scalars(select(steps.c.payload).where(steps.c.key == key)).one()
    return read_payload(type(record), stored, f"step {key}")
