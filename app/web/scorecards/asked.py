"""What an address of a scorecard page asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from app.web.access.visitor import Visitor
from app.web.errors import BadRequestError
from app.web.page_numbers import read_page
from app.web.scorecards.days import Days, days_of
from app.web.scorecards.figures import Asked, Subject, newest_day
from app.web.site import Site

SORTS = {
    "name": "name",
    "calls": "most calls",
    "mean": "highest mean score",
    "low": "lowest mean score",
    "passed": "highest pass rate",
    "flagged": "most flagged",
}
_MOST_CHARACTERS = 200


def asked_days(site: Site, visitor: Visitor, query: Mapping[str, str], subject: Subject | None = None) -> Days:
    """Return the days that an address asks for; without any, what `scorecards.period` names.

    Raises:
        BadRequestError: They cannot be read.
    """
    period = text_of(query, "period") or site.settings.scorecards.period
    needs_newest = period in ("month", "week")
    newest = newest_day(site, visitor.scope, subject) if needs_newest else site.now().date()
    return days_of(
        period,
        day=text_of(query, "day"),
        first=text_of(query, "from"),
        last=text_of(query, "to"),
        newest=newest,
    )


def asked_list(site: Site, visitor: Visitor, query: Mapping[str, str]) -> Asked:
    """Return the list of everybody that an address asks for.

    Raises:
        BadRequestError: Something in it cannot be read.
    """
    return Asked(
        scope=visitor.scope,
        days=asked_days(site, visitor, query),
        team=text_of(query, "team") or None,
        rubric_id=text_of(query, "rubric") or None,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """How a list is shown: sorted, searched and turned to a page. It changes no figure."""

    sort: str
    search: str
    page: int


def order_of(query: Mapping[str, str]) -> Order:
    """Return how an address wants its list.

    Raises:
        BadRequestError: There is no such order, or no such page.
    """
    sort = text_of(query, "sort") or "name"
    if sort not in SORTS:
        raise BadRequestError(f"sort: choose one of {', '.join(SORTS)}")
    return Order(sort=sort, search=text_of(query, "q"), page=read_page(query, most=10_000))


def text_of(query: Mapping[str, str], name: str) -> str:
    """Return a field of an address, or "".

    Raises:
        BadRequestError: It is too long, or holds what cannot be seen.
    """
    value = query.get(name, "").strip()
    if len(value) > _MOST_CHARACTERS or not value.isprintable():
        raise BadRequestError(f"{name}: at most {_MOST_CHARACTERS} letters, digits and signs")
    return value


def card_path(kind: str, subject: str, days: Days) -> str:
    """Return the address of a card."""
    return f"/scorecards/{kind}s/{quote(subject, safe='')}?{urlencode(days.query)}"


def file_path(kind: str, form: str, fields: Mapping[str, str | None]) -> str:
    """Return the address of a download."""
    given = {name: value for name, value in fields.items() if value}
    return f"/scorecards/files/{kind}/{form}?{urlencode(given)}"


def calls_path(days: Days, **filters: str | None) -> str:
    """Return the address of the list of calls that a figure is of."""
    bounds = {"since": days.bounds.get("from"), "until": days.bounds.get("to")}
    given = {name: value for name, value in {**filters, **bounds}.items() if value}
    return f"/calls?{urlencode(given)}" if given else "/calls"


def kpis_path(days: Days, team: str | None) -> str:
    """Return the address of the telephone system's figures of the same days."""
    return f"/kpis?{urlencode({**days.query, **({'team': team} if team else {})})}"
