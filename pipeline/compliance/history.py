"""Rules about calls instead of words, as authored (``calls:``) and as read by the engine: `docs/calling-rules.md`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from pipeline.records import HistoryNeeds

PERSON = "customer_ref"
CONVERSATION = "conversation"  # the field in which the phone system says whether there was one
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")

RuleId = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Days = Annotated[int, Field(ge=1, le=366)]


def _field(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise ValueError(f"{name!r}: write a metadata field as intake names it, such as debt_ref")
    return name


def _time_of_day(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise ValueError(f'{text!r} is no time of day; write it in quotes, such as "08:00"')
    return text


def _with_person(fields: tuple[str, ...]) -> tuple[str, ...]:
    if PERSON not in fields:
        raise ValueError(f"calls are counted by person: {PERSON} must be among them")
    return fields


FieldName = Annotated[str, AfterValidator(_field)]
TimeOfDay = Annotated[str, AfterValidator(_time_of_day)]
Per = Annotated[tuple[FieldName, ...], AfterValidator(_with_person)]
Values = Annotated[tuple[str, ...], Field(min_length=1)]


class _Authored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class AuthoredFrequency(_Authored):
    """More than so many calls to one person, in one matter, within so many days."""

    check: Literal["frequency"]
    more_than: Annotated[int, Field(ge=1, le=100)]
    within_days: Days
    per: Per = (PERSON, "debt_ref")
    except_where: dict[FieldName, Values] = {}


class AuthoredAfterConversation(_Authored):
    """A call to a person with whom there was a conversation in the same matter within so many days."""

    check: Literal["after-conversation"]
    within_days: Days
    per: Per = (PERSON, "debt_ref")
    min_words: Annotated[int, Field(ge=1, le=100)] = 5
    except_where: dict[FieldName, Values] = {}


class AuthoredHours(_Authored):
    """A call outside these hours at the customer's place; both times are still inside."""

    check: Literal["hours"]
    from_: Annotated[TimeOfDay, Field(alias="from")]
    to: TimeOfDay

    @model_validator(mode="after")
    def _in_order(self) -> AuthoredHours:
        if self.from_ >= self.to:
            raise ValueError("`from` must be earlier than `to`; both are of one day")
        return self


class AuthoredDoNotCall(_Authored):
    """A call to a person who asked, so many days before at least, not to be called: ``rule`` hears that."""

    check: Literal["do-not-call"]
    rule: RuleId
    after_days: Annotated[int, Field(ge=0, le=366)] = 0


AuthoredCalls = Annotated[
    AuthoredFrequency | AuthoredAfterConversation | AuthoredHours | AuthoredDoNotCall, Field(discriminator="check")
]
"""The ``calls`` of a rule as written."""

Exceptions = tuple[tuple[str, tuple[str, ...]], ...]
"""Metadata fields with the values (folded) of calls that do not count."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FrequencyCheck:
    """More than ``more_than`` outbound calls that agree in the fields ``per``, within ``within_days`` calendar days."""

    more_than: int
    within_days: int
    per: tuple[str, ...]
    except_where: Exceptions = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class AfterConversationCheck:
    """A conversation in an earlier call, either way, that agrees in ``per``; its day is day 1 of ``within_days``.

    ``min_words``: the customer said at least so many after the agent had spoken.
    """

    within_days: int
    per: tuple[str, ...]
    min_words: int
    except_where: Exceptions = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class HoursCheck:
    """A call that begins before ``earliest`` or after ``latest``, local time at the customer's place."""

    earliest: time
    latest: time


@dataclass(frozen=True, kw_only=True, slots=True)
class DoNotCallCheck:
    """A call more than ``after_days`` times 24 hours after one in which ``rule`` was present."""

    rule: str
    after_days: int


CallCheck = FrequencyCheck | AfterConversationCheck | HoursCheck | DoNotCallCheck


def call_check(authored: AuthoredCalls) -> CallCheck:
    """Return the engine's form of an authored check."""
    match authored:
        case AuthoredFrequency():
            return FrequencyCheck(
                more_than=authored.more_than,
                within_days=authored.within_days,
                per=authored.per,
                except_where=_exceptions(authored.except_where),
            )
        case AuthoredAfterConversation():
            return AfterConversationCheck(
                within_days=authored.within_days,
                per=authored.per,
                min_words=authored.min_words,
                except_where=_exceptions(authored.except_where),
            )
        case AuthoredHours():
            return HoursCheck(earliest=time.fromisoformat(authored.from_), latest=time.fromisoformat(authored.to))
        case AuthoredDoNotCall():
            return DoNotCallCheck(rule=authored.rule, after_days=authored.after_days)


def history_needs(checks: Iterable[CallCheck]) -> HistoryNeeds:
    """Return what has to be known of earlier calls for some checks; nothing where none looks at any."""
    days, rules, fields = 0, set[str](), set[str]()
    for check in checks:
        match check:
            case FrequencyCheck() | AfterConversationCheck():
                days = max(days, check.within_days)
                fields |= {*check.per, *(field for field, _ in check.except_where), CONVERSATION}
            case DoNotCallCheck():
                rules.add(check.rule)
            case HoursCheck():
                pass
    return HistoryNeeds(days=days, rules=tuple(sorted(rules)), fields=tuple(sorted(fields - {PERSON})))


def _exceptions(authored: dict[str, tuple[str, ...]]) -> Exceptions:
    return tuple((field, tuple(sorted(v.casefold() for v in values))) for field, values in sorted(authored.items()))
