"""Which call a survey is about, and what customers answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import pytest

from pipeline.config import KpiSettings
from pipeline.kpis.surveys import survey_figures, surveys_of_calls
from tests.kpis.made import SETTINGS, at, calls_of, phone, recorded, rows


def asked(calls: pd.DataFrame, *surveys: Mapping[str, Any]) -> pd.DataFrame:
    return surveys_of_calls(rows(surveys=surveys).surveys, calls, SETTINGS)


def about(calls: pd.DataFrame, *surveys: Mapping[str, Any]) -> list[int | None]:
    return [None if pd.isna(place) else int(place) for place in asked(calls, *surveys)["call"]]


def test_surveys_find_their_call_by_any_of_its_ids() -> None:
    calls = calls_of(
        phone(call_ref="T1", started_at=at(9)),
        phone(call_ref="T2"),
        recordings=[recorded(external_id="7f3a"), recorded("c-2", external_id="c21e", agent_id="tom")],
    )
    refs = ("T1", "T2", "c-1", "7f3a", "c-2", "c21e", "T9", None)
    assert about(calls, *({"call_ref": ref, "csat": 4} for ref in refs)) == [0, 1, 1, 1, 2, 2, None, None]


def test_of_several_legs_the_surveys_agent_or_else_the_last_is_meant() -> None:
    calls = calls_of(
        phone(call_ref="x", leg="1"), phone(call_ref="x", leg="2", agent_id="tom", started_at=at(seconds=90))
    )
    assert about(calls, {"call_ref": "x"}, {"call_ref": "x", "agent_id": "maria"}) == [1, 0]


def test_surveys_of_a_customer_are_about_their_last_call_before() -> None:
    calls = calls_of(phone(customer_ref="C-1"), phone(customer_ref="C-1", started_at=at(2)), phone(customer_ref="C-2"))
    sent = [at(1), at(2, hours=1), at(5, hours=1), at(-1)]
    assert about(calls, *({"customer_ref": "C-1", "sent_at": when} for when in sent)) == [0, 1, None, None]


def test_figures_of_surveys_by_hand() -> None:
    calls = calls_of(phone(call_ref="x"))
    answers = [(5, 10, 2), (4, 9, 4), (3, 6, None), (1, None, None)]
    sent = [
        {"call_ref": "x", "sent_at": at(), "csat": csat, "nps": nps, "effort": effort} for csat, nps, effort in answers
    ]
    figures = survey_figures(asked(calls, *sent, *({"call_ref": "x", "sent_at": at()} for _ in range(6))), SETTINGS)
    assert (figures.sent, figures.answered) == (10, 4)
    assert figures.response_rate is not None
    assert figures.response_rate.interval.estimate == 0.4
    assert figures.satisfied is not None
    assert (figures.satisfied.count, figures.satisfied.n) == (2, 4)
    assert figures.promoter_score is not None
    assert figures.promoter_score.estimate == pytest.approx(1 / 3, abs=1e-6)  # of 3: two promoters, one detractor
    assert figures.promoter_answers == 3
    assert figures.effort is not None
    assert (figures.effort.mean, figures.effort.n) == (3.0, 2)


def test_without_times_of_sending_no_response_rate_is_known() -> None:
    calls = calls_of(phone(call_ref="x"))
    figures = survey_figures(asked(calls, {"call_ref": "x", "answered_at": at(), "csat": 5}), SETTINGS)
    assert (figures.sent, figures.answered, figures.response_rate) == (None, 1, None)


def test_from_which_answer_on_a_customer_is_satisfied_is_a_setting() -> None:
    calls = calls_of(phone(call_ref="x"))
    answers = asked(calls, *({"call_ref": "x", "csat": csat} for csat in (3, 4, 5)))
    shares = [survey_figures(answers, KpiSettings(satisfied_from=from_)).satisfied for from_ in (3, 4, 5)]
    assert [share.count for share in shares if share] == [3, 2, 1]
