"""What is said when a database cannot be used: which one, why, and what to do. Never a password, never a row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, quote_plus

from sqlalchemy import URL
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError

from pipeline.errors import StoreError
from pipeline.store.engine import BUSY_TIMEOUT_S, describe, is_sqlite

BEGIN_ANEW = "restore it from a back-up, or move it away to begin anew"

_OUR_MISTAKES = (IntegrityError, ProgrammingError, DataError, NotSupportedError)
_DISK_FULL = ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE")  # the latter: not even room for the index of the log
_ON_POSTGRESQL = "check that the server runs and that user, password and database are right"


@contextmanager
def as_store_errors(url: URL) -> Iterator[None]:
    """Raise a `StoreError` where the database fails; errors in Earmark's own statements stay what they are."""
    try:
        yield
    except _OUR_MISTAKES:
        raise
    except DBAPIError as error:
        raise unusable(url, error) from None


def unusable(url: URL, error: Exception) -> StoreError:
    """Return the error that tells a user why a database cannot be used and what to do."""
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlite_errorname", "")
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    reason = "disk full" if code in _DISK_FULL else lines[0] if lines else type(cause).__name__
    for secret in _secrets(url):
        reason = reason.replace(secret, "***")
    advice = _advice_on_sqlite(code) if is_sqlite(url) else _ON_POSTGRESQL
    return StoreError(f"{describe(url)}: the database cannot be used: {reason}{advice and f'; {advice}'}")


def _advice_on_sqlite(code: str) -> str:
    if code in _DISK_FULL:
        return "make room there and run again: what was stored before is kept"
    if code.startswith("SQLITE_READONLY"):
        return "the file or its folder is read-only for this user: Earmark must be allowed to write to both"
    if code.startswith("SQLITE_CANTOPEN"):
        return "permission to read or write is missing there, or it is a folder, or its own folder is gone"
    if code == "SQLITE_NOTADB" or code.startswith("SQLITE_CORRUPT"):
        return BEGIN_ANEW
    if code.startswith("SQLITE_BUSY"):
        return f"another process has been writing for more than {BUSY_TIMEOUT_S} s"
    return ""


def _secrets(url: URL) -> list[str]:
    password = str(url.password or "")
    in_options = [str(value) for key, value in url.query.items() if "pass" in key]
    found = {password, quote(password, safe=""), quote_plus(password), *in_options} - {""}
    return sorted(found, key=len, reverse=True)
