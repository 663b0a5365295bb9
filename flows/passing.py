"""Which faults may pass, so that trying again may help."""

from __future__ import annotations

from pipeline.errors import IntakeError, MediaAwayError, StoreError, UnexpectedError

MEDIA_MAY_RETURN = ("unreadable", "empty", "truncated")
"""What a recording looks like that intake could read, and whose share or disk is gone for a moment."""


def may_pass(error: object) -> bool:
    """Tell whether trying again may help: what Earmark itself refuses will be refused again, a database may return."""
    if isinstance(error, IntakeError):
        return error.code in MEDIA_MAY_RETURN
    return isinstance(error, (MediaAwayError, StoreError, UnexpectedError, TimeoutError))
