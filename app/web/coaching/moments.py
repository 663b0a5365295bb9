"""Moments of a plan, and what was sent to coaching, as pages show them: words with their sound."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.web.call.criteria import Clip, Quote, clip_of, quote_of
from pipeline.coaching.plan import GoodExample, Moment, PlannedTopic
from pipeline.records import CoachingItem, Span
from pipeline.scorecards.topics import MissedQuestion


@dataclass(frozen=True, kw_only=True, slots=True)
class MomentView:
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
class ExampleView:
    """Where somebody else did it well; ``agent_id`` is None where pages do not say whose call it is."""

    call_id: str
    said: str
    agent_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """A miss that repeats, with what the rubric advises; empty where it does not."""

    missed: MissedQuestion
    advice: str
    moments: tuple[MomentView, ...]
    example: ExampleView | None

    @property
    def value(self) -> str:
        """What a form sends for it."""
        return value_of(self.missed)


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemView:
    """Something that was sent to coaching.

    Attributes:
        title: That of its question, where it has one.
        may_take_back: The visitor sent it, and no session has taken it up.
    """

    item: CoachingItem
    title: str | None
    clip: Clip | None
    may_take_back: bool = False


def value_of(missed: MissedQuestion) -> str:
    """Return what a form sends for a question."""
    return f"{missed.rubric_id} {missed.criterion_id}"


def topic_of(planned: PlannedTopic) -> Topic:
    """Return a topic of a plan as it is shown."""
    return Topic(
        missed=planned.missed,
        advice=planned.advice,
        moments=tuple(_moment(each) for each in planned.moments),
        example=_example(planned.example) if planned.example else None,
    )


def item_view(item: CoachingItem, titles: dict[str, str], *, may_take_back: bool = False) -> ItemView:
    """Return an item as it is shown; ``titles`` are those of questions by their ids."""
    clip = None
    if item.start_ms is not None and item.end_ms is not None:
        clip = clip_of(Span(start_ms=item.start_ms, end_ms=item.end_ms))
    title = titles.get(item.criterion_id, item.criterion_id) if item.criterion_id else None
    return ItemView(item=item, title=title, clip=clip, may_take_back=may_take_back)


def _moment(moment: Moment) -> MomentView:
    return MomentView(
        call_id=moment.call_id,
        started_at=moment.started_at,
        reason=moment.reason,
        quote=quote_of(moment.words) if moment.words else None,
        closest=moment.closest,
        searched=clip_of(moment.searched, lead_ms=0) if moment.searched else None,
    )


def _example(example: GoodExample) -> ExampleView:
    return ExampleView(call_id=example.call_id, said=example.said, agent_id=example.agent_id)
