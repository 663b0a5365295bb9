"""Bonus inputs: what a payroll needs of each agent's month, to apply a rule of its own. No bonus is worked out here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from pipeline.config import ScorecardSettings
from pipeline.digests.periods import DigestPeriod
from pipeline.intervals import bootstrap_mean
from pipeline.records import Interval
from pipeline.scorecards.build import summaries_of
from pipeline.scorecards.selection import ScorecardRows, select


@dataclass(frozen=True, kw_only=True, slots=True)
class BonusLine:
    """One agent's month.

    Attributes:
        mean_share: Of the scores as the machine made them.
        mean_in_force: Of the scores that count: with people's answers where they gave any, such as after a dispute.
        reviewed_share: Part of the scored calls to which people have given answers, 0..1; None without scored calls.
        disputes_open: Calls of the month with a dispute that nobody has ruled on.
        calls_pending: Calls of the month that still wait for their score; those that failed do not.
        final: False while a figure may still move: a dispute is open, a call is pending, or the month has not ended.
        rubrics: Rubrics with their versions, such as ``sales@2``.
    """

    agent_id: str
    team: str | None
    month: str
    calls: int
    calls_scored: int
    enough_calls: bool
    mean_share: Interval | None
    mean_in_force: Interval | None
    pass_rate: Interval | None
    critical_errors: int
    auto_fails: int
    calls_reviewed: int
    reviewed_share: float | None
    disputes_open: int
    calls_pending: int
    final: bool
    rubrics: tuple[str, ...]


def bonus_lines(
    rows: ScorecardRows,
    month: DigestPeriod,
    settings: ScorecardSettings,
    *,
    disputed_calls: Collection[str],
    pending_calls: Collection[str],
    ended: bool,
) -> tuple[BonusLine, ...]:
    """Return one line for each agent with calls in a month, in order of name.

    Args:
        rows: Calls of the month, with ``reviewed_share`` as of now.
        month: Which.
        settings: Zone and minimum sample.
        disputed_calls: Ids of calls with an open dispute.
        pending_calls: Ids of calls that wait for their score.
        ended: Whether the month has ended.
    """
    one_period = settings.model_copy(update={"period": "all"})
    chosen = select(rows, one_period, by="agent", first_day=month.first, last_day=month.last)
    frames = dict(iter(chosen.calls.groupby("subject")))
    lines = []
    for summary in summaries_of(chosen, one_period, by="agent", weekly_intervals=False):
        calls = frames[summary.subject]
        counted = calls[calls["why_not"].isna()]
        reviewed = int(counted.loc[counted["reviewed_share"].notna(), "call_id"].nunique())
        disputes = len(set(calls["call_id"]) & set(disputed_calls))
        pending = len(set(calls["call_id"]) & set(pending_calls))
        lines.append(
            BonusLine(
                agent_id=summary.subject,
                team=summary.team,
                month=month.label,
                calls=summary.calls,
                calls_scored=summary.calls_scored,
                enough_calls=summary.enough_calls,
                mean_share=summary.mean_share,
                mean_in_force=bootstrap_mean(_in_force(counted)),
                pass_rate=summary.pass_rate,
                critical_errors=summary.critical_errors,
                auto_fails=summary.auto_fails,
                calls_reviewed=reviewed,
                reviewed_share=reviewed / summary.calls_scored if summary.calls_scored else None,
                disputes_open=disputes,
                calls_pending=pending,
                final=ended and not disputes and not pending,
                rubrics=_rubrics(counted),
            )
        )
    return tuple(lines)


def _in_force(counted: pd.DataFrame) -> list[float]:
    """Return the score that counts of each call: the newest version of each rubric, and several rubrics averaged."""
    in_order = counted.sort_values("rubric_version", kind="stable")
    newest = in_order.drop_duplicates(["call_id", "rubric_id"], keep="last")
    shares = newest["reviewed_share"].fillna(newest["share"]).astype("float64")
    return [float(share) for share in shares.groupby(newest["call_id"]).mean()]


def _rubrics(counted: pd.DataFrame) -> tuple[str, ...]:
    used = counted[["rubric_id", "rubric_version"]].drop_duplicates().sort_values(["rubric_id", "rubric_version"])
    return tuple(f"{rubric_id}@{version}" for rubric_id, version in used.itertuples(index=False))
