"""Search: the calls in which something was said."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Query, Request, Response

from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.api.edge import Instant, OfAgent, OfQueue, OfTeam, UnknownParameterError, make_router, problems
from app.web.api.paging import Page, Paged, require_kinds, write_cursor
from app.web.api.sight import act, refuse_agent_filter
from app.web.site import site_of
from pipeline.errors import QueryError
from pipeline.store.search import FoundCall, SearchFilter, search_calls
from pipeline.store.search_query import Speaker, parse_query

router = make_router("search")

Share = Annotated[float | None, Query(ge=0, le=1, description="Bound of the score that counts, 0 to 1.")]
_MOST_OFFSET = 10_000


@router.get("/search", response_model=Page[FoundCall], responses=problems(400))
def search_find(
    *,
    request: Request,
    response: Response,
    visitor: Annotated[Visitor, Depends(Needs(Permission.SEARCH))],
    paging: Paged,
    q: Annotated[
        str,
        Query(
            min_length=1,
            max_length=500,
            description='Words, "phrases", beginnings*, agent:word or customer:word, near:5(two words), -without.',
        ),
    ],
    speaker: Annotated[Speaker | None, Query(description="Who says it, where q does not tell.")] = None,
    together: Annotated[bool, Query(description="One turn has to say all of it.")] = False,
    agent: OfAgent = None,
    team: OfTeam = None,
    queue: OfQueue = None,
    since: Annotated[Instant | None, Query(description="Calls that began then or later.")] = None,
    before: Annotated[Instant | None, Query(description="Calls that began earlier.")] = None,
    share_from: Share = None,
    share_to: Share = None,
) -> Page[FoundCall]:
    """Find calls by what is said in them, the newest first, each with the turns that say it.

    The pages of this list count from its beginning: a call that is added between two pages moves the others by one.
    """
    refuse_agent_filter(visitor, agent)
    site = site_of(request)
    (offset,) = require_kinds(paging.after, int) or (0,)
    asked = SearchFilter(
        agent=agent,
        team=team,
        queue=queue,
        since=since,
        before=before,
        least_share=share_from,
        most_share=share_to,
    )
    try:
        query = parse_query(q, speaker=speaker)
        with site.store.read() as connection:
            found = search_calls(
                connection,
                query,
                asked,
                visitor.scope,
                together=together,
                limit=paging.limit,
                offset=min(max(offset, 0), _MOST_OFFSET),
            )
    except QueryError as error:
        raise UnknownParameterError(f"q: {error}") from None
    # what people look for may be personal data: the log keeps that somebody searched, and how much they saw
    site.log(visitor, act(visitor, "search", "list", "calls", calls=len(found.calls)))
    behind = offset + paging.limit
    cursor = write_cursor((behind,)) if found.more and behind <= _MOST_OFFSET else None
    if cursor:
        paging.link(cursor, response)
    calls = found.calls if visitor.knows_agents else [replace(call, agent_id=None) for call in found.calls]
    return Page(items=list(calls), next=cursor)
