"""Which days, calls and rules a page on compliance is about, as its address says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeVar, get_args
from urllib.parse import urlencode

from app.web.days import read_day
from app.web.errors import BadRequestError
from pipeline.audit.adherence import Step
from pipeline.audit.report import asked_calls
from pipeline.config import ScorecardSettings
from pipeline.records import Scope, Severity
from pipeline.store.findings import AskedCalls

Word = TypeVar("Word", bound=str)
Period = Literal["13-weeks", "4-weeks", "this-month", "last-month", "12-months", "all", "days"]
PERIODS: Mapping[Period, str] = {
    "4-weeks": "Last 4 weeks",
    "13-weeks": "Last 13 weeks",
    "this-month": "This month",
    "last-month": "Last month",
    "12-months": "Last 12 months",
    "all": "All days",
    "days": "Days from … to …",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ComplianceFilter:
    """What is asked for; None is no bound.

    Attributes:
        first_day: In the settings' zone.
        last_day: Inclusive.
    """

    period: Period
    first_day: date | None
    last_day: date | None
    step: Step
    team: str | None
    queue: str | None
    pack: str | None
    rule: str | None
    severity: str | None

    def asked(self, settings: ScorecardSettings, scope: Scope, *, of_team: bool = True) -> AskedCalls:
        """Return which calls are meant; ``of_team`` false leaves the team out."""
        return asked_calls(
            settings,
            first_day=self.first_day,
            last_day=self.last_day,
            team=self.team if of_team else None,
            queue=self.queue,
            scope=scope,
        )

    @property
    def fields(self) -> dict[str, str]:
        """The fields of an address that asks for the same."""
        fields: dict[str, str | None] = {
            "period": self.period,
            "from": self.first_day.isoformat() if self.first_day and self.period == "days" else None,
            "to": self.last_day.isoformat() if self.last_day and self.period == "days" else None,
            "step": self.step if self.step != "week" else None,
            **{name: getattr(self, name) for name in ("team", "queue", "pack", "rule", "severity")},
        }
        return {name: value for name, value in fields.items() if value is not None}

    def query(self, **changes: str | None) -> str:
        """Return the address' query that asks for the same, with some of it changed; None takes a field out."""
        fields = {**self.fields, **changes}
        return "?" + urlencode({name: value for name, value in fields.items() if value is not None})


def read_filter(query: Mapping[str, str], today: date) -> ComplianceFilter:
    """Read an address' query; empty fields are none.

    Args:
        query: The fields.
        today: In the settings' zone.

    Raises:
        BadRequestError: A field holds what it cannot hold.
    """
    given = {name: value.strip() for name, value in query.items() if value.strip()}
    first, last = read_day(given.get("from"), "from"), read_day(given.get("to"), "to")
    periods: tuple[Period, ...] = get_args(Period)
    steps: tuple[Step, ...] = get_args(Step)
    period: Period = _one_of(given, "period", periods) or ("days" if first or last else "13-weeks")
    if period != "days":
        first, last = _days(period, today)
    if first and last and first > last:
        raise BadRequestError(f"the first day ({first}) is after the last ({last}): change one of them")
    return ComplianceFilter(
        period=period,
        first_day=first,
        last_day=last,
        step=_one_of(given, "step", steps) or "week",
        team=given.get("team"),
        queue=given.get("queue"),
        pack=given.get("pack"),
        rule=given.get("rule"),
        severity=_one_of(given, "severity", tuple(each.value for each in Severity)),
    )


def _days(period: Period, today: date) -> tuple[date | None, date | None]:
    first_of_month = today.replace(day=1)
    monday = today - timedelta(days=today.weekday())
    return {
        "13-weeks": (monday - timedelta(weeks=12), today),
        "4-weeks": (monday - timedelta(weeks=3), today),
        "this-month": (first_of_month, today),
        "last-month": ((first_of_month - timedelta(days=1)).replace(day=1), first_of_month - timedelta(days=1)),
        "12-months": ((first_of_month - timedelta(days=334)).replace(day=1), today),
    }.get(period, (None, None))


def _one_of(given: Mapping[str, str], name: str, known: tuple[Word, ...]) -> Word | None:
    value = given.get(name)
    found = next((each for each in known if each == value), None)
    if value is not None and found is None:
        raise BadRequestError(f"{name}: choose one of {', '.join(known)}")
    return found
