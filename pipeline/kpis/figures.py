"""One agent's, team's or everybody's figures."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from pipeline.config import KpiSettings
from pipeline.kpis.estimates import mean_figure, share_figure
from pipeline.kpis.repeats import KNOWN_CALL
from pipeline.kpis.staffing import staffing
from pipeline.kpis.surveys import survey_figures
from pipeline.records import Period
from pipeline.records.kpis import KpiFigures

SubjectKind = Literal["agent", "team", "everybody"]


def kpi_figures(
    calls: pd.DataFrame,
    days: pd.DataFrame,
    asked: pd.DataFrame,
    settings: KpiSettings,
    *,
    kind: SubjectKind,
    subject: str,
    period: Period,
    min_calls: int,
) -> KpiFigures:
    """Return the figures of one subject and period.

    Average handle time = (talk + hold + wrap-up) / handled calls, and the transfer rate = transferred / handled calls,
    as in Cleveland, "Call Center Management on Fast Forward" (ICMI). A call of which a part is unknown is left out of
    the handle time, and each figure tells of how many it is.

    Args:
        calls: The subject's calls of the period, as `all_calls` and `judge_repeats` give them.
        days: Their agents' days.
        asked: Surveys about them.
        settings: From which answer on a customer is satisfied.
        kind: What the subject is; ``subject`` is its name, "" for everybody.
        period: The days.
        min_calls: The minimum sample for a judgement.
    """
    handled = calls[calls["handled"]]
    time = staffing(days)
    teams = calls["team"].dropna().unique()
    reasons = calls["not_judged"].dropna().value_counts()
    n_calls = int((calls["not_judged"] != KNOWN_CALL).sum())
    return KpiFigures(
        subject_kind=kind,
        subject=subject,
        team=str(teams[0]) if kind == "agent" and len(teams) == 1 else None,
        period=period,
        calls=n_calls,
        handled=len(handled),
        recorded=int(calls["call_id"].notna().sum()),
        handle_s=mean_figure(handled["handle_s"]),
        talk_s=mean_figure(handled["talk_s"]),
        hold_s=mean_figure(handled["hold_s"]),
        wrap_up_s=mean_figure(handled["wrap_up_s"]),
        transferred=share_figure(handled["transferred"]),
        days=time.days,
        logged_in_s=time.logged_in_s,
        occupancy=time.occupancy,
        calls_per_hour=time.calls_per_hour,
        resolved=share_figure(calls["resolved"]),
        not_judged={str(reason): int(reasons[reason]) for reason in sorted(reasons.index)},
        surveys=survey_figures(asked, settings),
        enough_calls=n_calls >= min_calls,
    )
