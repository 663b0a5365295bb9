"""Count the earlier calls of a customer by calendar days at the customer's place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pipeline.compliance.history import CONVERSATION, PERSON, AfterConversationCheck, Exceptions, FrequencyCheck
from pipeline.compliance.judged import Judged, cannot_tell
from pipeline.compliance.zones import zones_of
from pipeline.records import CallHistory, EarlierCall, FindingKind, Recording, field_of

_DAY = timedelta(days=1)
_CLOCK_CHANGE = timedelta(hours=1)  # by so much the hours between two local times may differ from those that passed
_SAID = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}

Answer = bool | str
"""Yes, no, or what is not known, in words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Within:
    """So many calendar days at the customer's place, of which the call's own is the last."""

    days: int
    at: datetime
    zones: Sequence[ZoneInfo]

    def holds(self, earlier: datetime | None) -> Answer:
        if earlier is None:
            return "when it began"
        if self.zones:
            apart = [(self.at.astimezone(zone).date() - earlier.astimezone(zone).date()).days for zone in self.zones]
            inside = {days < self.days for days in apart}
            return inside.pop() if len(inside) == 1 else _BY_PLACE
        elapsed = self.at - earlier
        if elapsed <= (self.days - 1) * _DAY - _CLOCK_CHANGE:
            return True
        if elapsed >= self.days * _DAY + _CLOCK_CHANGE:
            return False
        return _BY_PLACE


_BY_PLACE = "how many days ago it was, which depends on the time zone at the customer's place"


def judge_frequency(check: FrequencyCheck, recording: Recording, started_at: datetime, history: CallHistory) -> Judged:
    """Count the call and those before it: 12 CFR 1006.14(b)(2)(i)(A) for seven in seven days."""
    within = _Within(days=check.within_days, at=started_at, zones=zones_of(recording))
    counted: list[EarlierCall] = []
    doubts: list[str] = []
    for call in reversed(history.calls):  # the oldest first
        counts = _all(
            within.holds(call.started_at),
            _is_outbound(call),
            _same_matter(check.per, recording, call),
            not excepted(check.except_where, call.metadata),
        )
        if counts is True:
            counted.append(call)
        elif counts is not False:
            doubts.append(counts)
    matter = _matter(check.per)
    if 1 + len(counted) > check.more_than:
        reason = (
            f"this is recorded call {1 + len(counted)}{'' if history.whole else ' or later'} to this customer{matter} "
            f"within {check.within_days} days, and at most {check.more_than} are allowed"
        )
        return _violation(reason, check.except_where, recording, counted)
    if not history.whole:
        return cannot_tell("this customer has more earlier calls than are looked at")
    if 1 + len(counted) + len(doubts) > check.more_than:
        return cannot_tell(
            f"more than {check.more_than} calls may count; of an earlier one this is not known: {doubts[0]}"
        )
    reason = f"not more than {check.more_than} recorded calls to this customer{matter} within {check.within_days} days"
    return Judged(kind=FindingKind.ABSENT, reason=reason)


def judge_after_conversation(
    check: AfterConversationCheck, recording: Recording, started_at: datetime, history: CallHistory
) -> Judged:
    """Look for a conversation before the call, whoever called: 12 CFR 1006.14(b)(2)(i)(B), its day being the first."""
    within = _Within(days=check.within_days, at=started_at, zones=zones_of(recording))
    proof: list[EarlierCall] = []
    doubts: list[str] = []
    for call in reversed(history.calls):
        counts = _all(
            within.holds(call.started_at),
            _same_matter(check.per, recording, call),
            not excepted(check.except_where, call.metadata),
            _was_conversation(call, check.min_words),
        )
        if counts is True:
            proof.append(call)
        elif counts is not False:
            doubts.append(counts)
    days = f"within {check.within_days} days, its own day included"
    if proof:
        reason = f"there was a conversation with this customer{_matter(check.per)} before, {days}"
        return _violation(reason, check.except_where, recording, proof)
    if doubts:
        return cannot_tell(f"there may have been a conversation {days}; of an earlier call it is not known {doubts[0]}")
    if not history.whole:
        return cannot_tell("this customer has more earlier calls than are looked at")
    reason = f"no recorded conversation with this customer{_matter(check.per)} before, {days}"
    return Judged(kind=FindingKind.ABSENT, reason=reason)


def _all(*answers: Answer) -> Answer:
    """Return no if one is no, else the first that cannot be told, else yes."""
    if False in answers:
        return False
    return next((answer for answer in answers if answer is not True), True)


def _is_outbound(call: EarlierCall) -> Answer:
    return "whether it was inbound or outbound" if call.direction is None else call.direction == "outbound"


def _same_matter(per: Iterable[str], recording: Recording, call: EarlierCall) -> Answer:
    """Tell whether two calls of one customer agree in the other fields, such as the debt."""
    answers: list[Answer] = []
    for field in per:
        if field == PERSON:
            continue
        ours, theirs = field_of(recording, field), call.metadata.get(field)
        answers.append(f"whether it has the same {field}" if not (ours and theirs) else ours == theirs)
    return _all(*answers)


def excepted(except_where: Exceptions, metadata: Mapping[str, str | None]) -> bool:
    """Tell whether a call is known to be one of those that do not count.

    A field that is not there excepts nothing: who relies on an exception has to show it, and most phone systems write
    such a field only where there is one, so that without it hardly any call could be assessed.
    """
    return any((metadata.get(field) or "").casefold() in values for field, values in except_where)


def _violation(reason: str, except_where: Exceptions, recording: Recording, proof: Sequence[EarlierCall]) -> Judged:
    """Return that there is one; where a field that could except a call is missing, the reason says so."""
    missing = [
        name
        for name, _ in except_where
        if not (field_of(recording, name) and all(call.metadata.get(name) for call in proof))
    ]
    told = f"; a call without {' or '.join(missing)} counts" if missing else ""
    return Judged(kind=FindingKind.PRESENT, reason=reason + told, calls=tuple(call.call_id for call in proof))


def _was_conversation(call: EarlierCall, min_words: int) -> Answer:
    """Tell whether both parties spoke; the phone system knows better than the transcript where it says so."""
    told = _SAID.get(call.metadata.get(CONVERSATION, "").casefold())
    if told is not None:
        return told
    if call.reply_words is None:
        return "who spoke in it (not transcribed yet, or its speakers are unknown)"
    if 0 < call.reply_words < min_words:
        return f"whether a person answered (the customer's side said fewer than {min_words} words)"
    return call.reply_words > 0


def _matter(per: Sequence[str]) -> str:
    others = [field for field in per if field != PERSON]
    return f" with the same {' and '.join(others)}" if others else ""
