"""Calls of the scored workspace that tests of the call page look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from pipeline.reviewing.evaluations import Evaluation, read_evaluation
from pipeline.store.audit import AuditEntry, entries
from pipeline.store.calls import list_calls
from tests.web.conftest import Console

GOOD, POOR = "maria.lopez", "tom.becker"
"""Whose calls go well, and whose do not."""


def call_of(console: Console, agent: str) -> str:
    """The first call of an agent."""
    with console.store.read() as connection:
        return list_calls(connection, agent=agent, status="scored")[0].call_id


def evaluation_of(console: Console, call_id: str) -> Evaluation:
    """The call's score with what people said."""
    with console.store.read() as connection:
        return read_evaluation(connection, call_id)


def acts_of(console: Console, action: str) -> list[AuditEntry]:
    """What the audit log holds of an action."""
    with console.store.read() as connection:
        return [entry for entry in _all(connection) if entry.action == action]


def details_of(entry: AuditEntry) -> Mapping[str, Any]:
    """What an entry tells beside who and what."""
    import json

    return json.loads(entry.details) if isinstance(entry.details, str) else entry.details  # type: ignore[no-any-return]


def _all(connection: Connection) -> list[AuditEntry]:
    return list(entries(connection))
