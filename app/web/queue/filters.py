"""Filters of lists of calls, as they stand in addresses and forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from app.web.access.visitor import Visitor
from app.web.days import read_day
from app.web.errors import BadRequestError
from app.web.page_numbers import read_page
from app.web.site import Site
from pipeline.records import QueueKind, Severity
from pipeline.review.wording import folded
from pipeline.store.calls import CallStatus
from pipeline.store.overviews import OverviewFilter

Choice = TypeVar("Choice", bound=StrEnum)

SHARED = ("agent", "team", "queue", "scored_by", "flag", "since", "until")
RANGES = ("score_from", "score_to", "mood_from", "mood_to")
QUEUE_FIELDS = (*SHARED, *RANGES, "why", "severity", "whose")
CALLS_FIELDS = (*SHARED, *RANGES, "state", "order", "reason")
ORDERS = {"newest": "newest first", "oldest": "oldest first", "worst": "lowest score", "best": "highest score"}
WHOSE = {"mine": "mine", "anybody": "anybody's", "others": "of others"}

_MOST_CHARACTERS = 200
_MOST_PAGES = 100_000


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedCalls:
    """What somebody asks a list for.

    Attributes:
        fields: The filters as they were given, blank ones left out.
        page: Which page of the list, from 1.
    """

    filters: OverviewFilter
    fields: Mapping[str, str]
    page: int = 1

    @property
    def query(self) -> str:
        """The filters as they stand in an address, without ``?``."""
        return urlencode(self.fields)


def asked_of_queue(params: Mapping[str, str], site: Site, visitor: Visitor) -> AskedCalls:
    """Return what an address asks the review queue for; fields of other pages are left out.

    Raises:
        BadRequestError: A filter cannot be read; the message says what is allowed.
    """
    fields = _given(params, QUEUE_FIELDS)
    if not visitor.may("queue.lead"):  # who reviews is not shown whose call it is, nor can they ask for it
        fields.pop("agent", None)
    return _asked(fields, params, site, visitor, waiting=True)


def asked_of_calls(params: Mapping[str, str], site: Site, visitor: Visitor) -> AskedCalls:
    """Return what an address asks the list of all calls for.

    Raises:
        BadRequestError: A filter cannot be read; the message says what is allowed.
    """
    fields = _given(params, CALLS_FIELDS)
    if "agent" in fields and not visitor.knows_agents:
        raise BadRequestError("agent: who reviews calls is not told whose they are; clear this filter")
    if visitor.scope.agent_id is not None:  # flags are for those who review
        fields.pop("flag", None)
    return _asked(fields, params, site, visitor, waiting=False)


def queue_query(params: Mapping[str, str]) -> str:
    """Return the filters of the queue that an address carries, such as that of a call page, without ``?``."""
    return urlencode(_given(params, QUEUE_FIELDS))


def _given(params: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    given = {name: params.get(name, "").strip() for name in names}
    for name, value in given.items():
        if len(value) > _MOST_CHARACTERS or not value.isprintable():
            raise BadRequestError(f"{name}: at most {_MOST_CHARACTERS} letters, digits and signs")
    return {name: value for name, value in given.items() if value}


def _asked(
    fields: dict[str, str], params: Mapping[str, str], site: Site, visitor: Visitor, *, waiting: bool
) -> AskedCalls:
    zone = ZoneInfo(site.settings.scorecards.timezone)
    whose = fields.get("whose")
    if whose is not None and whose not in WHOSE:
        raise BadRequestError(f"whose: choose one of {', '.join(WHOSE)}")
    if "order" in fields and fields["order"] not in ORDERS:
        raise BadRequestError(f"order: choose one of {', '.join(ORDERS)}")
    kind, state = _choice(fields, "why", QueueKind), _choice(fields, "state", CallStatus)
    filters = OverviewFilter(
        waiting=waiting,
        states=() if state is None else (state,),
        agent=fields.get("agent"),
        team=fields.get("team"),
        queue=fields.get("queue"),
        rubric=fields.get("scored_by"),
        flag=fields.get("flag"),
        reason=fields.get("reason"),
        severity=_choice(fields, "severity", Severity),
        since=_day(fields, "since", zone),
        before=_day(fields, "until", zone, after=1),
        share_from=_number(fields, "score_from", 0, 100, per=100),
        share_to=_number(fields, "score_to", 0, 100, per=100),
        sentiment_from=_number(fields, "mood_from", -5, 5, per=5),
        sentiment_to=_number(fields, "mood_to", -5, 5, per=5),
        kinds=() if kind is None else (kind,),
        whose=whose,  # type: ignore[arg-type]  # one of its words
        name=visitor.user.name,
        folded_name=folded(visitor.user.name),
    )
    return AskedCalls(filters=filters, fields=fields, page=read_page(params, most=_MOST_PAGES))


def _choice(fields: Mapping[str, str], name: str, kind: type[Choice]) -> Choice | None:
    if name not in fields:
        return None
    try:
        return kind(fields[name])
    except ValueError:
        raise BadRequestError(f"{name}: choose one of {', '.join(kind)}") from None


def _number(fields: Mapping[str, str], name: str, low: float, high: float, *, per: int = 1) -> float | None:
    if name not in fields:
        return None
    try:
        value = float(fields[name].replace(",", "."))
    except ValueError:
        value = high + 1
    if not low <= value <= high:  # nor is "nan" within them
        raise BadRequestError(f"{name}: a number from {low:g} to {high:g}")
    return value / per


def _day(fields: Mapping[str, str], name: str, zone: ZoneInfo, *, after: int = 0) -> datetime | None:
    day = read_day(fields.get(name), name)
    return None if day is None else datetime.combine(day + timedelta(days=after), time(), zone)
