"""Scorecards and summaries: pure functions of stored rows; pandas carries the aggregation."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import pandas as pd

from pipeline.config import CoachingSettings, ScorecardSettings
from pipeline.records import (
    CallToHear,
    CoachingTopic,
    CriterionSummary,
    Interval,
    ReviewedFigures,
    Scorecard,
    Standing,
    SubjectKind,
    SubjectSummary,
    TrendPoint,
)
from pipeline.scorecards.criteria import coaching_topics, criterion_summaries
from pipeline.scorecards.examples import FlagsByScore, calls_to_hear, flags_by_score, good_calls
from pipeline.scorecards.peers import Spread, corrected, spread_of, with_measures, with_pooled
from pipeline.scorecards.selection import NOT_SCORED, ScorecardRows, Selection, answers_of, group_numbers, select
from pipeline.scorecards.statistics import DECIMALS, bootstrap_mean, distinguishable, wilson
from pipeline.scorecards.trend import weekly_trend

Compared = TypeVar("Compared", Scorecard, SubjectSummary)


def build_scorecards(
    rows: ScorecardRows,
    settings: ScorecardSettings,
    *,
    by: SubjectKind,
    agent: str | None = None,
    team: str | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
    coaching: CoachingSettings | None = None,
) -> tuple[Scorecard, ...]:
    """Return one scorecard per subject, period and rubric fingerprint.

    Calls that have no score have no rubric either: `summarise` counts them.

    Args:
        rows: What the store hands over.
        settings: Period, zone, minimum sample, how many calls to name.
        by: Whose scorecards.
        agent: Only this agent's calls; None for all. Standings need all.
        team: Only this team's calls; None for all.
        first_day: First day in the site's zone; None for no bound.
        last_day: Last day, inclusive; None for no bound.
        coaching: What makes a topic; None for the defaults.

    Returns:
        In order of period, subject and rubric; empty where no call was scored.
    """
    chosen = select(rows, settings, by=by, agent=agent, team=team, first_day=first_day, last_day=last_day)
    return cards_of(chosen, rows, settings, by=by, coaching=coaching)


def cards_of(
    chosen: Selection,
    rows: ScorecardRows,
    settings: ScorecardSettings,
    *,
    by: SubjectKind,
    coaching: CoachingSettings | None = None,
) -> tuple[Scorecard, ...]:
    """Return the scorecards of calls that were chosen already; as `build_scorecards`."""
    calls = chosen.calls[chosen.calls["why_not"] != NOT_SCORED]
    if calls.empty:
        return ()
    keys = ["period", "subject", "rubric_id", "rubric_version", "rubric_fingerprint"]
    calls = calls.sort_values(["started_at", "call_id"], na_position="first", kind="stable")
    calls = calls.assign(card=group_numbers(calls, keys), place=range(len(calls)))
    answers = answers_of(rows, calls)
    named = _Named(
        flags=flags_by_score(rows.flags),
        criteria=criterion_summaries(answers, calls, settings.min_calls),
        topics=coaching_topics(answers, calls, coaching or CoachingSettings()) if by == "agent" else {},
        good=good_calls(calls[calls["why_not"].isna()], answers, settings.calls_to_hear),
    )
    groups: Iterable[tuple[Any, pd.DataFrame]] = calls.groupby("card")
    cards = [_scorecard(number, group, named, by=by, chosen=chosen, settings=settings) for number, group in groups]
    return _with_peers(cards, lambda card: (card.period.label, card.rubric_fingerprint))


def summarise(
    rows: ScorecardRows,
    settings: ScorecardSettings,
    *,
    by: SubjectKind,
    agent: str | None = None,
    team: str | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
) -> tuple[SubjectSummary, ...]:
    """Return one summary per subject and period over all rubrics, each call counted once.

    Arguments as for `build_scorecards`.

    Returns:
        In order of period and subject; also for subjects none of whose calls has a score.
    """
    chosen = select(rows, settings, by=by, agent=agent, team=team, first_day=first_day, last_day=last_day)
    return summaries_of(chosen, settings, by=by)


def summaries_of(
    chosen: Selection, settings: ScorecardSettings, *, by: SubjectKind, weekly_intervals: bool = True
) -> tuple[SubjectSummary, ...]:
    """Return the summaries of calls that were chosen already; as `summarise`."""
    if chosen.calls.empty:
        return ()
    summaries = [
        _summary(group, by=by, chosen=chosen, settings=settings, weekly_intervals=weekly_intervals)
        for _, group in chosen.calls.groupby(group_numbers(chosen.calls, ["period", "subject"]))
    ]
    placed = _with_peers(summaries, lambda summary: (summary.period.label, summary.rubric_ids))
    return with_measures(placed, chosen.calls, chosen.measures, settings)


@dataclass(frozen=True, kw_only=True)
class _Named:
    """What is told of all scorecards at once: flags by score, the rest by the number of the scorecard."""

    flags: FlagsByScore
    criteria: Mapping[int, tuple[CriterionSummary, ...]]
    topics: Mapping[int, tuple[CoachingTopic, ...]]
    good: Mapping[int, tuple[CallToHear, ...]]


def _scorecard(
    number: int,
    group: pd.DataFrame,
    named: _Named,
    *,
    by: SubjectKind,
    chosen: Selection,
    settings: ScorecardSettings,
) -> tuple[Scorecard, Spread]:
    counted = group[group["why_not"].isna()]
    card = Scorecard(
        subject_kind=by,
        subject=str(group["subject"].iloc[0]),
        team=_latest_team(group) if by != "queue" else None,
        period=chosen.periods[group["period"].iloc[0]],
        rubric_id=str(group["rubric_id"].iloc[0]),
        rubric_version=int(group["rubric_version"].iloc[0]),
        rubric_fingerprint=str(group["rubric_fingerprint"].iloc[0]),
        **_figures(counted, settings),
        excluded=_excluded(group),
        flagged=int(group["flagged"].sum()),
        criteria=named.criteria.get(number, ()),
        trend=_trend(counted),
        calls_to_hear=calls_to_hear(group, named.flags, settings.calls_to_hear),
        best_calls=named.good.get(number, ()),
        topics=named.topics.get(number, ()),
    )
    return card, spread_of(counted)


def _summary(
    group: pd.DataFrame,
    *,
    by: SubjectKind,
    chosen: Selection,
    settings: ScorecardSettings,
    weekly_intervals: bool,
) -> tuple[SubjectSummary, Spread]:
    calls = _one_line_per_call(group)
    counted = calls[calls["why_not"].isna()]
    rubric_ids = group.loc[group["why_not"].isna(), "rubric_id"]
    summary = SubjectSummary(
        subject_kind=by,
        subject=str(group["subject"].iloc[0]),
        team=_latest_team(group) if by != "queue" else None,
        period=chosen.periods[group["period"].iloc[0]],
        calls=len(calls),
        **_figures(counted, settings),
        excluded=_excluded(calls),
        flagged=int(calls["flagged"].sum()),
        rubric_ids=tuple(sorted({str(rubric_id) for rubric_id in rubric_ids})),
        trend=_trend(counted, intervals=weekly_intervals),
    )
    return summary, spread_of(counted)


def _one_line_per_call(group: pd.DataFrame) -> pd.DataFrame:
    """Return one line per call: the newest version of each rubric counts, and several rubrics are averaged."""
    if group["call_id"].is_unique:
        return group
    newest = group.sort_values("rubric_version", kind="stable", na_position="first")
    newest = newest.drop_duplicates(["call_id", "rubric_id"], keep="last")
    # A call that one rubric could not assess at all counts by those that could.
    assessed = newest[newest["why_not"].isna()]
    newest = newest[newest["why_not"].isna() | ~newest["call_id"].isin(assessed["call_id"])]
    by_call = newest.groupby("call_id")
    calls = newest.drop_duplicates("call_id", keep="last").set_index("call_id", drop=False).sort_index()
    calls["share"] = by_call["share"].mean()
    calls["reviewed_share"] = by_call["reviewed_share"].mean()
    calls["customer_sentiment"] = by_call["customer_sentiment"].mean()
    calls["passed"] = by_call["passed"].min()
    for column in ("auto_failed", "critical_error"):
        calls[column] = by_call[column].max()
    for column in ("flagged", "ever_flagged"):
        calls[column] = group.groupby("call_id")[column].max()
    return calls.rename_axis(None)


def _figures(counted: pd.DataFrame, settings: ScorecardSettings) -> dict[str, Any]:
    """Return the figures that a scorecard and a summary share, of calls that have a score."""
    passed = counted["passed"].dropna()
    sentiment = counted["customer_sentiment"].dropna()
    return {
        "calls_scored": len(counted),
        "enough_calls": len(counted) >= settings.min_calls,
        "mean_share": bootstrap_mean(counted["share"].tolist()),
        "pass_rate": wilson(int(passed.sum()), len(passed)),
        "auto_fails": int(counted["auto_failed"].fillna(False).sum()),
        "critical_errors": int(counted["critical_error"].fillna(False).sum()),
        "customer_sentiment": round(float(sentiment.mean()), DECIMALS) if len(sentiment) else None,
        "reviewed": _reviewed(counted),
        "corrected": corrected(counted, settings.min_random_reviews),
    }


def _reviewed(counted: pd.DataFrame) -> ReviewedFigures | None:
    """Return the machine's and people's means of the same calls: those that people reviewed."""
    reviewed = counted[counted["reviewed_share"].notna()]
    by_machine = bootstrap_mean(reviewed["share"].tolist())
    by_people = bootstrap_mean(reviewed["reviewed_share"].tolist())
    if by_machine is None or by_people is None:
        return None
    return ReviewedFigures(calls=len(reviewed), machine_mean_share=by_machine, mean_share=by_people)


def _excluded(calls: pd.DataFrame) -> Mapping[str, int]:
    counts = calls["why_not"].dropna().value_counts()
    return {str(reason): int(counts[reason]) for reason in sorted(counts.index)}


def _latest_team(group: pd.DataFrame) -> str | None:
    known = group[group["team"].notna()].sort_values("started_at", kind="stable", na_position="first")
    return str(known["team"].iloc[-1]) if len(known) else None


def _trend(counted: pd.DataFrame, *, intervals: bool = True) -> tuple[TrendPoint, ...]:
    weeks: Iterable[tuple[Any, pd.Series[float]]] = counted.groupby("week")["share"]
    return weekly_trend({monday.date(): shares.tolist() for monday, shares in weeks}, intervals=intervals)


def _with_peers(
    subjects: Sequence[tuple[Compared, Spread]], comparable: Callable[[Compared], Hashable]
) -> tuple[Compared, ...]:
    """Give subjects what takes their peers: a standing, and the figures drawn toward those of the others."""
    placed = _with_standings([subject for subject, _ in subjects], comparable)
    return with_pooled(placed, [spread for _, spread in subjects], comparable)


def _with_standings(subjects: Sequence[Compared], comparable: Callable[[Compared], Hashable]) -> tuple[Compared, ...]:
    """Give a standing to the subjects with enough calls.

    Args:
        subjects: Scorecards or summaries.
        comparable: Subjects with equal keys may be compared.
    """
    races: dict[Hashable, list[tuple[int, Interval]]] = {}
    for position, subject in enumerate(subjects):
        if subject.enough_calls and subject.mean_share is not None:
            races.setdefault(comparable(subject), []).append((position, subject.mean_share))
    placed = list(subjects)
    for race in races.values():
        groups = distinguishable([interval for _, interval in race])
        for number, group in enumerate(groups, start=1):
            for member in group:
                position = race[member][0]
                standing = Standing(group=number, groups=len(groups), compared=len(race))
                placed[position] = dataclasses.replace(placed[position], standing=standing)
    return tuple(placed)
