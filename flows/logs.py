"""Structured logs: one JSON object a line on stderr, made by python-json-logger.

Only what Earmark says of itself is written, and of that only the fields that `pipeline.logs` names. Messages of
libraries and texts of exceptions are not: they may quote a call, or a path with somebody's number in it.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from pythonjsonlogger.core import LogData
from pythonjsonlogger.json import JsonFormatter

from pipeline.logs import FIELDS, LOGGER, log_event

LogFormat = Literal["text", "json"]

_OF_EVENTS = ("earmark.work", "earmark.access")  # all others write sentences, which hold nothing of calls
_REASONS = ("source_away", "job_failed")  # without the reason, which may name a path
_EVENTS = {"found": "files_found", "to_process": "calls_to_process", "to_settle": "calls_to_settle"}


class JsonLines(JsonFormatter):
    """Turns a record into one line: time, level, event, worker, then the fields that it has."""

    def __init__(self) -> None:
        super().__init__()
        self._worker = f"{socket.gethostname()}/{os.getpid()}"

    def add_fields(self, log_data: LogData, record: logging.LogRecord, message_dict: Mapping[str, Any]) -> None:
        """Take what may be written, and leave the rest."""
        at = datetime.fromtimestamp(record.created, UTC)
        log_data["time"] = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        log_data["level"] = record.levelname.lower()
        in_words = record.name not in _OF_EVENTS
        log_data["event"] = "message" if in_words else record.msg
        if in_words:
            log_data["message"] = record.getMessage()
        if record.exc_info and record.exc_info[0]:
            log_data["error"] = record.exc_info[0].__name__
        log_data["worker"] = self._worker
        for name in FIELDS:
            if hasattr(record, name):
                log_data[name] = getattr(record, name)


def write_logs(log_format: LogFormat) -> None:
    """Begin to write JSON lines where that is wanted; text is what commands print, and needs nothing."""
    if log_format != "json":
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in (LOGGER, "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]  # the same again in a process that was asked twice
        logger.propagate = False
        logger.setLevel(logging.INFO if name == LOGGER else logging.WARNING)


def log_progress() -> Callable[[str, str], None]:
    """Return a function to be told (event, subject), as `flows.runtime.Runtime` tells it.

    What became of files and calls is told where it happens, with more than this is told; here remain numbers to expect.
    """

    def report(event: str, subject: str) -> None:
        if event in _EVENTS:
            log_event(_EVENTS[event], count=int(subject))
        elif event in _REASONS:
            log_event(event)

    return report
