"""Moments of calls to hear: where something was missed, where somebody else did it well, what was sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from app.web.call.criteria import Clip, Quote, clip_of, quote_of
from pipeline.records import AgentAnswer, CoachingItem, CriterionResult, Role, Scope, Span
from pipeline.reviewing.coaching import good_examples
from pipeline.scorecards.topics import MissedQuestion
from pipeline.store.scores import get_score

CLIPS_EACH = 3
_MOST_LOOKED_AT = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """Where a question was missed. Of the three kinds of place there is one, or none.

    Attributes:
        quote: Words that show it, or the closest to what was not said (``closest``).
        searched: Where it was looked for in vain.
    """

    call_id: str
    started_at: datetime | None
    reason: str
    quote: Quote | None
    closest: bool
    searched: Clip | None


@dataclass(frozen=True, kw_only=True, slots=True)
class GoodExample:
    """Where somebody else did it well; whose call it is, pages do not say."""

    call_id: str
    criterion_id: str
    quote: Quote


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemView:
    """Something that was sent to coaching; ``title`` is that of its question, where it has one."""

    item: CoachingItem
    title: str | None
    clip: Clip | None


def moments_of(connection: Connection, missed: MissedQuestion) -> tuple[Moment, ...]:
    """Return the latest misses of a question, to be heard."""
    return tuple(_moment(connection, answer) for answer in missed.misses[:CLIPS_EACH])


def example_of(connection: Connection, scope: Scope, missed: MissedQuestion) -> GoodExample | None:
    """Return a call of somebody else in which the same question went well, with the words that show it."""
    found = good_examples(connection, scope, asked=missed.asked, not_agent=missed.agent_id)
    for answer in found[:_MOST_LOOKED_AT]:
        result = _result(connection, answer)
        said = next((each for each in result.evidence if each.role is Role.AGENT), None) if result else None
        if said is not None:
            return GoodExample(call_id=answer.call_id, criterion_id=answer.criterion_id, quote=quote_of(said))
    return None


def item_view(item: CoachingItem, titles: dict[str, str]) -> ItemView:
    """Return an item as it is shown; ``titles`` are those of questions by their ids."""
    clip = None
    if item.start_ms is not None and item.end_ms is not None:
        clip = clip_of(Span(start_ms=item.start_ms, end_ms=item.end_ms))
    title = titles.get(item.criterion_id, item.criterion_id) if item.criterion_id else None
    return ItemView(item=item, title=title, clip=clip)


def _moment(connection: Connection, answer: AgentAnswer) -> Moment:
    result = _result(connection, answer)
    quote = quote_of(result.evidence[0]) if result and result.evidence else None
    nearest = result.nearest_miss if result and quote is None else None
    searched = result.searched if result and quote is None and nearest is None else None
    return Moment(
        call_id=answer.call_id,
        started_at=answer.started_at,
        reason=result.reason if result else "",
        quote=quote_of(nearest.evidence) if nearest else quote,
        closest=nearest is not None,
        searched=clip_of(searched, lead_ms=0) if searched else None,
    )


def _result(connection: Connection, answer: AgentAnswer) -> CriterionResult | None:
    score = get_score(connection, answer.score_id)
    results = score.results if score else ()
    return next((each for each in results if each.criterion_id == answer.criterion_id), None)
