"""Calls and histories for the tests of rules about calls."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.compliance.history import AfterConversationCheck, DoNotCallCheck, FrequencyCheck
from pipeline.records import CallHistory, EarlierCall, Recording
from tests.factories import recording

EASTERN = ZoneInfo("America/New_York")
PER = ("customer_ref", "debt_ref")
SEVEN_IN_SEVEN = FrequencyCheck(more_than=7, within_days=7, per=PER)
AFTER_CONVERSATION = AfterConversationCheck(within_days=7, per=PER, min_words=5)
DO_NOT_CALL = DoNotCallCheck(rule="do-not-call-request", after_days=14)


def local(text: str, zone: ZoneInfo = EASTERN) -> datetime:
    """An instant from local time, such as ``2026-10-05 09:00``."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def outbound(at: str | datetime = "2026-10-12 09:00", **changes: Any) -> Recording:
    """An outbound call to C-1 in New York about debt D-1."""
    metadata = {"customer_timezone": "America/New_York", "debt_ref": "D-1", **changes.pop("metadata", {})}
    given: dict[str, Any] = {
        "call_id": "c-now",
        "started_at": local(at) if isinstance(at, str) else at,
        "direction": "outbound",
        "customer_ref": "C-1",
        "queue": "collections",
        "metadata": {key: value for key, value in metadata.items() if value},
    }
    return recording(**{**given, **changes})


def earlier(at: str | datetime | None, **changes: Any) -> EarlierCall:
    """An earlier outbound call about D-1 in which the customer said ten words."""
    began = local(at) if isinstance(at, str) else at
    given: dict[str, Any] = {
        "call_id": f"c-{at}",
        "started_at": began,
        "direction": "outbound",
        "reply_words": 10,
        "metadata": {"debt_ref": "D-1"},
    }
    return EarlierCall(**{**given, **changes})


def history(*calls: EarlierCall, **changes: Any) -> CallHistory:
    """A history, the latest call first as the store gives it."""
    first = datetime.min.replace(tzinfo=UTC)
    latest_first = sorted(calls, key=lambda call: (call.started_at or first, call.call_id), reverse=True)
    return CallHistory(calls=tuple(latest_first), **changes)
