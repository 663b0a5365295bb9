"""Shares and changes against hand-computed tables."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from scipy.stats import binomtest

from pipeline.contact_reasons.figures import Change, ToldCall, reason_report
from pipeline.intervals import wilson
from pipeline.scorecards.statistics import difference

MONDAY = datetime(2026, 9, 7, 12, 0, tzinfo=UTC)


def calls(reason: str | None, count: int, *, week: int = 0, value: str | None = None) -> list[ToldCall]:
    return [ToldCall(reason_id=reason, started_at=MONDAY + timedelta(weeks=week), value=value)] * count


def report(told: list[ToldCall], **changes: int):  # type: ignore[no-untyped-def]
    return reason_report(told, timezone="UTC", **{"min_calls": 5, **changes})


def test_share_has_the_wilson_interval_that_scipy_gives() -> None:
    found = report(calls("g1", 12) + calls("g2", 28)).reasons
    scipy = binomtest(12, 40).proportion_ci(method="wilson")
    assert [each.reason_id for each in found] == ["g2", "g1"]
    assert found[1].share.estimate == pytest.approx(0.3)
    assert (found[1].share.low, found[1].share.high) == pytest.approx((scipy.low, scipy.high), abs=1e-6)


def test_calls_near_no_group_come_last_and_count_in_every_share() -> None:
    found = report(calls(None, 30) + calls("g1", 10)).reasons
    assert [(each.reason_id, each.calls) for each in found] == [("g1", 10), ("other", 30)]
    assert found[0].share.estimate == pytest.approx(0.25)


def told_over_eight_weeks(before: int, now: int, of: int = 100) -> list[ToldCall]:
    told = []
    for week in range(8):
        mine = before if week < 4 else now
        told += calls("g1", mine, week=week) + calls("g2", of - mine, week=week)
    return told


def test_reason_rises_where_newcombes_interval_leaves_out_0() -> None:
    found = {each.reason_id: each for each in report(told_over_eight_weeks(10, 20)).reasons}
    level = 1 - 0.05 / 2  # two reasons are compared
    expected = difference(wilson(80, 400, level), wilson(40, 400, level))
    assert found["g1"].difference == expected
    assert expected.estimate == pytest.approx(0.1)
    assert (found["g1"].change, found["g2"].change) == (Change.RISING, Change.FALLING)
    assert (found["g1"].recent.calls, found["g1"].recent.of, found["g1"].earlier.calls) == (80, 400, 40)


def test_small_change_is_not_called_one() -> None:
    found = report(told_over_eight_weeks(10, 12)).reasons
    assert {each.change for each in found} == {Change.STEADY}


def test_more_reasons_ask_for_a_wider_interval() -> None:
    two = told_over_eight_weeks(10, 16)
    more = [call for n in range(3, 40) for call in calls(f"g{n}", 1, week=4)]
    first = next(each for each in report(two).reasons if each.reason_id == "g1")
    among_many = next(each for each in report(two + more).reasons if each.reason_id == "g1")
    assert first.change is Change.RISING
    assert among_many.change is Change.STEADY


def test_change_is_unknown_of_too_few_calls_or_weeks() -> None:
    few = report(told_over_eight_weeks(1, 1, of=1), min_calls=5).reasons
    assert {(each.change, each.difference) for each in few} == {(Change.UNKNOWN, None)}
    short = report(calls("g1", 50, week=0) + calls("g1", 50, week=5)).reasons
    assert short[0].change is Change.UNKNOWN


def test_weeks_without_a_call_are_shown_and_have_no_share() -> None:
    found = report(calls("g1", 3, week=0) + calls("g1", 2, week=2) + calls("g2", 2, week=2))
    weeks = next(each for each in found.reasons if each.reason_id == "g1").weeks
    assert [(week.first_day, week.calls, week.of) for week in weeks] == [
        (date(2026, 9, 7), 3, 3),
        (date(2026, 9, 14), 0, 0),
        (date(2026, 9, 21), 2, 4),
    ]
    assert weeks[1].share is None
    assert weeks[0].label == "2026-W37"
    assert [week.last_day for week in weeks] == [date(2026, 9, 13), date(2026, 9, 20), date(2026, 9, 27)]


def test_spans_reach_from_a_monday_to_a_sunday() -> None:
    found = report(told_over_eight_weeks(10, 20)).reasons[0]
    assert (found.earlier.first_day, found.earlier.last_day) == (date(2026, 9, 7), date(2026, 10, 4))
    assert (found.recent.first_day, found.recent.last_day) == (date(2026, 10, 5), date(2026, 11, 1))


def test_weeks_begin_in_the_sites_zone() -> None:
    late = ToldCall(reason_id="g1", started_at=datetime(2026, 9, 14, 2, 0, tzinfo=UTC))  # Sunday evening in New York
    found = reason_report([late], timezone="America/New_York", min_calls=5)
    assert found.weeks == (date(2026, 9, 7),)


def test_calls_of_unknown_time_are_in_totals_and_in_no_week() -> None:
    found = report([*calls("g1", 2), ToldCall(reason_id="g1", started_at=None)])
    assert (found.calls, found.without_start, found.reasons[0].calls) == (3, 1, 3)
    assert sum(week.calls for week in found.reasons[0].weeks) == 2


def test_parts_are_shares_of_each_queues_calls() -> None:
    told = calls("g1", 3, value="sales") + calls("g2", 1, value="sales") + calls("g1", 1, value=None)
    parts = next(each for each in report(told).reasons if each.reason_id == "g1").parts
    assert [(part.label, part.calls, part.of) for part in parts] == [("sales", 3, 4), ("", 1, 1)]


def test_no_calls_give_an_empty_report() -> None:
    found = report([])
    assert (found.calls, found.weeks, found.reasons) == (0, (), ())


def test_only_the_newest_weeks_are_in_the_trend() -> None:
    found = report(calls("g1", 1, week=0) + calls("g1", 1, week=9), most_weeks=4)
    assert len(found.weeks) == 4
    assert found.reasons[0].calls == 2
