"""Which calls count for whom and in which period, and why the others do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from pipeline.config import ScorecardSettings
from pipeline.records import Period, SubjectKind
from pipeline.scorecards.correction import RANDOM_POLICIES
from pipeline.scorecards.frame import heard_before
from pipeline.scorecards.trend import week_label

pd.set_option("mode.string_storage", "python")  # pyarrow's refuses lone surrogates, which names of files may hold

NOT_SCORED = "not scored"
NOTHING_ASSESSED = "nothing could be assessed"
NO_START_TIME = "no start time"
NO_SUBJECT: dict[SubjectKind, str] = {
    "agent": "no agent known",
    "team": "no team known",
    "queue": "no queue known",
}
_SUBJECT_COLUMN: dict[SubjectKind, str] = {"agent": "agent_id", "team": "team", "queue": "queue"}

# Every column has its type said, so that None in the rows is one kind of missing and whole numbers stay whole.
_CALL_COLUMNS = {
    "call_id": "object",
    "score_id": "object",
    "started_at": "datetime64[us, UTC]",
    "agent_id": "object",
    "team": "object",
    "queue": "object",
    "rubric_id": "object",
    "rubric_version": "Int64",
    "rubric_fingerprint": "object",
    "share": "float64",
    "raw_share": "float64",
    "passed": "boolean",
    "auto_failed": "boolean",
    "critical_error": "boolean",
    "customer_sentiment": "float64",
    "media_uri": "object",
    "reviewed_share": "float64",
    "scored": "boolean",
}
_ANSWER_COLUMNS = {
    "score_id": "category",
    "criterion_id": "category",
    "section_id": "object",
    "title": "object",
    "status": "category",
    "points_possible": "float64",
    "points_earned": "float64",
    "critical": "bool",
    "position": "int16",
}


Rows = Sequence[Mapping[str, Any]] | pd.DataFrame


class ScorecardRows(Protocol):
    """What the store hands over: plain rows or a table of them, times aware UTC, unknown values None.

    ``calls`` has one row per call and score, and one with ``scored`` False where a call has no score; of several rows
    of one call and rubric fingerprint the last counts. ``answers`` and ``flags`` refer to them by ``score_id``.
    """

    @property
    def calls(self) -> Sequence[Mapping[str, Any]]:
        """call_id, score_id, started_at, agent_id, team, queue, rubric_..., share, reviewed_share and so on."""

    @property
    def answers(self) -> Rows:
        """score_id, criterion_id, section_id, title, status, points_possible, points_earned, critical, position."""

    @property
    def flags(self) -> Sequence[Mapping[str, Any]]:
        """score_id, code, severity, reason, criterion_id, evidence."""

    @property
    def measures(self) -> Mapping[str, Sequence[Any]]:
        """Columns of equal length: call_id and those of `pipeline.store.call_measures`; empty where none is known."""

    @property
    def sampled(self) -> Mapping[str, frozenset[str]]:
        """Policies by which a call was drawn for review, by its id."""

    @property
    def draws(self) -> Mapping[tuple[str, str], Set[datetime]]:
        """When was drawn, by policy and name of the period."""

    @property
    def heard_at(self) -> Mapping[str, datetime]:
        """When people first reviewed a call, by its id."""

    @property
    def closed_flags(self) -> Set[str]:
        """The ids of scores with a flag that people have closed; `flags` are the open ones."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The asked-for calls as a table.

    Columns beside those of the rows: ``subject``, ``day`` and ``week`` (its Monday) in the site's zone, both as
    midnights without a zone, ``period`` (its label), ``flagged`` (now), ``ever_flagged``, ``drawn`` (for review, at
    random), ``heard_before`` (reviewed before it could be drawn), and ``why_not``: why the score does not count, or
    None.

    Attributes:
        calls: One line per call and score that belongs to a subject and a period.
        periods: Period by label.
        exclusions: How many calls have which reason not to count; a call may have several.
        measures: As in the rows.
    """

    calls: pd.DataFrame
    periods: Mapping[str, Period]
    exclusions: Mapping[str, int]
    measures: Mapping[str, Sequence[Any]] = field(default_factory=dict)


def select(
    rows: ScorecardRows,
    settings: ScorecardSettings,
    *,
    by: SubjectKind,
    agent: str | None = None,
    team: str | None = None,
    queue: str | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
) -> Selection:
    """Return the calls of the asked-for subjects and days.

    Args:
        rows: What the store hands over.
        settings: Period and zone.
        by: Whose scorecards.
        agent: Only this agent's calls; None for all.
        team: Only this team's calls; None for all.
        queue: Only this queue's calls; None for all.
        first_day: First day in the site's zone; None for no bound.
        last_day: Last day, inclusive; None for no bound.
    """
    calls = _frame(rows.calls, _CALL_COLUMNS)
    for column, name in (("agent_id", agent), ("team", team), ("queue", queue)):
        if name is not None:
            calls = calls[calls[column] == name]
    calls = _with_days(calls, ZoneInfo(settings.timezone))
    if first_day is not None:
        calls = calls[calls["day"].isna() | (calls["day"] >= pd.Timestamp(first_day))]
    if last_day is not None:
        calls = calls[calls["day"].isna() | (calls["day"] <= pd.Timestamp(last_day))]
    scored = calls["scored"].fillna(False).astype("bool") & calls["score_id"].notna()
    # A score made again under the same rubric (with another model, say) replaces the one before.
    replaced = calls.duplicated(["call_id", "rubric_fingerprint"], keep="last")
    beside_a_score = ~scored & calls["call_id"].isin(calls.loc[scored, "call_id"])
    calls = calls[~replaced & ~beside_a_score].copy()
    scored = scored[calls.index]
    calls["subject"] = calls[_SUBJECT_COLUMN[by]]
    calls["flagged"] = calls["score_id"].isin({flag["score_id"] for flag in rows.flags})
    random = {call_id for call_id, policies in rows.sampled.items() if policies & RANDOM_POLICIES[by]}
    calls["drawn"] = calls["call_id"].isin(random)
    calls["ever_flagged"] = calls["flagged"] | calls["score_id"].isin(rows.closed_flags)
    calls["heard_before"] = heard_before(calls, rows.heard_at, rows.draws, RANDOM_POLICIES[by])

    needs_time = settings.period != "all" or first_day is not None or last_day is not None
    reasons = {
        NO_SUBJECT[by]: calls["subject"].isna(),
        NO_START_TIME: calls["day"].isna() & needs_time,
        NOT_SCORED: ~scored,
        NOTHING_ASSESSED: scored & calls["share"].isna(),
    }
    exclusions = {reason: int(calls.loc[holds, "call_id"].nunique()) for reason, holds in reasons.items()}
    placed = calls[~(reasons[NO_SUBJECT[by]] | reasons[NO_START_TIME])].copy()
    placed["why_not"] = pd.Series(None, index=placed.index, dtype="object")
    for reason in (NOT_SCORED, NOTHING_ASSESSED):
        placed.loc[reasons[reason].reindex(placed.index), "why_not"] = reason
    days = [day.date() for day in placed["day"].dropna().unique()]
    periods = _periods(days, settings.period, first_day, last_day)
    placed["period"] = "all"
    if settings.period != "all":
        placed["period"] = placed["day"].map({pd.Timestamp(day): _label(day, settings.period) for day in days})
    told = {reason: n for reason, n in exclusions.items() if n}
    return Selection(calls=placed, periods=periods, exclusions=told, measures=rows.measures)


def group_numbers(calls: pd.DataFrame, keys: Sequence[str]) -> pd.Series[int]:
    """Return the number of each line's group, in the order of the keys.

    Texts are compared as Python does: pandas would hold the groups' names in Arrow, which refuses halves of letters.
    """
    codes = {key: pd.factorize(calls[key].to_numpy(dtype="object"), sort=True)[0] for key in keys}
    return pd.DataFrame(codes, index=calls.index).groupby(list(keys)).ngroup()


def answers_of(rows: ScorecardRows, calls: pd.DataFrame) -> pd.DataFrame:
    """Return the answers of some calls as a table, the earliest call's first, each call's in the rubric's order.

    Args:
        rows: What the store hands over.
        calls: Lines of `select` in order of time, with ``card``, the number of their scorecard.

    Returns:
        The answers' columns with ``place``, the line of ``calls`` that an answer belongs to, and its ``card``.
    """
    answers = _frame(rows.answers, _ANSWER_COLUMNS)
    scores = pd.Index(calls["score_id"]).get_indexer(answers["score_id"].cat.categories)
    places = scores[answers["score_id"].cat.codes] if len(answers) else np.empty(0, dtype=np.intp)
    in_order = np.lexsort([answers["position"], places])[np.count_nonzero(places < 0) :]
    places = places[in_order]
    return answers.iloc[in_order].assign(place=places, card=calls["card"].to_numpy()[places])


def _frame(rows: Rows, columns: Mapping[str, str]) -> pd.DataFrame:
    if isinstance(rows, pd.DataFrame):
        return rows[list(columns)]
    return pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=kind) for name, kind in columns.items()})


def _with_days(calls: pd.DataFrame, zone: ZoneInfo) -> pd.DataFrame:
    """Return calls with their day and the Monday of their week in a zone, both as midnights without a zone."""
    day = calls["started_at"].dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()
    return calls.assign(day=day, week=day - pd.to_timedelta(day.dt.day_of_week, unit="D"))


def _label(day: date, kind: str) -> str:
    return week_label(day) if kind == "week" else f"{day:%Y-%m}"


def _periods(days: Sequence[date], kind: str, first_day: date | None, last_day: date | None) -> dict[str, Period]:
    """Return the period of each day, by label; bounds that were asked for cut it."""
    if kind == "all":
        first = first_day or min(days, default=None)
        return {"all": Period(label="all", first=first, last=last_day or max(days, default=None))}
    periods = {}
    for day in set(days):
        if kind == "week":
            first = day - timedelta(days=day.weekday())
            last = first + timedelta(days=6)
        else:
            first = day.replace(day=1)
            last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        label = _label(day, kind)
        periods[label] = Period(label=label, first=max(first, first_day or first), last=min(last, last_day or last))
    return periods
