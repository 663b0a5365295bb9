"""What work tells the log: events with ids, counts and durations, never words, names or paths.

Nothing is written unless the edge asks for it (`flows.logs`); the fields below are all that is ever written.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar

LOGGER = "earmark"
FIELDS = (
    "worker",
    "call_id",
    "file_id",
    "step",
    "steps",
    "codes",
    "error",
    "method",
    "route",
    "status",
    "count",
    "taken_in",
    "rejected",
    "processed",
    "unchanged",
    "failed",
    "duration_ms",
)
"""What an event may say, in the order in which a line has it. `docs/watching.md` tells what each is."""

_log = logging.getLogger(f"{LOGGER}.work")

Rest = ParamSpec("Rest")
Made = TypeVar("Made")
Now = Callable[[], datetime]


def log_event(event: str, **fields: str | int | list[str] | None) -> None:
    """Tell the log that something happened.

    Args:
        event: What, in the past tense, such as ``call_scored``.
        fields: Of `FIELDS`; None is left out. Ids, codes, counts and durations only.
    """
    if _log.isEnabledFor(logging.INFO):
        _log.info(event, extra={name: value for name, value in fields.items() if value is not None})


def is_logged() -> bool:
    """Tell whether anybody reads events: where not, nothing is measured for them."""
    return _log.isEnabledFor(logging.INFO)


def duration_ms(began: datetime, ended: datetime) -> int:
    """Return how long something took by the clock; 0 where that was set back meanwhile."""
    return max(0, round((ended - began).total_seconds() * 1000))


def tells_of_calls(
    process: Callable[Concatenate[str, Rest], tuple[Made, tuple[str, ...]]],
) -> Callable[Concatenate[str, Rest], tuple[Made, tuple[str, ...]]]:
    """Let the log know of each call that a function takes through its steps, which steps were done, and how long."""

    @functools.wraps(process)
    def told(call_id: str, /, *args: Rest.args, **kwargs: Rest.kwargs) -> tuple[Made, tuple[str, ...]]:
        now = kwargs.get("now")
        if not is_logged() or not callable(now):
            return process(call_id, *args, **kwargs)
        began = now()
        try:
            made, done = process(call_id, *args, **kwargs)
        except Exception as error:  # its text may hold a path, or words of the call
            took = duration_ms(began, now())
            log_event("call_attempt_failed", call_id=call_id, error=type(error).__name__, duration_ms=took)
            raise
        took = duration_ms(began, now())
        event = "call_scored" if done else "call_unchanged"
        log_event(event, call_id=call_id, steps=list(done) or None, duration_ms=took)
        return made, done

    return told
