"""What an agent may know of their team: its mean score, where it is the mean of enough people to tell of nobody."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from pipeline.store.tables import current_scores, recordings, scores


def team_mean(
    connection: Connection,
    team: str,
    *,
    first_at: datetime | None,
    before: datetime | None,
    min_agents: int,
) -> float | None:
    """Return the mean score 0..1 of a team's calls, or None where too few of its agents have any.

    Args:
        connection: Where to read.
        team: Whose calls.
        first_at: Begun then or later; None for no bound. Calls without a start time are left out where there is one.
        before: Begun earlier than this.
        min_agents: Agents with fewer others in the team would learn who has which score.
    """
    call = recordings.c
    means = (
        select(func.avg(scores.c.share), func.count(call.agent_id.distinct()))
        .join(current_scores, current_scores.c.call_id == call.call_id)
        .join(scores, scores.c.score_id == current_scores.c.score_id)
        .where(call.team == team, scores.c.share.is_not(None))
    )
    if first_at is not None:
        means = means.where(call.started_at >= first_at)
    if before is not None:
        means = means.where(call.started_at < before)
    mean, agents = connection.execute(means).one()
    return None if agents < min_agents else float(mean)
