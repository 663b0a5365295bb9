"""Make a small call of a case, and its history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from pipeline.compliance.cases import AuthoredCall, AuthoredEarlier, Case
from pipeline.compliance.rule import Rule
from pipeline.dialogue import transcript_of_lines
from pipeline.records import (
    CallHistory,
    EarlierCall,
    EarlierRequest,
    HistoryNeeds,
    Recording,
    Transcript,
)

CUSTOMER = "case"
REPLY_WORDS = 100
"""So much a customer says in an earlier call that was a conversation: more than any rule asks for."""

_NEVER = datetime.min.replace(tzinfo=UTC)
_Earlier = tuple[EarlierCall, AuthoredEarlier]


def transcript_of(case: Case) -> Transcript:
    """Return a case as a transcript, not redacted yet; a line with a time of its own begins there."""
    call = case.call
    return transcript_of_lines(
        case.lines, language=call.language, confidence=call.confidence, duration_s=call.duration_s
    )


def recording_of(case: Case, rule: Rule, duration_ms: int) -> Recording:
    """Return the call of a case; what it leaves out is as the rule wants it, so that the rule applies."""
    about, call = rule.applies_if, case.call
    direction, customer = (None, None) if rule.calls is None else ("outbound", CUSTOMER)
    return Recording(
        call_id="case",
        sha256="",
        media_uri="",
        duration_ms=duration_ms,
        sample_rate_hz=8000,
        channels=2,
        queue=call.queue or next(iter(about.queues), None),
        direction=call.direction or next(iter(about.directions), direction),
        team=call.team or next(iter(about.teams), None),
        metadata=call.metadata,
        started_at=call.started_at,
        customer_ref=call.customer_ref or customer,
    )


def history_of(case: Case, needs: HistoryNeeds) -> CallHistory:
    """Return the earlier calls of a case, the latest first, and where the rules that are asked for were heard."""
    calls = list(_earlier_calls(case.call))
    dated = sorted((each for each in calls if each[0].started_at), key=lambda each: each[0].started_at or _NEVER)
    undated = [each for each in calls if each[0].started_at is None]
    requests = {rule: _request(rule, dated, undated) for rule in needs.rules}
    return CallHistory(calls=tuple(call for call, _ in (*reversed(dated), *undated)), requests=requests)


def _earlier_calls(call: AuthoredCall) -> Iterator[_Earlier]:
    times = ((earlier, time) for earlier in call.earlier for time in earlier.started_at)
    for i, (earlier, time) in enumerate(times, start=1):
        known = EarlierCall(
            call_id=f"earlier-{i}",
            started_at=None if time is None else time.astimezone(UTC),
            direction=earlier.direction,
            reply_words=None if earlier.conversation is None else REPLY_WORDS * earlier.conversation,
            metadata=call.metadata if earlier.metadata is None else earlier.metadata,
        )
        yield known, earlier


def _request(rule: str, dated: Sequence[_Earlier], undated: Sequence[_Earlier]) -> EarlierRequest:
    """Return where a rule was heard, as the database tells it."""
    first = next((call for call, told in dated if rule in told.present), None)
    unsure = next((call for call, told in undated if rule in (*told.present, *told.cannot_assess)), None)
    unsure = unsure or next((call for call, told in dated if rule in told.cannot_assess), None)
    return EarlierRequest(
        first=first.call_id if first else None,
        first_at=first.started_at if first else None,
        unsure=unsure.call_id if unsure else None,
        unsure_at=unsure.started_at if unsure else None,
    )
