"""Which calls count for whom and in which period, and why the others do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

import pandas as pd

from pipeline.config import ScorecardSettings
from pipeline.records import Period
from pipeline.scorecards.trend import week_label

SubjectKind = Literal["agent", "team"]

NOT_SCORED = "not scored"
NOTHING_ASSESSED = "nothing could be assessed"
NO_START_TIME = "no start time"
NO_SUBJECT: dict[SubjectKind, str] = {"agent": "no agent known", "team": "no team known"}

# Every column has its type said, so that None in the rows is one kind of missing and whole numbers stay whole.
_CALL_COLUMNS = {
    "call_id": "object",
    "score_id": "object",
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
    "score_id": "object",
    "criterion_id": "object",
    "section_id": "object",
    "title": "object",
    "status": "object",
    "points_possible": "float64",
    "points_earned": "float64",
    "critical": "bool",
    "position": "int64",
}


class ScorecardRows(Protocol):
    """What the store hands over: plain rows, times aware UTC, unknown values None.

    ``calls`` has one row per call and score, and one with ``scored`` False where a call has no score; of several rows
    of one call and rubric fingerprint the last counts. ``answers`` and ``flags`` refer to them by ``score_id``.
    """

    @property
    def calls(self) -> Sequence[Mapping[str, Any]]:
        """call_id, score_id, started_at, agent_id, team, queue, rubric_..., share, reviewed_share and so on."""

    @property
    def answers(self) -> Sequence[Mapping[str, Any]]:
        """score_id, criterion_id, section_id, title, status, points_possible, points_earned, critical, position."""

    @property
    def flags(self) -> Sequence[Mapping[str, Any]]:
        """score_id, code, severity, reason, criterion_id, evidence."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The asked-for calls as a table.

    Columns beside those of the rows: ``subject``, ``day`` and ``week`` (its Monday) in the site's zone, ``period`` (its
    label), ``flagged``, and ``why_not``: the reason why the score does not count, or None.

    Attributes:
        calls: One line per call and score that belongs to a subject and a period.
        periods: Period by label.
        exclusions: How many calls have which reason not to count; a call may have several.
    """

    calls: pd.DataFrame
    periods: Mapping[str, Period]
    exclusions: Mapping[str, int]


def select(
    rows: ScorecardRows,
    settings: ScorecardSettings,
    *,
    by: SubjectKind,
    agent: str | None = None,
    team: str | None = None,
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
        first_day: First day in the site's zone; None for no bound.
        last_day: Last day, inclusive; None for no bound.
    """
    asked = [row for row in rows.calls if agent in (None, row["agent_id"]) and team in (None, row["team"])]
    calls = _frame(asked, _CALL_COLUMNS)
    zone = ZoneInfo(settings.timezone)
    started = [row["started_at"] for row in asked]
    calls["started_at"] = pd.Series(started, index=calls.index, dtype="object")
    days = [None if at is None else at.astimezone(zone).date() for at in started]
    calls["day"] = pd.Series(days, index=calls.index, dtype="object")
    weeks = [None if day is None else day - timedelta(days=day.weekday()) for day in days]
    calls["week"] = pd.Series(weeks, index=calls.index, dtype="object")
    in_range = [day is None or ((first_day or day) <= day <= (last_day or day)) for day in days]
    calls = calls[pd.Series(in_range, index=calls.index, dtype="bool")]
    scored = calls["scored"].fillna(False).astype("bool") & calls["score_id"].notna()
    # A score made again under the same rubric (with another model, say) replaces the one before.
    replaced = calls.duplicated(["call_id", "rubric_fingerprint"], keep="last")
    beside_a_score = ~scored & calls["call_id"].isin(calls.loc[scored, "call_id"])
    calls = calls[~replaced & ~beside_a_score].copy()
    scored = scored[calls.index]
    calls["subject"] = calls["agent_id" if by == "agent" else "team"]
    calls["flagged"] = calls["score_id"].isin({flag["score_id"] for flag in rows.flags})

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
    periods = _periods(placed["day"].dropna().tolist(), settings.period, first_day, last_day)
    placed["period"] = pd.Series(
        [_label(day, settings.period) for day in placed["day"]], index=placed.index, dtype="object"
    )
    return Selection(calls=placed, periods=periods, exclusions={r: n for r, n in exclusions.items() if n})


def answers_of(rows: ScorecardRows, score_ids: Sequence[str]) -> pd.DataFrame:
    """Return the answers of these scores as a table, in the rubric's order."""
    wanted = set(score_ids)
    answers = _frame([row for row in rows.answers if row["score_id"] in wanted], _ANSWER_COLUMNS)
    return answers.sort_values("position", kind="stable")


def _frame(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=kind) for name, kind in columns.items()})


def _label(day: date | None, kind: str) -> str:
    if day is None or kind == "all":
        return "all"
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
