"""Badges: only for what an interval shows, each with the figures that it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.digests.digest import AgentFigures, Badge
from pipeline.digests.figures_in_words import percent_points, share_from_to
from pipeline.scorecards.statistics import distinguishable, wilson
from pipeline.scorecards.words import count, percent

CLEAN_CALLS = 20
"""So many calls without a critical error or an auto-fail: of fewer, the interval reaches beyond one call in six."""

ABOUT = "Each agent is judged alone, at 95 %: of forty who did not change, one is told as improved by chance."
"""What is to be known wherever badges are shown."""


def badges(agents: Sequence[AgentFigures]) -> tuple[Badge, ...]:
    """Return what each agent's figures clearly show, in order of name.

    Args:
        agents: Of one team and period.
    """
    upper = _in_upper_group(agents)
    found = []
    for agent in agents:
        if not agent.enough_calls:
            continue
        if agent.agent_id in upper and agent.mean_share is not None:
            rest = f"mean {share_from_to(agent.mean_share)}, above the interval of every agent of the other groups"
            found.append(Badge(agent_id=agent.agent_id, title="clearly in the upper group", because=rest))
        change = agent.change.interval
        if change is not None and change.low > 0:
            because = f"mean up by {percent_points(change)} on the period before"
            found.append(Badge(agent_id=agent.agent_id, title="clearly improved", because=because))
        if not (agent.critical_errors or agent.auto_fails) and agent.calls_scored >= CLEAN_CALLS:
            found.append(_clean(agent))
    return tuple(found)


def _clean(agent: AgentFigures) -> Badge:
    """Say what so many calls without an error rule out (Wilson's upper bound of 0 in n)."""
    errors = wilson(0, agent.calls_scored)
    at_most = percent(errors.high) if errors is not None else ""
    because = f"nor an auto-fail: at most {at_most} of calls like these have either (95 % interval)"
    title = f"{count(agent.calls_scored, 'call')} without a critical error"
    return Badge(agent_id=agent.agent_id, title=title, because=because)


def _in_upper_group(agents: Sequence[AgentFigures]) -> set[str]:
    upper: set[str] = set()
    for rubric_ids in {agent.rubric_ids for agent in agents}:
        peers = [
            (agent, agent.mean_share)
            for agent in agents
            if agent.rubric_ids == rubric_ids and agent.enough_calls and agent.mean_share is not None
        ]
        groups = distinguishable([interval for _, interval in peers])
        if len(groups) > 1:
            upper |= {peers[member][0].agent_id for member in groups[0]}
    return upper
