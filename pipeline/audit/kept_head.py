"""The log's head, kept in the workspace: whoever only reaches the table cannot cut off its end unnoticed."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
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
        StoreError: The file cannot be read, or holds something else: it was damaged or changed.
    """
    file = workspace / FILE
    try:
        return _read(file)
    except OSError as error:
        raise StoreError(f"{file}: the head of the audit log cannot be read ({error.strerror})") from None
    except ValueError:
        raise StoreError(f"{file}: this is no head of an audit log; it was damaged or changed") from None


def _read(file: Path) -> Head | None:
    """Return the head in a file; None where there is no file; raises a ValueError where it holds something else."""
    try:
        data = json.loads(file.read_text(encoding="ascii"))
        head = Head(count=data["count"], hash=data["hash"])
        if type(head.count) is not int or type(head.hash) is not str or set(data) != {"count", "hash"}:
            raise ValueError
    except FileNotFoundError:
        return None
    except (KeyError, TypeError, RecursionError):
        raise ValueError from None
    return head


def keep_head(connection: Connection, workspace: Path) -> None:
    """Keep where the log ends now: to be called after what was appended is committed.

    A head that the log does not go through any more stays: it is the proof that entries were cut off or changed, and
    `earmark audit verify --log` tells of it. So does a file that holds something else.

    Args:
        connection: Reads the log; its transaction began after the commit.
        workspace: The folder.

    Raises:
        StoreError: The file cannot be read or written, or another process does not let go of it.
    """
    file = workspace / FILE
    lock = Path(f"{file}.lock")
    with _as_store_error(lock), FileLock(lock, timeout=_LOCK_WAIT_S, mode=_ANYBODY), _as_store_error(file):
        now = current_head(connection)
        try:
            kept = _read(file)
        except ValueError:
            return
        if kept is not None and kept.count:
            entry = get_entry(connection, kept.count)
            if entry is None or entry.hash != kept.hash or kept.count >= now.count:
                return
        _replace(file, canonical_json({"count": now.count, "hash": now.hash}))


@contextmanager
def _as_store_error(file: Path) -> Iterator[None]:
    try:
        yield
    except Timeout:  # an OSError, too, without any words
        raise StoreError(
            f"{file}: another process has held it for more than {_LOCK_WAIT_S} s, so the audit log's head cannot be "
            "kept and nothing is shown; try again when that process is done, or end it where it hangs"
        ) from None
    except OSError as error:
        raise StoreError(
            f"{file}: the audit log's head cannot be kept here ({error.strerror or type(error).__name__}), so nothing "
            "is shown; whoever works in this workspace must be allowed to read and write its files"
        ) from None


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
