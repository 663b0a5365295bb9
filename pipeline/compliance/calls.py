"""Judge a call by its metadata and by the earlier calls of the same customer. Every step knows three answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from pipeline.canonical import fingerprint, to_data
from pipeline.compliance.calling_hours import judge_hours
from pipeline.compliance.counting import excepted, judge_after_conversation, judge_frequency
from pipeline.compliance.history import (
    AfterConversationCheck,
    CallCheck,
    DoNotCallCheck,
    FrequencyCheck,
    HoursCheck,
)
from pipeline.compliance.judged import Judged, cannot_tell
from pipeline.compliance.zones import zones_of
from pipeline.records import CallHistory, FindingKind, Recording, customer_of, field_of

__all__ = ["Judged", "judge_all", "judge_calls", "judged_fingerprint"]

_DAY = timedelta(days=1)


def judge_all(
    checks: Mapping[str, CallCheck], recording: Recording, history: CallHistory | None
) -> Mapping[str, Judged]:
    """Return by rule id what becomes of each check; see `judge_calls`."""
    return {rule: judge_calls(check, recording, history) for rule, check in checks.items()}


def judged_fingerprint(judged: Mapping[str, Judged]) -> str | None:
    """Return a hash of all that a call's history decides about it; None where there are no such rules."""
    data = {rule: to_data(each) for rule, each in judged.items()}
    return fingerprint("judged-1", data) if judged else None


def judge_calls(check: CallCheck, recording: Recording, history: CallHistory | None) -> Judged:
    """Tell whether a call is one that should not have been made.

    Args:
        check: What is checked.
        recording: The call. It is judged as an attempt, by when it began.
        history: The earlier calls of its customer; None where they are not known.

    Returns:
        Present for a violation, with the ids of the earlier calls that prove it, in order of time. The reason is one
        plain clause without the customer's reference.
    """
    started_at = recording.started_at
    if recording.direction is None:
        return cannot_tell("whether the call is inbound or outbound is not known")
    if recording.direction != "outbound":
        return Judged(kind=FindingKind.ABSENT, reason="the call is not outbound")
    if started_at is None:
        return cannot_tell("when the call began is not known")
    if isinstance(check, HoursCheck):
        return judge_hours(check, started_at, zones_of(recording))
    if customer_of(recording.customer_ref) is None:
        return cannot_tell("which customer was called is not known: there is no customer_ref")
    return _judge_history(check, recording, started_at, history)


def _judge_history(
    check: FrequencyCheck | AfterConversationCheck | DoNotCallCheck,
    recording: Recording,
    started_at: datetime,
    history: CallHistory | None,
) -> Judged:
    if history is None:
        return cannot_tell("the customer's earlier calls are not known here")
    if isinstance(check, DoNotCallCheck):
        return _judge_request(check, started_at, history)
    if excepted(check.except_where, {name: field_of(recording, name) for name, _ in check.except_where}):
        return Judged(kind=FindingKind.ABSENT, reason="the call is one of those that do not count")
    if isinstance(check, FrequencyCheck):
        return judge_frequency(check, recording, started_at, history)
    return judge_after_conversation(check, recording, started_at, history)


def _judge_request(check: DoNotCallCheck, started_at: datetime, history: CallHistory) -> Judged:
    request = history.requests.get(check.rule)
    if request is None:
        return cannot_tell("the customer's earlier calls are not known here")

    def overdue(asked_at: datetime | None) -> bool:
        """Tell whether the time to act on it is over; it may be where nobody knows when it was asked."""
        return check.after_days == 0 or asked_at is None or started_at - asked_at > check.after_days * _DAY

    ago = f"{(started_at - request.first_at) // _DAY} full days before" if request.first_at else ""
    if request.first and overdue(request.first_at):
        reason = f"this customer had asked not to be called, {ago}"
        return Judged(kind=FindingKind.PRESENT, reason=reason, calls=(request.first,))
    if request.unsure and overdue(request.unsure_at):
        return cannot_tell(
            "whether this customer had asked not to be called cannot be told: there is an earlier call that has not "
            f"been searched for it, in which {check.rule} could not be assessed, or whose time is not known"
        )
    if request.first:
        reason = f"this customer had asked not to be called {ago}; {check.after_days} days are allowed to act on it"
        return Judged(kind=FindingKind.ABSENT, reason=reason, calls=(request.first,))
    return Judged(kind=FindingKind.ABSENT, reason="this customer asked in no recorded earlier call not to be called")
