"""What a digest holds: figures of one team's calls of one period, beside those of the period before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pipeline.digests.periods import DigestPeriod
from pipeline.records import CallToHear, Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """By how much a share exceeds that of the period before.

    Attributes:
        interval: -1..+1; None where the two periods cannot be compared.
        why_not: Why they cannot, in words; empty where they can.
        calls: So many calls of the period were compared: those scored by rubrics that scored the period before too.
    """

    interval: Interval | None
    why_not: str = ""
    calls: int = 0

    @property
    def clear(self) -> bool:
        """Whether it is told as a change: its interval leaves out 0."""
        return self.interval is not None and (self.interval.low > 0 or self.interval.high < 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentFigures:
    """One agent's calls of the period over all rubrics, and how their mean changed."""

    agent_id: str
    calls: int
    calls_scored: int
    enough_calls: bool
    mean_share: Interval | None
    pass_rate: Interval | None
    critical_errors: int
    auto_fails: int
    rubric_ids: tuple[str, ...]
    change: Change


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """What an agent is to be coached on: failed in ``missed`` of the last ``assessed`` calls that could be assessed."""

    agent_id: str
    title: str
    missed: int
    assessed: int
    critical: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """What waits for somebody at the moment of the digest, whatever the period.

    Attributes:
        disputes: Open disputes.
        topics: Repeated misses of agents, each agent's first.
        coaching_items: Moments that were sent to coaching and that no session has taken up.
    """

    disputes: int
    topics: tuple[Topic, ...]
    coaching_items: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Agents who cannot be told apart, in order of name.

    Attributes:
        agents: Those who are named: for an agent who looks, nobody else.
        size: How many they are.
        low: Their intervals reach from here, 0..1.
        high: To here.
    """

    agents: tuple[str, ...]
    size: int
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaderboard:
    """Groups of agents scored by the same rubrics, the best first; no places within a group.

    Attributes:
        not_listed: Agents with too few calls, and how many they have.
    """

    rubric_ids: tuple[str, ...]
    groups: tuple[Group, ...]
    not_listed: Mapping[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Badge:
    """What an agent's figures clearly show, and by which figures."""

    agent_id: str
    title: str
    because: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BudgetLine:
    """A target beside what was reached.

    Attributes:
        figure: ``mean_share``, ``pass_rate``, ``critical_error_share`` or ``calls_scored``.
        target: 0..1, or a number of calls.
        actual: With its interval; a number of calls has none, and is exact.
        verdict: ``met``, ``missed`` or ``cannot be told yet``.
        why: What the verdict rests on, in words.
    """

    subject_kind: str
    subject: str
    figure: str
    target: float
    actual: Interval | None
    count: int | None
    calls: int
    verdict: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Digest:
    """One team's calls of one period.

    Attributes:
        team: None: all calls.
        ended: False while further calls may begin in the period.
        calls: All calls that began in it; ``calls_scored`` of them have a score, the rest are in ``excluded``.
        critical_errors: Calls with a critical error; ``critical_share`` of the scored ones, with a Wilson interval.
        auto_fails: Calls with an auto-fail, which may have a critical error as well.
        listed_by_flag: Codes of flags by which the console lists exactly the calls counted as ``critical_errors``
            (``critical_error``) or ``auto_fails`` (``auto_fail``): none of these flags was closed, for one.
        flags_open: Flags that nobody has closed yet, on ``calls_flagged`` of the calls.
        reviewed: Calls to which people have given answers.
        sessions: Coaching sessions held in the period.
        to_hear: The calls to hear first.
        quotes: Whether their flags hold words of calls; else they say what the flags' codes mean.
        agents: In order of name.
    """

    team: str | None
    period: DigestPeriod
    made_at: datetime
    timezone: str
    ended: bool
    min_calls: int
    calls: int
    calls_scored: int
    excluded: Mapping[str, int]
    enough_calls: bool
    mean_share: Interval | None
    mean_change: Change
    pass_rate: Interval | None
    pass_change: Change
    critical_errors: int
    critical_share: Interval | None
    auto_fails: int
    flags_open: int
    calls_flagged: int
    reviewed: int
    sessions: int
    to_hear: tuple[CallToHear, ...]
    agents: tuple[AgentFigures, ...]
    waiting: Waiting
    quotes: bool = False
    listed_by_flag: frozenset[str] = frozenset()
    leaderboards: tuple[Leaderboard, ...] = ()
    badges: tuple[Badge, ...] = ()
    budget: tuple[BudgetLine, ...] = ()

    @property
    def too_few(self) -> tuple[AgentFigures, ...]:
        """Agents of whom too few calls were scored for a judgement."""
        return tuple(agent for agent in self.agents if not agent.enough_calls)
