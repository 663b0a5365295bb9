"""The log's head, kept in the workspace: whoever only reaches the table cannot cut off its end unnoticed."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from filelock import FileLock
from sqlalchemy import Connection

from pipeline.audit.log import Head, current_head
from pipeline.canonical import canonical_json
from pipeline.errors import StoreError
from pipeline.store.audit import get_entry

FILE = "audit-head.json"
_LOCK_WAIT_S = 30
_ANYBODY = 0o666  # less what the umask takes: a workspace may be shared by a group


def kept_head(workspace: Path) -> Head | None:
    """Return the head that is kept in a workspace; None where none is.

    Raises:
        StoreError: The file holds something else: it was damaged or changed.
    """
    file = workspace / FILE
    try:
        data = json.loads(file.read_text(encoding="ascii"))
        head = Head(count=data["count"], hash=data["hash"])
        if type(head.count) is not int or type(head.hash) is not str or set(data) != {"count", "hash"}:
            raise ValueError
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise StoreError(f"{file}: this is no head of an audit log; it was damaged or changed") from None
    return head


def keep_head(connection: Connection, workspace: Path) -> None:
    """Keep where the log ends now: to be called after what was appended is committed.

    A head that the log does not go through any more stays: it is the proof that entries were cut off or changed, and
    `earmark audit verify --log` tells of it. So does a file that cannot be read.

    Args:
        connection: Reads the log; its transaction began after the commit.
        workspace: The folder.
    """
    file = workspace / FILE
    with FileLock(f"{file}.lock", timeout=_LOCK_WAIT_S, mode=_ANYBODY):
        now = current_head(connection)
        try:
            kept = kept_head(workspace)
        except StoreError:
            return
        if kept is not None and kept.count:
            entry = get_entry(connection, kept.count)
            if entry is None or entry.hash != kept.hash or kept.count >= now.count:
                return
        _replace(file, canonical_json({"count": now.count, "hash": now.hash}))


def _replace(file: Path, text: str) -> None:
    part = file.with_name(f".{file.name}.{secrets.token_hex(8)}.part")
    try:
        with part.open("x", encoding="ascii") as unfinished:
            unfinished.write(text + "\n")
            unfinished.flush()
            os.fsync(unfinished.fileno())
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
