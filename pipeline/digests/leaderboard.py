"""Leaderboards that show what the statistics show: groups that can be told apart, and no places within them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.digests.digest import AgentFigures, Group, Leaderboard
from pipeline.records import Interval
from pipeline.scorecards.statistics import distinguishable


def leaderboards(agents: Sequence[AgentFigures]) -> tuple[Leaderboard, ...]:
    """Return one leaderboard for each set of rubrics, since rubrics are not equally hard.

    Nobody with too few calls is listed. A board with one group says that nobody can be told apart.

    Args:
        agents: Of one team and period.
    """
    by_rubrics: dict[tuple[str, ...], list[AgentFigures]] = {}
    for agent in agents:
        if agent.rubric_ids:
            by_rubrics.setdefault(agent.rubric_ids, []).append(agent)
    return tuple(_board(rubric_ids, compared) for rubric_ids, compared in sorted(by_rubrics.items()))


def seen_by_agent(board: Leaderboard, agent: str) -> Leaderboard:
    """Return a leaderboard as one of its agents may see it: the groups, and nobody's name but their own."""
    groups = tuple(
        replace(group, agents=tuple(name for name in group.agents if name == agent)) for group in board.groups
    )
    return replace(board, groups=groups, not_listed={n: c for n, c in board.not_listed.items() if n == agent})


def _board(rubric_ids: tuple[str, ...], agents: Sequence[AgentFigures]) -> Leaderboard:
    listed: list[tuple[AgentFigures, Interval]] = [
        (agent, agent.mean_share) for agent in agents if agent.enough_calls and agent.mean_share is not None
    ]
    groups = []
    for members in distinguishable([interval for _, interval in listed]):
        intervals = [listed[member][1] for member in members]
        groups.append(
            Group(
                agents=tuple(sorted(listed[member][0].agent_id for member in members)),
                low=min(interval.low for interval in intervals),
                high=max(interval.high for interval in intervals),
                size=len(members),
            )
        )
    return Leaderboard(
        rubric_ids=rubric_ids,
        groups=tuple(groups),
        not_listed={agent.agent_id: agent.calls_scored for agent in agents if not agent.enough_calls},
    )
