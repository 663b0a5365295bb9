"""The keys of this process. A process has one environment, and so one set of keys.

Recordings are opened in many places far below the settings, and a place that was forgotten would read a sealed file as
noise, or write a plain row into a sealed database. So whoever reads the settings (the commands, the flows, processes
that these start) says once which keys there are.
"""

from __future__ import annotations

from pipeline.at_rest.keys import KeyRing

_in_use: list[KeyRing | None] = [None]


def use_keys(ring: KeyRing | None) -> None:
    """Make keys those of this process; None: nothing is sealed."""
    _in_use[0] = ring


def keys_in_use() -> KeyRing | None:
    """Return the keys of this process, or None where nothing is sealed."""
    return _in_use[0]
