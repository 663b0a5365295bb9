"""Which call somebody hears next: first what was given to them, then what is anybody's, in the order of the queue."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from sqlalchemy import Connection

from app.web.access.visitor import Visitor
from app.web.queue.filters import AskedCalls
from pipeline.store.overviews import CallOverview, OverviewFilter, after_in_queue, get_overview, list_overviews

Whose = Literal["mine", "anybody", "others"]
_OURS: tuple[Whose, ...] = ("mine", "anybody")


def next_in_queue(
    connection: Connection, asked: AskedCalls, visitor: Visitor, *, after: str | None = None
) -> str | None:
    """Return the id of the call to hear next, or None where nothing waits any more.

    A call that the visitor took themselves is left out: nobody judges their own.

    Args:
        connection: Where to read; overviews are up to date.
        asked: The filters. Where they ask for calls of others, those come too.
        visitor: Who hears it.
        after: The call that they come from: what comes behind it, if it still waits; it is never the answer.
    """
    own = tuple(name for name in (visitor.user.agent_id, visitor.user.name) if name)
    filters = replace(asked.filters, waiting=True, not_of_agents=own)
    turns = _OURS if filters.whose is None else (filters.whose,)
    seen = get_overview(connection, after, visitor.scope) if after else None
    if seen is not None and seen.waits:
        at = _turn_of(filters, visitor, seen, turns)
        if at is not None:
            of_turn = replace(filters, whose=turns[at])
            behind = after_in_queue(connection, of_turn, visitor.scope, seen)
            if behind is not None:
                return behind
            turns = (*turns[at + 1 :], *turns[: at + 1])  # and from the beginning once more
    for whose in turns:
        found = list_overviews(connection, replace(filters, whose=whose), visitor.scope, order="queue", limit=2)
        first = next((call.call_id for call in found if call.call_id != after), None)
        if first is not None:
            return first
    return None


def _turn_of(filters: OverviewFilter, visitor: Visitor, seen: CallOverview, turns: tuple[Whose, ...]) -> int | None:
    """Return to which of the turns a call belongs."""
    mine = seen.assigned_to == visitor.user.name or (seen.assigned_to is None and filters.folded_name in seen.reviewers)
    anybodys = seen.assigned_to is None and not seen.reviewers
    whose: Whose = "mine" if mine else "anybody" if anybodys else "others"
    return turns.index(whose) if whose in turns else None
