"""Everything that a rendered scorecard report shows, put together once for all formats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pipeline.config import ScorecardSettings
from pipeline.records import Scorecard, SubjectSummary
from pipeline.scorecards.build import cards_of, summaries_of
from pipeline.scorecards.selection import ScorecardRows, Selection, SubjectKind, select

BOTH: tuple[SubjectKind, ...] = ("agent", "team")


@dataclass(frozen=True, kw_only=True)
class ScorecardReport:
    """Scorecards and summaries of agents and teams.

    Attributes:
        first_day: First day that the report covers in ``timezone``; None where no call has a time.
        last_day: Last day, inclusive.
        generated_at: Aware UTC.
        timezone: IANA zone in which days begin and times are shown.
        min_calls: The minimum sample for a judgement.
        calls_to_hear: At most this many calls to coach on are named per subject and period.
        exclusions: How many calls have which reason not to count; a call may have several.
    """

    title: str
    generated_at: datetime
    timezone: str
    period: str
    first_day: date | None
    last_day: date | None
    min_calls: int
    calls_to_hear: int
    agents: tuple[SubjectSummary, ...]
    teams: tuple[SubjectSummary, ...]
    scorecards: tuple[Scorecard, ...]
    exclusions: Mapping[str, int]


def build_report(
    rows: ScorecardRows,
    settings: ScorecardSettings,
    *,
    generated_at: datetime,
    title: str = "Scorecards",
    agent: str | None = None,
    team: str | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
    cards: Sequence[SubjectKind] = BOTH,
    weekly_intervals: bool = True,
) -> ScorecardReport:
    """Return the report of agents and teams that `pipeline.scorecards.render` writes.

    With ``agent``, the report holds that agent's scorecards only, with the standing among all agents; with ``team``,
    the team's and its agents', compared among themselves.

    Args:
        rows: What the store hands over.
        settings: Period, zone, minimum sample, how many calls to name.
        generated_at: Now, aware UTC.
        title: Heading of the report.
        agent: Only this agent; None for all.
        team: Only this team; None for all.
        first_day: First day in the site's zone; None for no bound.
        last_day: Last day, inclusive; None for no bound.
        cards: Whose scorecards are built beside the summaries, which are of everybody.
        weekly_intervals: Whether the trends of summaries have them.
    """

    def chosen(by: SubjectKind, agent: str | None = None) -> Selection:
        return select(rows, settings, by=by, agent=agent, team=team, first_day=first_day, last_day=last_day)

    def summaries(of: Selection, by: SubjectKind) -> tuple[SubjectSummary, ...]:
        return summaries_of(of, settings, by=by, weekly_intervals=weekly_intervals)

    all_agents = chosen("agent")
    only_theirs = agent is None or all(row["agent_id"] == agent for row in rows.calls)
    by_agent = all_agents if only_theirs else chosen("agent", agent)
    exclusions = dict(by_agent.exclusions)
    agents = summaries(all_agents, "agent")
    agent_cards = cards_of(all_agents, rows, settings, by="agent") if "agent" in cards else ()
    teams: tuple[SubjectSummary, ...] = ()
    team_cards: tuple[Scorecard, ...] = ()
    if agent is None:
        by_team = chosen("team")
        exclusions |= by_team.exclusions
        teams = summaries(by_team, "team")
        team_cards = cards_of(by_team, rows, settings, by="team") if "team" in cards else ()
    known_days = by_agent.calls["day"].dropna().tolist()
    return ScorecardReport(
        title=title,
        generated_at=generated_at,
        timezone=settings.timezone,
        period=settings.period,
        first_day=first_day or min(known_days, default=None),
        last_day=last_day or max(known_days, default=None),
        min_calls=settings.min_calls,
        calls_to_hear=settings.calls_to_hear,
        agents=tuple(summary for summary in agents if agent in (None, summary.subject)),
        teams=teams,
        scorecards=(*team_cards, *(card for card in agent_cards if agent in (None, card.subject))),
        exclusions=exclusions,
    )
