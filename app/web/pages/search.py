"""Search: what was said, by whom and when, in all calls that the visitor may see."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.acts import Act
from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.errors import BadRequestError
from app.web.queue.choices import Choices, choices_of
from app.web.site import Site, site_of
from pipeline.audit.log import Detail
from pipeline.errors import QueryError
from pipeline.store.search import FoundCall, FoundTurn, SearchFilter, search_calls
from pipeline.store.search_index import unsearched_count
from pipeline.store.search_marks import Piece, pieces, spans_of
from pipeline.store.search_query import ALLOWED, MOST_BETWEEN, USUAL_BETWEEN, Query, Speaker, parse_query

router = APIRouter()

CALLS_OF_PAGE = 20
MOST_PAGES = 50
TURNS_OF_CALL = 3
SNIPPET = 260


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What the form holds, as it was typed."""

    q: str = ""
    near_one: str = ""
    near_other: str = ""
    near_within: str = str(USUAL_BETWEEN)
    speaker: str = ""
    together: str = ""
    agent: str = ""
    team: str = ""
    queue: str = ""
    since: str = ""
    until: str = ""
    least: str = ""
    most: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is looked for yet."""
        return not (self.q.strip() or self.near_one.strip() or self.near_other.strip())

    @property
    def has_more(self) -> bool:
        """Whether one of the fields is used that are folded away."""
        return any(getattr(self, name) for name in _FOLDED)


_FOLDED = ("near_one", "near_other", "together", "agent", "team", "queue", "since", "until", "least", "most")


@dataclass(frozen=True, kw_only=True, slots=True)
class Snippet:
    """Some of what a turn says, with what was looked for marked."""

    turn: FoundTurn
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """A call with its best turns; ``others`` more of its turns say something of it too."""

    call: FoundCall
    snippets: tuple[Snippet, ...]
    others: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchPage:
    """What the page shows. ``hits`` is None before anything was looked for, and where it cannot be."""

    asked: Asked
    choices: Choices
    unsearched: int
    allowed: str = ALLOWED
    problem: str = ""
    hits: tuple[Hit, ...] | None = None
    number: int = 1
    more: bool = False
    total: int | None = None


@router.get("/search")
def search(request: Request, visitor: Annotated[Visitor, Depends(Needs(Permission.SEARCH))], page: int = 1) -> Response:
    """Show the calls that say what was looked for."""
    site = site_of(request)
    asked = Asked(**{name: request.query_params.get(name, "").replace("\0", " ")[:10_000] for name in _NAMES})
    number = min(max(page, 1), MOST_PAGES)
    with site.store.read() as connection:
        shown = SearchPage(
            asked=asked,
            choices=choices_of(site, connection, visitor.scope),
            unsearched=unsearched_count(connection),
            number=number,
        )
    if asked.is_empty:
        return site.page(request, "search/search.html", visitor, page=shown)
    try:
        shown = _found(site, visitor, shown)
    except (QueryError, BadRequestError) as error:
        told = str(error)
        wrong = replace(shown, problem=told[:1].upper() + told[1:])
        return site.page(request, "search/search.html", visitor, status=422, page=wrong)
    hits = shown.hits or ()
    # What people look for may be personal data: the log keeps that somebody searched, where, and how much they saw.
    used: dict[str, Detail] = {name: value for name in _KEPT if (value := getattr(asked, name))}
    used |= {"calls": len(hits), "page": number}
    site.log(visitor, Act(action="search", subject=("list", "calls"), details=used))
    return site.page(request, "search/search.html", visitor, page=shown)


_NAMES = tuple(field.name for field in fields(Asked))
_KEPT = ("speaker", "agent", "team", "queue", "since", "until", "least", "most")


def _found(site: Site, visitor: Visitor, shown: SearchPage) -> SearchPage:
    asked = shown.asked
    if asked.agent and not visitor.knows_agents:
        raise BadRequestError("who reviews calls is not told whose they are: search without the agent")
    query = _query(asked)
    filters = _filters(asked, ZoneInfo(site.settings.scorecards.timezone))
    with site.store.read() as connection:
        found = search_calls(
            connection,
            query,
            filters,
            visitor.scope,
            together=bool(asked.together),
            limit=CALLS_OF_PAGE,
            offset=(shown.number - 1) * CALLS_OF_PAGE,
        )
    hits = tuple(_hit(call, query) for call in found.calls)
    return replace(shown, hits=hits, more=found.more and shown.number < MOST_PAGES, total=found.total)


def _query(asked: Asked) -> Query:
    typed = asked.q
    if asked.near_one.strip() or asked.near_other.strip():
        within = asked.near_within.strip() or str(USUAL_BETWEEN)
        if not within.isascii() or not within.isdigit() or int(within[:6]) > MOST_BETWEEN:
            raise BadRequestError(f"the number of words between is a number up to {MOST_BETWEEN}")
        typed += f" near:{within}({asked.near_one} {asked.near_other})"
    speaker: Speaker | None = None
    if asked.speaker:
        if asked.speaker not in ("agent", "customer"):
            raise BadRequestError("speaker is agent or customer")
        speaker = "agent" if asked.speaker == "agent" else "customer"
    return parse_query(typed, speaker=speaker)


def _filters(asked: Asked, zone: ZoneInfo) -> SearchFilter:
    until = _day(asked.until, zone)
    return SearchFilter(
        agent=asked.agent or None,
        team=asked.team or None,
        queue=asked.queue or None,
        since=_day(asked.since, zone),
        before=None if until is None else _day((until + timedelta(days=1)).date().isoformat(), zone),
        least_share=_share(asked.least),
        most_share=_share(asked.most),
    )


def _day(typed: str, zone: ZoneInfo) -> datetime | None:
    if not typed.strip():
        return None
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        raise BadRequestError("a day is written like 2026-10-14") from None
    if not 1971 <= day.year <= 9998:
        raise BadRequestError("that day is too far away")
    return datetime.combine(day, time.min, tzinfo=zone)


def _share(typed: str) -> float | None:
    if not typed.strip():
        return None
    try:
        percent = float(typed.strip().rstrip("%"))
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        raise BadRequestError("a score is a number from 0 to 100")
    return percent / 100


def _hit(call: FoundCall, query: Query) -> Hit:
    """Return a call with the turns that say most of what was looked for, in their order."""
    marked = []
    for turn in call.turns:
        spans = [spans_of(turn.text, term, turn.role) for term in query.wanted]
        marked.append((turn, [each for some in spans for each in some], sum(bool(some) for some in spans)))
    best = sorted(marked, key=lambda one: (-one[2], one[0].index))[:TURNS_OF_CALL]
    shown = sorted(best, key=lambda one: one[0].index)
    snippets = tuple(Snippet(turn=turn, pieces=pieces(turn.text, spans, most=SNIPPET)) for turn, spans, _ in shown)
    return Hit(call=call, snippets=snippets, others=len(call.turns) - len(snippets))
