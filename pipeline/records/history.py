"""What rules about calls may know of the earlier calls of the same customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.records.facts import FindingKind
from pipeline.records.recording import Recording

_NOBODY = frozenset(
    {"", "-", "0", "anonymous", "blocked", "n/a", "na", "none", "null", "private", "restricted"}
    | {"unavailable", "unidentified", "unknown", "withheld"}
)
_COLUMNS = ("customer_ref", "agent_id", "team", "queue", "direction")


def customer_of(customer_ref: str | None) -> str | None:
    """Return who a call is with, or None where the reference only says that nobody knows: "anonymous" is no person."""
    known = customer_ref is not None and customer_ref.strip().casefold() not in _NOBODY
    return customer_ref if known else None


def field_of(recording: Recording, name: str) -> str | None:
    """Return a field of a call's metadata, wherever the record keeps it; None where it is not known."""
    value: str | None = getattr(recording, name) if name in _COLUMNS else recording.metadata.get(name)
    return value or None


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryNeeds:
    """What has to be known of earlier calls.

    Attributes:
        days: Calendar days, the call's own among them; 0 where no earlier call is counted.
        rules: Ids of the rules whose outcomes in earlier calls are asked for, however long ago those were.
        fields: Metadata fields of the earlier calls that are asked for.
    """

    days: int = 0
    rules: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether anything has to be known."""
        return bool(self.days or self.rules)


@dataclass(frozen=True, kw_only=True, slots=True)
class EarlierCall:
    """An earlier call of the same customer.

    Attributes:
        started_at: None where it is not known, so that it may also be a later one.
        reply_words: Words that the customer said after the agent had begun to speak. None where the call has not been
            transcribed, or nobody knows who speaks in it.
        metadata: The fields that were asked for and that it has.
    """

    call_id: str
    started_at: datetime | None
    direction: str | None
    reply_words: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class EarlierRequest:
    """Where a rule was first heard in earlier calls, and the first call of which nobody can tell.

    Attributes:
        first: The first call in which the rule was present; None where there is none.
        first_at: When that began; None where there is none.
        unsure: A call in which it may have been: of unknown time, or else the first that was not transcribed yet or in
            which the rule could not be assessed. None where there is none.
        unsure_at: When that began; None where there is none, or it is not known when.
    """

    first: str | None = None
    first_at: datetime | None = None
    unsure: str | None = None
    unsure_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallHistory:
    """The earlier calls of a customer, as far as rules ask for them.

    Attributes:
        calls: Those within the days that were asked for, and those of unknown time; the latest first.
        whole: False where there were more than are read: the least recent are left out.
        requests: By rule id.
    """

    calls: tuple[EarlierCall, ...] = ()
    whole: bool = True
    requests: Mapping[str, EarlierRequest] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """What a call tells to those after it, and what was made of those before it.

    Attributes:
        reply_words: See `EarlierCall`.
        outcomes: Of the rules that later calls ask for; a rule that did not apply is absent.
        checks: Fingerprint of the rules about calls by which the call itself was judged; None where there are none.
        judged: Fingerprint of what they gave.
    """

    reply_words: int | None
    outcomes: Mapping[str, FindingKind] = field(default_factory=dict)
    checks: str | None = None
    judged: str | None = None
