from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Any

import pytest

from pipeline.canonical import canonical_json, to_data
from pipeline.records import Period, Standing
from pipeline.scorecards.build import build_scorecards, summarise
from pipeline.scorecards.report import build_report
from tests.scorecards.made_rows import NOW, Rows, answer, call, flag, settings, unscored


def at(month: int, day: int, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def test_scorecard_counts_what_was_worked_out_by_hand() -> None:
    rows = Rows(
        calls=[
            call(1, 1.0, customer_sentiment=0.4),
            call(2, 0.9, customer_sentiment=None),
            call(3, 0.0, raw_share=0.8, auto_failed=True, critical_error=True, customer_sentiment=-0.2),
            call(4, 0.7),
            call(5, None),
        ],
        flags=[flag(3, "critical"), flag(3, "minor"), flag(4)],
    )

    (card,) = build_scorecards(rows, settings(min_calls=4), by="agent")

    assert (card.subject_kind, card.subject, card.team) == ("agent", "maria.lopez", "north")
    assert (card.rubric_id, card.rubric_version, card.rubric_fingerprint) == ("bank", 1, "rubric-1:bank")
    assert card.calls_scored == 4
    assert card.excluded == {"nothing could be assessed": 1}
    assert card.enough_calls
    assert card.mean_share is not None
    assert card.mean_share.estimate == pytest.approx(0.65)
    assert card.pass_rate is not None
    assert card.pass_rate.estimate == 0.5
    assert (card.pass_rate.low, card.pass_rate.high) == pytest.approx((0.150, 0.850), abs=0.001)
    assert (card.auto_fails, card.critical_errors, card.flagged) == (1, 1, 2)
    assert card.customer_sentiment == pytest.approx(0.1)


def test_scorecards_are_one_per_rubric_fingerprint() -> None:
    rows = Rows(
        calls=[
            call(1, 0.9),
            call(1, 0.5, score_id="s-again", rubric_version=2, rubric_fingerprint="rubric-1:bank2"),
            call(2, 0.7, rubric_id="sales", rubric_fingerprint="rubric-1:sales"),
        ]
    )

    cards = build_scorecards(rows, settings(), by="agent")

    assert [(card.rubric_id, card.rubric_version, card.calls_scored) for card in cards] == [
        ("bank", 1, 1),
        ("bank", 2, 1),
        ("sales", 1, 1),
    ]


def test_score_made_again_under_the_same_rubric_replaces_the_one_before() -> None:
    rows = Rows(calls=[call(1, 0.2), call(1, 0.9, score_id="s-again")], answers=[answer(1, "fail")])

    (card,) = build_scorecards(rows, settings(), by="agent")

    assert card.calls_scored == 1
    assert card.mean_share is not None
    assert card.mean_share.estimate == 0.9
    assert card.criteria == ()


def test_summary_counts_a_call_once_with_its_newest_rubric_version() -> None:
    rows = Rows(
        calls=[
            call(1, 0.5, score_id="s-v2", rubric_version=2, rubric_fingerprint="rubric-1:bank2"),
            call(1, 0.9, rubric_version=1),
            call(2, 0.7),
        ]
    )

    (summary,) = summarise(rows, settings(), by="agent")

    assert (summary.calls, summary.calls_scored) == (2, 2)
    assert summary.mean_share is not None
    assert summary.mean_share.estimate == pytest.approx(0.6)


def test_summary_averages_a_call_scored_under_several_rubrics() -> None:
    other = {"rubric_id": "sales", "rubric_fingerprint": "rubric-1:sales"}
    rows = Rows(
        calls=[
            call(1, 1.0),
            call(1, 0.5, score_id="s-other", auto_failed=True, **other),
            call(2, 0.9),
            call(2, None, score_id="s-unknown", **other),
        ],
        flags=[flag(0, score_id="s-other")],
    )

    (summary,) = summarise(rows, settings(), by="agent")

    assert summary.mean_share is not None
    assert summary.mean_share.estimate == pytest.approx((0.75 + 0.9) / 2)
    assert summary.pass_rate is not None
    assert summary.pass_rate.estimate == 0.5
    assert (summary.auto_fails, summary.flagged, summary.excluded) == (1, 1, {})
    assert summary.rubric_ids == ("bank", "sales")


def test_summary_says_why_calls_do_not_count() -> None:
    rows = Rows(calls=[call(1), unscored(2), call(3, None), call(4, agent_id=None), unscored(5, agent_id="new.agent")])

    new, maria = reversed(summarise(rows, settings(), by="agent"))

    assert (maria.subject, maria.calls, maria.calls_scored) == ("maria.lopez", 3, 1)
    assert maria.excluded == {"not scored": 1, "nothing could be assessed": 1}
    assert (new.subject, new.calls, new.calls_scored, new.mean_share, new.pass_rate) == ("new.agent", 1, 0, None, None)


def test_report_counts_every_reason_not_to_count() -> None:
    rows = Rows(
        calls=[
            call(1),
            unscored(2, agent_id=None),
            call(3, None),
            call(4, team=None),
            call(5, started_at=None),
        ]
    )

    weekly = build_report(rows, settings(period="week"), generated_at=NOW)
    overall = build_report(rows, settings(), generated_at=NOW)

    expected = {"no agent known": 1, "not scored": 1, "nothing could be assessed": 1, "no team known": 1}
    assert overall.exclusions == expected
    assert weekly.exclusions == {**expected, "no start time": 1}
    assert [summary.calls_scored for summary in overall.agents] == [3]
    assert [summary.calls_scored for summary in weekly.agents] == [2]


def test_weeks_are_iso_weeks_whose_days_begin_in_the_zone() -> None:
    # 03:00 UTC on Monday the 12th is still Sunday the 11th in New York
    rows = Rows(calls=[call(1, started_at=at(10, 12, 3)), call(2, started_at=at(10, 12, 5))])

    cards = build_scorecards(rows, settings(period="week", timezone="America/New_York"), by="team")

    assert [card.period for card in cards] == [
        Period(label="2026-W41", first=date(2026, 10, 5), last=date(2026, 10, 11)),
        Period(label="2026-W42", first=date(2026, 10, 12), last=date(2026, 10, 18)),
    ]


@pytest.mark.parametrize(
    ("day", "label"), [(datetime(2027, 1, 1, tzinfo=UTC), "2026-W53"), (datetime(2024, 12, 30, tzinfo=UTC), "2025-W01")]
)
def test_weeks_around_new_year_belong_to_their_iso_year(day: datetime, label: str) -> None:
    (card,) = build_scorecards(Rows(calls=[call(1, started_at=day)]), settings(period="week"), by="agent")

    assert card.period.label == card.trend[0].label == label


def test_months_end_on_their_last_day() -> None:
    rows = Rows(calls=[call(1, started_at=at(2, 3)), call(2, started_at=at(12, 31))])

    cards = build_scorecards(rows, settings(period="month"), by="agent")

    assert [(card.period.label, card.period.last) for card in cards] == [
        ("2026-02", date(2026, 2, 28)),
        ("2026-12", date(2026, 12, 31)),
    ]


def test_first_and_last_day_are_inclusive_and_calls_without_a_time_are_left_out() -> None:
    rows = Rows(calls=[call(n, started_at=at(10, n)) for n in (5, 6, 7, 8)] + [call(9, started_at=None)])

    (card,) = build_scorecards(rows, settings(), by="agent", first_day=date(2026, 10, 6), last_day=date(2026, 10, 7))

    assert card.calls_scored == 2
    assert card.period == Period(label="all", first=date(2026, 10, 6), last=date(2026, 10, 7))


def test_trend_shows_weeks_without_calls_as_gaps() -> None:
    rows = Rows(
        calls=[
            call(1, 0.6, started_at=at(10, 5)),
            call(2, 0.8, started_at=at(10, 6)),
            call(3, 1.0, started_at=at(10, 20)),
        ]
    )

    (card,) = build_scorecards(rows, settings(), by="agent")

    assert [(point.label, point.calls, point.mean_share) for point in card.trend] == [
        ("2026-W41", 2, 0.7),
        ("2026-W42", 0, None),
        ("2026-W43", 1, 1.0),
    ]
    assert card.trend[1].interval is None


def test_team_of_an_agent_is_that_of_the_latest_call() -> None:
    rows = Rows(
        calls=[
            call(1, started_at=at(10, 9), team="south"),
            call(2, started_at=at(10, 5)),
            call(3, team=None, started_at=at(10, 20)),
        ]
    )

    (card,) = build_scorecards(rows, settings(), by="agent")

    assert card.team == "south"


def test_agent_and_team_choose_their_calls() -> None:
    rows = Rows(calls=[call(1), call(2, agent_id="tom.becker"), call(3, agent_id="chen.wei", team="south")])

    assert [c.subject for c in build_scorecards(rows, settings(), by="agent", agent="tom.becker")] == ["tom.becker"]
    assert [s.subject for s in summarise(rows, settings(), by="agent", team="north")] == ["maria.lopez", "tom.becker"]
    report = build_report(rows, settings(), generated_at=NOW, agent="tom.becker")
    assert ([s.subject for s in report.agents], report.teams) == (["tom.becker"], ())
    assert {card.subject for card in report.scorecards} == {"tom.becker"}


def test_queue_has_scorecards_of_its_own_and_no_team() -> None:
    rows = Rows(
        calls=[call(1, 0.9), call(2, 0.5, team="south"), call(3, 0.7, queue="sales"), call(4, queue=None)],
        answers=[answer(1, "pass"), answer(2, "fail"), answer(3, "pass")],
    )

    report = build_report(rows, settings(), generated_at=NOW)

    assert [(s.subject, s.calls_scored, s.team) for s in report.queues] == [
        ("bank_support", 2, None),
        ("sales", 1, None),
    ]
    bank, sales = (card for card in report.scorecards if card.subject_kind == "queue")
    assert (bank.criteria[0].passed, bank.criteria[0].failed) == (1, 1)
    assert (sales.criteria[0].passed, sales.criteria[0].failed) == (1, 0)
    assert report.exclusions == {"no queue known": 1}
    assert [s.subject_kind for s in report.subjects] == ["team", "team", "queue", "queue", "agent"]


def test_report_of_a_queue_is_of_its_calls_only() -> None:
    rows = Rows(calls=[call(1, 0.9), call(2, 0.5, queue="sales"), call(3, agent_id="tom.becker", queue="sales")])

    report = build_report(rows, settings(), generated_at=NOW, queue="sales")

    assert [(s.subject, s.calls_scored) for s in report.agents] == [("maria.lopez", 1), ("tom.becker", 1)]
    assert [(s.subject, s.calls_scored) for s in report.queues] == [("sales", 2)]


def test_where_no_recording_names_a_queue_nothing_is_said_to_be_missing() -> None:
    report = build_report(Rows(calls=[call(1, queue=None)]), settings(), generated_at=NOW)

    assert (report.queues, report.exclusions) == ((), {})


def _agents(*shares_by_agent: float, calls: int = 40, **changes: Any) -> Rows:
    return Rows(
        calls=[
            call(which * 1000 + i, share, agent_id=f"agent-{which}", **changes)
            for which, share in enumerate(shares_by_agent)
            for i in range(calls)
        ]
    )


def test_standing_groups_those_whose_intervals_do_not_overlap() -> None:
    summaries = summarise(_agents(0.95, 0.3, 0.94), settings(), by="agent")

    assert [summary.standing for summary in summaries] == [
        Standing(group=1, groups=2, compared=3),
        Standing(group=2, groups=2, compared=3),
        Standing(group=1, groups=2, compared=3),
    ]


def test_standing_of_those_who_cannot_be_told_apart_is_one_group() -> None:
    summaries = summarise(_agents(0.9, 0.85), settings(), by="agent")

    assert {summary.standing for summary in summaries} == {Standing(group=1, groups=1, compared=2)}


def test_standing_needs_enough_calls() -> None:
    rows = _agents(0.95, 0.3, calls=4)

    assert [s.standing for s in summarise(rows, settings(min_calls=5), by="agent")] == [None, None]
    assert not any(s.enough_calls for s in summarise(rows, settings(min_calls=5), by="agent"))


def test_standing_compares_only_under_the_same_rubrics() -> None:
    rows = _agents(0.95, 0.3)
    for row in rows.calls[40:]:
        row |= {"rubric_id": "sales", "rubric_fingerprint": "rubric-1:sales"}

    alone = Standing(group=1, groups=1, compared=1)
    assert [s.standing for s in summarise(rows, settings(), by="agent")] == [alone, alone]
    assert [c.standing for c in build_scorecards(rows, settings(), by="agent")] == [alone, alone]


@pytest.mark.parametrize("period", ["all", "week"])
def test_no_rows_give_no_scorecards(period: str) -> None:
    report = build_report(Rows(), settings(period=period), generated_at=NOW)

    assert (report.scorecards, report.agents, report.teams, report.exclusions) == ((), (), (), {})
    assert report.first_day is None


def _numbers(data: Any) -> list[float]:
    if isinstance(data, dict):
        return [number for value in data.values() for number in _numbers(value)]
    if isinstance(data, list):
        return [number for value in data for number in _numbers(value)]
    return [data] if isinstance(data, float) else []


@pytest.mark.parametrize(
    "calls",
    [
        [call(1, None), call(2, None)],
        [call(1, 1), call(2, 0)],  # whole numbers where others are floats
        [call(1, started_at=None), call(2, 0.5, started_at=None)],
        [call(1), call(2, team=None), call(3, queue=None, media_uri=None), unscored(4, auto_failed=None)],
        [call(1, customer_sentiment=None, critical_error=None)],
    ],
)
def test_missing_values_never_become_nan(calls: list[dict[str, Any]]) -> None:
    rows = Rows(calls=calls, answers=[answer(1, "cannot_assess"), answer(2, "pass")], flags=[flag(1)])
    data = to_data(build_report(rows, settings(), generated_at=NOW))

    assert not [number for number in _numbers(data) if math.isnan(number)]
    assert "NaT" not in canonical_json(data)


def test_calls_without_a_start_time_count_in_all() -> None:
    (card,) = build_scorecards(Rows(calls=[call(1, started_at=None)]), settings(), by="agent")

    assert card.calls_scored == 1
    assert card.period == Period(label="all", first=None, last=None)
    assert card.trend == ()


def test_building_does_not_change_the_rows() -> None:
    rows = Rows(calls=[call(1), unscored(2)], answers=[answer(1, "pass")], flags=[flag(1)])
    before = (list(map(dict, rows.calls)), list(map(dict, rows.answers)), list(map(dict, rows.flags)))

    build_report(rows, settings(), generated_at=NOW)

    assert (rows.calls, rows.answers, rows.flags) == before
