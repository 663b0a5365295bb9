"""What the telephone system's figures and surveys say about agents and teams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from pipeline.records.scorecard import Interval, Period

Columns = Mapping[str, Sequence[Any]]
"""A table by column: as many values in each, None where unknown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownUntil:
    """When the newest call of each source began whose customer is known: what customers did later nobody knows yet.

    Attributes:
        phone: Of the telephone system's calls; None where there is none.
        recordings: Of recorded calls, likewise.
    """

    phone: datetime | None
    recordings: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class KpiRows:
    """What figures are made of, as the store hands it over; times are aware UTC.

    Attributes:
        phone: The telephone system's calls: phone_key, call_ref, leg, agent_id, team, queue, topic, customer_ref,
            direction, started_at, talk_s, hold_s, wrap_up_s, transferred.
        recordings: Recorded calls: call_id, external_id, agent_id, team, queue, customer_ref, direction, started_at,
            share: the machine's current score 0..1, and topic: the id of their contact reason.
        days: Agents' days: agent_id, day, team, logged_in_s, available_s, talk_s, hold_s, wrap_up_s, calls.
        surveys: survey_key, call_ref, agent_id, customer_ref, sent_at, answered_at, csat, nps, effort.
        known_until: How far each source reaches.
    """

    phone: Columns
    recordings: Columns
    days: Columns
    surveys: Columns
    known_until: KnownUntil


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanFigure:
    """A mean of ``n`` values with its 95 % interval; ``low`` and ``high`` are None for a single value."""

    mean: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ShareFigure:
    """``count`` of ``n``, with its 95 % interval."""

    interval: Interval
    count: int
    n: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SurveyFigures:
    """What customers answered.

    Attributes:
        sent: Surveys that were sent; None where the export does not tell when any was sent.
        answered: Those with an answer.
        response_rate: Of those sent.
        satisfied: CSAT: share of answers that are satisfied ones.
        promoter_score: NPS: share of promoters (9, 10) less that of detractors (0 to 6), -1..+1.
        promoter_answers: How many answers that is of.
        effort: Mean customer effort, 1..7, as it was asked.
    """

    sent: int | None
    answered: int
    response_rate: ShareFigure | None
    satisfied: ShareFigure | None
    promoter_score: Interval | None
    promoter_answers: int
    effort: MeanFigure | None


@dataclass(frozen=True, kw_only=True, slots=True)
class KpiFigures:
    """One agent's or team's figures of one period, or everybody's; what is unknown is None.

    Attributes:
        subject_kind: ``agent``, ``team`` or ``everybody``.
        team: An agent's team, where it is one.
        calls: The telephone system's calls, and recorded ones that it does not have; a recording that begins
            during a call of the same customer, though it could not be joined to it, is no call of its own.
        handled: Calls of the telephone system that an agent talked in.
        recorded: Calls of which there is a recording.
        handle_s: Average handle time: talk, hold and wrap-up of a handled call.
        transferred: Share of handled calls that were passed on.
        days: Agents' days of which logged-in or available time is known.
        occupancy: Time spent on calls, of that and of the time spent waiting for one; 0..1.
        calls_per_hour: Calls handled per hour logged in.
        resolved: First-call resolution: share of calls after which the customer did not call again in time.
        not_judged: Why calls do not count in that, with how many.
        enough_calls: False below the minimum sample: then no rank and no colour.
    """

    subject_kind: Literal["agent", "team", "everybody"]
    subject: str
    team: str | None
    period: Period
    calls: int
    handled: int
    recorded: int
    handle_s: MeanFigure | None
    talk_s: MeanFigure | None
    hold_s: MeanFigure | None
    wrap_up_s: MeanFigure | None
    transferred: ShareFigure | None
    days: int
    logged_in_s: float | None
    occupancy: float | None
    calls_per_hour: float | None
    resolved: ShareFigure | None
    not_judged: Mapping[str, int]
    surveys: SurveyFigures
    enough_calls: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Relation:
    """How the machine's scores go with another figure: Spearman's rank correlation. A relation is not a cause.

    Attributes:
        figure: Which one, such as ``handle_s``.
        of: Whether calls were compared, or agents by their means; None where there were too few of either.
        n: How many calls or agents; where nothing is told, of those that there were most of.
        agents: How many agents' calls they are.
        rho: -1..+1; None where ``n`` is too small, or all values are equal.
        low: Lower end of the 95 % interval; ``high`` is the upper one. None where there is none by this method.
        method: How the interval was made.
    """

    figure: str
    of: Literal["calls", "agents"] | None
    n: int
    agents: int
    rho: float | None
    low: float | None
    high: float | None
    method: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Joined:
    """How the telephone system's calls met recordings.

    Attributes:
        by: How many calls, by what they were joined: ``call id``, ``external id``, ``agent and start``.
        without_recording: Calls of the telephone system that no recording was found for.
        without_phone_call: Recordings that the telephone system's export does not have.
        unmet_though_told: Of these, those of days of which it tells calls.
    """

    by: Mapping[str, int]
    without_recording: int
    without_phone_call: int
    unmet_though_told: int

    @property
    def joined(self) -> int:
        """How many calls have both."""
        return sum(self.by.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class RepeatWindows:
    """Within how many days a further call of the customer counts."""

    days: float
    by_queue: Mapping[str, float]
    by_topic: Mapping[str, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class KpiReport:
    """All figures of some days.

    Attributes:
        known_until: How far each source reaches: a call whose window ends later is not judged yet.
        everybody: Over all calls, one for each period.
        surveys_without_call: Surveys of these days that name no known call, customer or agent.
    """

    generated_at: datetime
    first_day: date | None
    last_day: date | None
    timezone: str
    min_calls: int
    min_related: int
    satisfied_from: int
    windows: RepeatWindows
    known_until: KnownUntil
    joined: Joined
    surveys_without_call: int
    everybody: tuple[KpiFigures, ...]
    teams: tuple[KpiFigures, ...]
    agents: tuple[KpiFigures, ...]
    relations: tuple[Relation, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class KpiCall:
    """One of the calls that figures are of; what is unknown is None.

    Attributes:
        call_id: Its recording, where there is one that whoever asks may see.
        from_phone: Whether the telephone system told of it.
        handled: Whether an agent talked in it, so that its times count.
        resolved: Whether the customer made no further call in time.
        not_judged: Why that is not known; None where it is.
    """

    call_id: str | None
    from_phone: bool
    agent_id: str | None
    team: str | None
    queue: str | None
    direction: str | None
    started_at: datetime | None
    talk_s: float | None
    hold_s: float | None
    wrap_up_s: float | None
    handle_s: float | None
    handled: bool
    transferred: bool | None
    resolved: bool | None
    not_judged: str | None
    csat: int | None
    nps: int | None
    effort: int | None
