"""Everything that a rendered scorecard report shows, put together once for all formats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from pipeline.config import CoachingSettings, ScorecardSettings
from pipeline.records import Scorecard, SubjectKind, SubjectSummary
from pipeline.scorecards.build import cards_of, summaries_of
from pipeline.scorecards.selection import ScorecardRows, Selection, select

EVERY_KIND: tuple[SubjectKind, ...] = ("agent", "team", "queue")
WORKSPACE_FORMS = ("html", "csv", "json")
"""What is written into the workspace: the others are made when somebody wants to hand them out."""


@dataclass(frozen=True, kw_only=True)
class ScorecardReport:
    """Scorecards and summaries of agents, teams and queues.

    Attributes:
        first_day: First day that the report covers in ``timezone``; None where no call has a time.
        last_day: Last day, inclusive.
        generated_at: Aware UTC.
        timezone: IANA zone in which days begin and times are shown.
        min_calls: The minimum sample for a judgement.
        calls_to_hear: At most this many calls to coach on are named per subject and period.
        exclusions: How many calls have which reason not to count; a call may have several.
        console_url: Where readers find the console, for links to calls; None where nobody has said so.
        only: What the calls are narrowed to, such as ``{"queue": "sales"}``; empty where they are not.
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
    console_url: str | None = None
    queues: tuple[SubjectSummary, ...] = ()
    only: Mapping[str, str] = field(default_factory=dict)

    @property
    def subjects(self) -> tuple[SubjectSummary, ...]:
        """The summaries of everybody: teams, queues, agents."""
        return (*self.teams, *self.queues, *self.agents)

    def summaries_of(self, kind: SubjectKind) -> tuple[SubjectSummary, ...]:
        """Return the summaries of all agents, of all teams, or of all queues."""
        return {"agent": self.agents, "team": self.teams, "queue": self.queues}[kind]


def build_report(
    rows: ScorecardRows,
    settings: ScorecardSettings,
    *,
    generated_at: datetime,
    title: str = "Scorecards",
    agent: str | None = None,
    team: str | None = None,
    queue: str | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
    cards: Sequence[SubjectKind] = EVERY_KIND,
    weekly_intervals: bool = True,
    coaching: CoachingSettings | None = None,
    console_url: str | None = None,
) -> ScorecardReport:
    """Return the report of agents, teams and queues that `pipeline.scorecards.render` writes.

    With ``agent``, the report holds that agent's scorecards only, with the standing among all agents; with ``team`` or
    ``queue``, those of everybody who has such calls, of these calls only, compared among themselves.

    Args:
        rows: What the store hands over.
        settings: Period, zone, minimum sample, how many calls to name.
        generated_at: Now, aware UTC.
        title: Heading of the report.
        agent: Only this agent; None for all.
        team: Only this team; None for all.
        queue: Only calls of this queue; None for all.
        first_day: First day in the site's zone; None for no bound.
        last_day: Last day, inclusive; None for no bound.
        cards: Whose scorecards are built beside the summaries, which are of everybody.
        weekly_intervals: Whether the trends of summaries have them.
        coaching: What makes a topic; None for the defaults.
        console_url: Where readers find the console; None for a report without links.
    """

    def chosen(by: SubjectKind, agent: str | None = None) -> Selection:
        return select(
            rows, settings, by=by, agent=agent, team=team, queue=queue, first_day=first_day, last_day=last_day
        )

    def told(of: Selection, by: SubjectKind) -> tuple[tuple[SubjectSummary, ...], tuple[Scorecard, ...]]:
        summaries = summaries_of(of, settings, by=by, weekly_intervals=weekly_intervals)
        return summaries, cards_of(of, rows, settings, by=by, coaching=coaching) if by in cards else ()

    all_agents = chosen("agent")
    agents, agent_cards = told(all_agents, "agent")
    by_agent, exclusions = all_agents, dict(all_agents.exclusions)
    teams: tuple[SubjectSummary, ...] = ()
    queues: tuple[SubjectSummary, ...] = ()
    other_cards: tuple[Scorecard, ...] = ()
    if agent is None:
        by_team, by_queue = chosen("team"), chosen("queue")
        teams, team_cards = told(by_team, "team")
        queues, queue_cards = told(by_queue, "queue")
        other_cards = (*team_cards, *queue_cards)
        exclusions |= by_team.exclusions
        if queues:  # a site whose recordings name no queue lacks nothing
            exclusions |= by_queue.exclusions
    else:
        by_agent = chosen("agent", agent)
        exclusions = dict(by_agent.exclusions)
    known_days = all_agents.calls["day"].dropna()
    return ScorecardReport(
        title=title,
        generated_at=generated_at,
        timezone=settings.timezone,
        period=settings.period,
        first_day=first_day or (None if known_days.empty else known_days.min().date()),
        last_day=last_day or (None if known_days.empty else known_days.max().date()),
        min_calls=settings.min_calls,
        calls_to_hear=settings.calls_to_hear,
        agents=tuple(summary for summary in agents if agent in (None, summary.subject)),
        teams=teams,
        queues=queues,
        scorecards=(*other_cards, *(card for card in agent_cards if agent in (None, card.subject))),
        exclusions=exclusions,
        console_url=console_url,
        only={kind: name for kind, name in (("agent", agent), ("team", team), ("queue", queue)) if name is not None},
    )
