"""A time in a call as people read it."""

from __future__ import annotations


def clock(at_ms: int) -> str:
    """Return a time in a call, or its length, as ``m:ss``, cut to the second: 65900 gives ``1:05``.

    Hours are counted in minutes, so that a time can be typed into any player: 3725000 gives ``62:05``.
    """
    seconds = at_ms // 1000
    return f"{seconds // 60}:{seconds % 60:02d}"
