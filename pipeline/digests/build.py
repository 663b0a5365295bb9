"""A digest from rows: pure, so that the same rows always give the same digest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pandas as pd

from pipeline.config import ScorecardSettings
from pipeline.digests.digest import AgentFigures, Change, Digest
from pipeline.digests.periods import DigestPeriod
from pipeline.digests.read import DigestSource
from pipeline.digests.wordless import wordless
from pipeline.records import CallToHear, SubjectKind, SubjectSummary
from pipeline.scorecards.build import summaries_of
from pipeline.scorecards.examples import calls_to_hear, flags_by_score
from pipeline.scorecards.selection import Selection, select
from pipeline.scorecards.statistics import difference, wilson
from pipeline.store.scorecard_rows import ScorecardRows

ALL_CALLS = "all calls"

OTHER_RUBRICS = "they were scored by other rubrics"
NO_CALLS = "no call was scored then"
NOTHING_TO_COMPARE = "no call was scored then by the same version of a rubric"
TOO_FEW = "there are too few calls"
"""Why two periods are not compared."""


def build_digest(
    source: DigestSource,
    team: str | None,
    period: DigestPeriod,
    settings: ScorecardSettings,
    *,
    now: datetime,
    quotes: bool = False,
) -> Digest:
    """Return the digest of a team's calls of a period.

    Args:
        source: Rows of this team only, or of all calls.
        team: None for all calls.
        period: Of which period.
        settings: Zone, minimum sample, how many calls to name.
        now: When, aware UTC.
        quotes: Whether words of calls may stand in it.
    """
    one_period = settings.model_copy(update={"period": "all"})
    rows = _of_one_team(source.rows)
    chosen = _select(rows, one_period, period)
    summary = _summary(chosen, one_period)
    before = _select(rows, one_period, period.before)
    compared = _by_the_same_rubrics(rows, chosen, before)
    later, earlier = (_summary(_select(compared, one_period, each), one_period) for each in (period, period.before))
    why_not = NOTHING_TO_COMPARE if before.calls["why_not"].isna().any() else NO_CALLS
    counted = chosen.calls[chosen.calls["why_not"].isna()]
    to_hear = _to_hear(chosen, rows.flags, settings.calls_to_hear)
    in_period = set(chosen.calls["score_id"].dropna())
    critical_errors, calls_scored = (summary.critical_errors, summary.calls_scored) if summary else (0, 0)
    return Digest(
        team=team,
        period=period,
        made_at=now,
        timezone=settings.timezone,
        ended=period.ended(now, ZoneInfo(settings.timezone)),
        min_calls=settings.min_calls,
        calls=summary.calls if summary else 0,
        calls_scored=calls_scored,
        excluded=summary.excluded if summary else {},
        enough_calls=bool(summary and summary.enough_calls),
        mean_share=summary.mean_share if summary else None,
        mean_change=change_of(later, earlier, "mean_share", none=why_not),
        pass_rate=summary.pass_rate if summary else None,
        pass_change=change_of(later, earlier, "pass_rate", none=why_not),
        critical_errors=critical_errors,
        critical_share=wilson(critical_errors, calls_scored),
        auto_fails=summary.auto_fails if summary else 0,
        flags_open=sum(flag["score_id"] in in_period for flag in rows.flags),
        calls_flagged=summary.flagged if summary else 0,
        reviewed=int(counted.loc[counted["reviewed_share"].notna(), "call_id"].nunique()),
        sessions=source.sessions,
        to_hear=to_hear if quotes else tuple(map(wordless, to_hear)),
        quotes=quotes,
        listed_by_flag=_listed_by_flag(counted, source.flagged),
        agents=_agents(rows, compared, one_period, period),
        waiting=source.waiting,
    )


def change_of(
    now: SubjectSummary | None,
    before: SubjectSummary | None,
    figure: Literal["mean_share", "pass_rate"],
    *,
    none: str = NOTHING_TO_COMPARE,
) -> Change:
    """Return by how much a figure exceeds that of the period before.

    The interval of the difference is made of those of both figures (MOVER: Zou and Donner, Statistics in Medicine 27,
    2008; for two Wilson intervals it is Newcombe's method 10).

    Args:
        now: Calls of the period; None where there is none.
        before: Calls of the one before.
        figure: Which figure.
        none: Why there is nothing to compare, where there is nothing.
    """
    later = getattr(now, figure, None)
    earlier = getattr(before, figure, None)
    if now is None or before is None or later is None or earlier is None:
        return Change(interval=None, why_not=none)
    if now.rubric_ids != before.rubric_ids:
        return Change(interval=None, why_not=OTHER_RUBRICS)
    if not (now.enough_calls and before.enough_calls):
        return Change(interval=None, why_not=TOO_FEW, calls=now.calls_scored)
    return Change(interval=difference(later, earlier), calls=now.calls_scored)


def _select(
    rows: ScorecardRows, settings: ScorecardSettings, period: DigestPeriod, by: SubjectKind = "team"
) -> Selection:
    return select(rows, settings, by=by, first_day=period.first, last_day=period.last)


def _summary(chosen: Selection, settings: ScorecardSettings) -> SubjectSummary | None:
    """Return the figures of all calls that were chosen; None where there is none."""
    found = summaries_of(chosen, settings, by="team", weekly_intervals=False)
    return found[0] if found else None


def _by_the_same_rubrics(rows: ScorecardRows, *periods: Selection) -> ScorecardRows:
    """Return the calls scored by rubrics, in the same version, that scored calls of both periods.

    Another version asks other questions: what differs between two may be the questions.
    """
    used = [set(chosen.calls.loc[chosen.calls["why_not"].isna(), "rubric_fingerprint"]) for chosen in periods]
    common = set.intersection(*used)
    return replace(rows, calls=[call for call in rows.calls if call["rubric_fingerprint"] in common])


def _agents(
    rows: ScorecardRows, compared: ScorecardRows, settings: ScorecardSettings, period: DigestPeriod
) -> tuple[AgentFigures, ...]:
    """Return the figures of each agent with calls in the period, in order of name."""

    def by_agent(rows: ScorecardRows, period: DigestPeriod) -> dict[str, SubjectSummary]:
        chosen = _select(rows, settings, period, by="agent")
        return {each.subject: each for each in summaries_of(chosen, settings, by="agent", weekly_intervals=False)}

    later, earlier = by_agent(compared, period), by_agent(compared, period.before)
    return tuple(
        AgentFigures(
            agent_id=agent,
            calls=summary.calls,
            calls_scored=summary.calls_scored,
            enough_calls=summary.enough_calls,
            mean_share=summary.mean_share,
            pass_rate=summary.pass_rate,
            critical_errors=summary.critical_errors,
            auto_fails=summary.auto_fails,
            rubric_ids=summary.rubric_ids,
            change=change_of(later.get(agent), earlier.get(agent), "mean_share"),
        )
        for agent, summary in sorted(by_agent(rows, period).items())
    )


def _to_hear(chosen: Selection, flags: Sequence[Mapping[str, Any]], limit: int) -> tuple[CallToHear, ...]:
    """Return the calls to hear first; one that several rubrics scored stands once, with its gravest flag."""
    by_call: dict[str, CallToHear] = {}
    for call in calls_to_hear(chosen.calls, flags_by_score(flags), len(chosen.calls)):
        by_call.setdefault(call.call_id, call)
    return tuple(by_call.values())[:limit]


def _listed_by_flag(counted: pd.DataFrame, flagged: Mapping[str, Collection[str]]) -> frozenset[str]:
    """Return the codes of flags that stand open on just those calls that are counted as having such an error."""
    columns = {"critical_error": "critical_error", "auto_fail": "auto_failed"}
    return frozenset(
        code
        for code, column in columns.items()
        if set(counted.loc[counted[column].fillna(False), "call_id"]) == set(flagged.get(code, ()))
    )


def _of_one_team(rows: ScorecardRows) -> ScorecardRows:
    """Return calls as those of one team: a digest of all calls knows no other, and none of them is without one."""
    return replace(rows, calls=[{**call, "team": ALL_CALLS} for call in rows.calls])
