"""Flags: closing them, and opening them again."""

from __future__ import annotations

from datetime import datetime

from pipeline.errors import ReviewError
from pipeline.records import Flag, FlagChange, FlagState
from pipeline.review.wording import checked_name, checked_reason, made_id


def change_flag(flag: Flag, state: FlagState, *, by: str, reason: str, now: datetime) -> FlagChange:
    """Return that a flag was closed, or opened again.

    Raises:
        ReviewError: It stands so already, or name or reason cannot be kept.
    """
    name, why = checked_name(by), checked_reason(reason)
    if flag.state == state:
        raise ReviewError(f"flag {flag.flag_id} is {state.value} already; `earmark flags list --all` shows closed ones")
    return FlagChange(
        change_id=made_id("fc-", flag=flag.flag_id, state=state.value, by=name, reason=why, at=now.isoformat()),
        flag_id=flag.flag_id,
        state=state,
        reason=why,
        changed_by=name,
        changed_at=now,
    )
