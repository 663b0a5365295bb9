"""Which call a survey is about, and what customers answered."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pipeline.config import KpiSettings
from pipeline.kpis.estimates import promoter_score, rating_figure, share_figure
from pipeline.records.kpis import Columns, SurveyFigures

ANSWERS = ("csat", "nps", "effort")


def surveys_of_calls(surveys: Columns, calls: pd.DataFrame, settings: KpiSettings) -> pd.DataFrame:
    """Return surveys with the call that each is about: ``call`` is its place in ``calls``, or missing.

    By call_ref: the telephone system's call of that id (of several parts the one of the survey's agent, else the last),
    or the recording's id or external id. Without a call_ref: the customer's last call before the survey was sent, if it
    was within `kpis.survey_within_days`.
    Other columns: agent_id, at (sent, else answered), is_sent (unknown where no time of sending is told), is_answered,
    csat, nps, effort.
    """
    asked = pd.DataFrame({name: pd.Series(list(values), dtype="object") for name, values in surveys.items()})
    sent = pd.to_datetime(asked["sent_at"], utc=True).astype("datetime64[us, UTC]")
    answered = pd.to_datetime(asked["answered_at"], utc=True).astype("datetime64[us, UTC]")
    for name in ANSWERS:
        asked[name] = asked[name].astype("float64")
    asked["at"] = sent.fillna(answered)
    asked["is_sent"] = sent.notna()
    asked["is_answered"] = asked[list(ANSWERS)].notna().any(axis=1)
    asked["call"] = _by_reference(asked, calls)
    by_customer = _by_customer(asked[asked["call"].isna() & asked["call_ref"].isna()], calls, settings)
    asked["call"] = asked["call"].fillna(by_customer)
    return asked.drop(columns=["sent_at", "answered_at"])


def survey_figures(asked: pd.DataFrame, settings: KpiSettings) -> SurveyFigures:
    """Return what customers answered.

    CSAT is the share of answers from `kpis.satisfied_from` on of 1 to 5, with the Wilson interval. Customer effort is
    the mean of answers of 1 to 7, as asked (Dixon, Freeman and Toman, "Stop Trying to Delight Your Customers", HBR
    2010, ask how much effort it took; later forms ask how easy it was). The response rate is the part of the sent
    surveys that has any answer; where an export does not say when surveys were sent, nobody knows how many were.
    """
    were_sent = asked[asked["is_sent"]]
    csat = asked["csat"]
    satisfied = (csat >= settings.satisfied_from).astype("boolean").mask(csat.isna())
    nps = asked["nps"].dropna()
    rate = share_figure(were_sent["is_answered"].astype("boolean"))
    return SurveyFigures(
        sent=len(were_sent) if len(were_sent) else None,
        answered=int(asked["is_answered"].sum()),
        response_rate=rate,
        satisfied=share_figure(satisfied),
        promoter_score=promoter_score(nps.tolist()),
        promoter_answers=len(nps),
        effort=rating_figure(asked["effort"], low=1, high=7),
    )


def _by_reference(asked: pd.DataFrame, calls: pd.DataFrame) -> pd.Series[float]:
    found = pd.Series(np.nan, index=asked.index, dtype="float64")
    for column in ("call_ref", "call_id", "external_id"):
        named = calls.loc[calls[column].notna(), [column, "agent_id", "started_at"]].sort_values("started_at")
        left = asked[found.isna() & asked["call_ref"].isin(named[column])]
        if left.empty:
            continue
        pairs = (
            left[["call_ref", "agent_id"]]
            .reset_index(names="survey")
            .merge(named.reset_index(names="call"), left_on="call_ref", right_on=column, suffixes=("", "_of_call"))
        )
        pairs["same"] = pairs["agent_id"] == pairs["agent_id_of_call"]
        best = pairs.sort_values(["same", "started_at"], kind="stable").drop_duplicates("survey", keep="last")
        found[best["survey"]] = best["call"].to_numpy(dtype=np.float64)
    return found


def _by_customer(asked: pd.DataFrame, calls: pd.DataFrame, settings: KpiSettings) -> pd.Series[float]:
    left = asked.loc[asked["customer_ref"].notna() & asked["at"].notna(), ["customer_ref", "at"]]
    right = calls.loc[calls["customer_ref"].notna() & calls["started_at"].notna(), ["customer_ref", "started_at"]]
    if left.empty or right.empty:
        return pd.Series(dtype="float64")
    met: Any = pd.merge_asof(
        left.reset_index(names="survey").sort_values("at", kind="stable"),
        right.reset_index(names="call").sort_values("started_at", kind="stable"),
        left_on="at",
        right_on="started_at",
        by="customer_ref",
        tolerance=pd.Timedelta(days=settings.survey_within_days),
    )
    met = met[met["call"].notna()]
    return pd.Series(met["call"].to_numpy(dtype=np.float64), index=met["survey"], dtype="float64")
