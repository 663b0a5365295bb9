"""Everybody whose coaching a visitor may see: what repeats, what was sent, when somebody last talked with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.web.access.visitor import Visitor
from app.web.coaching.looked_back import looked_back
from app.web.site import Site
from app.web.snapshots import Snapshot, snapshot
from pipeline.coaching.answers import missed_by_agent
from pipeline.coaching.looking_back import LookingBack
from pipeline.records import Scope
from pipeline.scorecards.topics import MissedQuestion
from pipeline.store.coaching import LastSession, last_sessions, open_item_counts
from pipeline.store.coaching_answers import AgentInScope, agents_in_scope

PER_PAGE = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentLine:
    """An agent in the list; ``topics`` are the weightiest, ``more`` is how many others there are."""

    agent: AgentInScope
    topics: tuple[MissedQuestion, ...]
    more: int
    open_items: int
    last: LastSession | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Everybody:
    """The agents whose calls may be seen, with what repeats by agent."""

    agents: tuple[AgentInScope, ...]
    topics: Mapping[str, tuple[MissedQuestion, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class OverviewPage:
    """The list of agents.

    Attributes:
        everybody: Whether those with nothing to talk about are listed too.
        shot: Of when agents and topics are; its value is not shown by itself.
        back: What came of sessions.
    """

    lines: list[AgentLine]
    shot: Snapshot[Everybody]
    teams: list[str]
    team: str | None
    everybody: bool
    number: int
    more: bool
    total: int
    last_calls: int
    misses: int
    min_calls: int
    back: Snapshot[LookingBack]


def overview_page(site: Site, visitor: Visitor, *, team: str | None, everybody: bool, number: int) -> OverviewPage:
    """Return a page of the list, whoever needs it most first."""
    scope = visitor.scope
    shot = snapshot(site, ("coaching topics", scope), lambda: _everybody(site, scope))
    found = shot.value or Everybody(agents=(), topics={})
    with site.store.read() as connection:
        items = open_item_counts(connection, scope)
        last = last_sessions(connection, scope)
    lines = [
        _line(
            agent,
            found.topics.get(agent.agent_id, ()),
            items.get(agent.agent_id, 0),
            last.get(agent.agent_id),
            at_a_time=site.settings.coaching.max_topics,
        )
        for agent in found.agents
        if team is None or agent.team == team
    ]
    chosen = lines if everybody else [each for each in lines if each.topics or each.open_items or each.last]
    chosen.sort(key=_weight)
    first = PER_PAGE * (number - 1)
    return OverviewPage(
        lines=chosen[first : first + PER_PAGE],
        shot=shot,
        teams=sorted({agent.team for agent in found.agents if agent.team}),
        team=team,
        everybody=everybody,
        number=number,
        more=len(chosen) > first + PER_PAGE,
        total=len(chosen),
        last_calls=site.settings.coaching.last_calls,
        misses=site.settings.coaching.misses,
        min_calls=site.settings.scorecards.min_calls,
        back=looked_back(site, visitor, held=sum(each.sessions for each in last.values())),
    )


def _everybody(site: Site, scope: Scope) -> Everybody:
    with site.store.read() as connection:
        agents = agents_in_scope(connection, scope)
        missed = missed_by_agent(connection, scope, site.settings.coaching)
    topics = {agent: tuple(each for each in of_agent if each.repeats) for agent, of_agent in missed.items()}
    return Everybody(agents=tuple(agents), topics=topics)


def _line(
    agent: AgentInScope,
    topics: tuple[MissedQuestion, ...],
    items: int,
    last: LastSession | None,
    *,
    at_a_time: int,
) -> AgentLine:
    return AgentLine(
        agent=agent,
        topics=topics[:at_a_time],
        more=max(0, len(topics) - at_a_time),
        open_items=items,
        last=last,
    )


def _weight(line: AgentLine) -> tuple[int, int, int, str]:
    critical = sum(topic.critical for topic in line.topics)
    return -critical, -(len(line.topics) + line.more), -line.open_items, line.agent.agent_id
