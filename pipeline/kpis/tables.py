"""Calls, agents' days and surveys, joined; and what of them may be seen and was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

import pandas as pd

from pipeline.config import KpiSettings
from pipeline.kpis.calls import BORROWED, all_calls, known_teams
from pipeline.kpis.repeats import judge_repeats
from pipeline.kpis.staffing import agent_days
from pipeline.kpis.surveys import surveys_of_calls
from pipeline.records import EVERYTHING, Scope
from pipeline.records.kpis import KpiRows

PeriodKind = Literal["week", "month", "all"]


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedKpis:
    """Which figures are wanted.

    Attributes:
        scope: Whose calls may be seen.
        agent: Only this agent's; None for all. Likewise ``team``.
        first_day: First day in the site's zone; None for no bound. ``last_day`` is inclusive.
        period: One line per week or month, or in all.
    """

    scope: Scope = EVERYTHING
    agent: str | None = None
    team: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    period: PeriodKind = "all"


@dataclass(frozen=True)
class Tables:
    """What is counted: calls, agents' days and surveys.

    Attributes:
        surveys_without_call: Surveys that are left out since they name no known call, customer or agent.
    """

    calls: pd.DataFrame
    days: pd.DataFrame
    surveys: pd.DataFrame
    surveys_without_call: int = 0


def joined_tables(rows: KpiRows, settings: KpiSettings, *, zone: str) -> Tables:
    """Return all calls, days and surveys, each with its ``day`` in a zone: whoever shows them bounds them first."""
    calls = all_calls(rows.phone, rows.recordings, within_s=settings.match_within_s)
    calls[["resolved", "not_judged"]] = judge_repeats(calls, settings, until=rows.known_until)
    calls["day"] = calls["started_at"].dt.tz_convert(ZoneInfo(zone)).dt.date.astype("object")
    days = agent_days(rows.days, calls)
    days["team"] = known_teams(days, calls)
    surveys = surveys_of_calls(rows.surveys, calls, settings)
    surveys["agent_id_borrowed"] = surveys["agent_id"].isna()
    for name in ("agent_id", "team", "day", "share"):
        told = of_their_calls(surveys, calls[name])
        surveys[name] = told if name not in surveys else surveys[name].where(surveys[name].notna(), told)
    surveys["team"] = known_teams(surveys, calls)
    own_day = surveys["at"].dt.tz_convert(ZoneInfo(zone)).dt.date.astype("object")
    surveys["day"] = surveys["day"].where(surveys["day"].notna(), own_day)
    return Tables(calls, days, surveys)


def asked_tables(tables: Tables, asked: AskedKpis) -> Tables:
    """Return what figures are counted of; each table has a ``period``.

    Beyond this function, which all pages, the API and the command share, nothing is out of the scope of who asks: no
    call, and of a call that may be seen no recording of an agent or team that may not, nor its score, nor its agent.
    """
    nowhere = tables.surveys["call"].isna() & tables.surveys["agent_id"].isna()
    lost = int(within_days(tables.surveys[nowhere], asked).sum()) if asked.scope.whole else 0
    calls, surveys = tables.calls, tables.surveys[~nowhere]
    if not asked.scope.whole:
        own = own_recordings(calls, asked.scope)
        calls, surveys = without_borrowed(calls, surveys, own)
        calls = calls.assign(**{name: calls[name].where(own) for name in ("share", "call_id", "external_id")})
        surveys = surveys.assign(share=of_their_calls(surveys, calls["share"]))
    return Tables(_asked_for(calls, asked), _asked_for(tables.days, asked), _asked_for(surveys, asked), lost)


def of_their_calls(surveys: pd.DataFrame, column: pd.Series) -> pd.Series:
    """Return what a column of the calls tells of each survey's call."""
    return surveys["call"].map(column).astype(column.dtype)


def own_recordings(calls: pd.DataFrame, scope: Scope) -> pd.Series[bool]:
    """Tell of which calls the recording may be seen: it may be another agent's or team's than the call is."""
    own = pd.Series(True, index=calls.index)
    if scope.agent_id is not None:
        own &= calls["recorded_agent_id"] == scope.agent_id
    if scope.teams is not None:
        own &= calls["recorded_team"].isin(scope.teams)
    return own


def without_borrowed(
    calls: pd.DataFrame, surveys: pd.DataFrame, own: pd.Series[bool]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return calls and surveys without what they have from recordings that may not be seen, such as the agent's name.

    Args:
        calls: As `all_calls` gives them; ``own`` tells of which the recording may be seen.
        surveys: With ``agent_id_borrowed``: the agent is that of the call, as the survey names none.
    """
    hidden = {name: calls[f"{name}_borrowed"] & ~own for name in BORROWED}
    of_hidden = surveys["agent_id_borrowed"] & surveys["call"].isin(calls.index[hidden["agent_id"]])
    return (
        calls.assign(**{name: calls[name].mask(where) for name, where in hidden.items()}),
        surveys.assign(agent_id=surveys["agent_id"].mask(of_hidden)),
    )


def seen(frame: pd.DataFrame, asked: AskedKpis) -> pd.Series[bool]:
    """Tell which lines may be seen and are of the agent and team asked for, and of the days."""
    kept = within_days(frame, asked)
    for name, wanted in (("agent_id", asked.agent), ("agent_id", asked.scope.agent_id), ("team", asked.team)):
        if wanted is not None:
            kept &= frame[name] == wanted
    if asked.scope.teams is not None:
        kept &= frame["team"].isin(asked.scope.teams)
    return kept


def within_days(frame: pd.DataFrame, asked: AskedKpis) -> pd.Series[bool]:
    """Tell which lines are of the days asked for; those without a day are only where there is no bound."""
    day = frame["day"]
    kept = pd.Series(True, index=frame.index)
    if asked.first_day is not None or asked.last_day is not None:
        kept &= day.notna()
    for bound, within in ((asked.first_day, pd.Series.ge), (asked.last_day, pd.Series.le)):
        if bound is not None:
            kept &= within(pd.to_datetime(day), pd.Timestamp(bound))
    return kept


def _asked_for(frame: pd.DataFrame, asked: AskedKpis) -> pd.DataFrame:
    """Return the lines that may be seen and were asked for, with the label of their period."""
    chosen = frame[seen(frame, asked)].copy()
    if asked.period == "all":
        return chosen.assign(period="all")
    day = pd.to_datetime(chosen["day"])
    label = day.dt.strftime("%Y-%m" if asked.period == "month" else "%G-W%V")
    return chosen[day.notna()].assign(period=label)
