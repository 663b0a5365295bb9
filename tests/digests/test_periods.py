from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from pipeline.digests.periods import Kind, last_ended, last_ended_ones, month_named, period_asked, period_of, still_due
from pipeline.errors import ConfigError

NEW_YORK = ZoneInfo("America/New_York")


def test_week_is_an_iso_week_even_at_the_turn_of_the_year() -> None:
    week = period_of("week", date(2027, 1, 2))
    assert (week.label, week.first, week.last) == ("2026-W53", date(2026, 12, 28), date(2027, 1, 3))
    assert week.words == "week 53 (28 December 2026 to 3 January 2027)"
    assert week.before.label == "2026-W52"


def test_month_and_day_know_the_one_before() -> None:
    month = period_of("month", date(2026, 3, 31))
    assert (month.first, month.last, month.before.label) == (date(2026, 3, 1), date(2026, 3, 31), "2026-02")
    day = period_of("day", date(2026, 3, 1))
    assert (day.label, day.before.label, day.words) == ("2026-03-01", "2026-02-28", "Sunday, 1 March 2026")


def test_last_ended_goes_by_the_days_of_the_site() -> None:
    # 1 November, 03:30 UTC is still 31 October in New York
    now = datetime(2026, 11, 1, 3, 30, tzinfo=UTC)
    assert last_ended("month", now, NEW_YORK).label == "2026-09"
    assert last_ended("month", now, ZoneInfo("UTC")).label == "2026-10"
    assert last_ended("day", now, NEW_YORK).label == "2026-10-30"
    assert not period_of("day", date(2026, 10, 31)).ended(now, NEW_YORK)


def test_bounds_of_a_day_with_25_hours() -> None:
    first, after = period_of("day", date(2026, 11, 1)).bounds(NEW_YORK)
    assert (after.astimezone(UTC) - first.astimezone(UTC)).total_seconds() == 25 * 3600


@pytest.mark.parametrize("label", ["2026-13", "October", "2026-1", "0001-01", "2026-10-01"])
def test_month_named_refuses_what_is_none(label: str) -> None:
    with pytest.raises(ConfigError, match="such as 2026-10"):
        month_named(label)


@pytest.mark.parametrize("kind", ["day", "week", "month"])
def test_days_at_the_ends_of_the_calendar_are_refused(kind: Kind) -> None:
    for day in (date.min, date(1, 12, 31), date(9999, 1, 1), date.max):
        with pytest.raises(ConfigError, match="end of the calendar"):
            period_asked(kind, day)
    for day in (date(2, 1, 1), date(9998, 12, 31)):
        asked = period_asked(kind, day)
        assert asked.first <= day <= asked.last
        assert asked.before.bounds(NEW_YORK)[1] == asked.bounds(NEW_YORK)[0]


def test_missed_periods_are_due_since_the_first_that_somebody_got() -> None:
    ended = last_ended_ones("day", datetime(2026, 11, 9, 7, tzinfo=UTC), ZoneInfo("UTC"))
    assert [period.label for period in ended] == [f"2026-11-0{day}" for day in range(2, 9)]

    def due(*had: str) -> list[str]:
        return [period.label for period in still_due(ended, had)]

    last = "2026-11-08"
    assert due() == [last]  # nothing is sent of the time before somebody began to get digests
    assert due("2026-W44", "2026-10") == [last]  # other kinds of period tell nothing
    assert due("2026-11-05") == ["2026-11-06", "2026-11-07", last]
    assert due("2026-11-05", "2026-11-07") == ["2026-11-06", last]  # a gap, too
    assert due("2026-10-01") == [period.label for period in ended]  # no further back
    assert due("2026-11-07", last) == [last]


def test_weeks_and_months_are_caught_up_with_over_the_turn_of_the_year() -> None:
    now = datetime(2027, 1, 13, 7, tzinfo=UTC)
    weeks = last_ended_ones("week", now, ZoneInfo("UTC"))
    assert [period.label for period in weeks] == ["2026-W51", "2026-W52", "2026-W53", "2027-W01"]
    assert [period.label for period in still_due(weeks, {"2026-W52"})] == ["2026-W53", "2027-W01"]
    months = last_ended_ones("month", now, ZoneInfo("UTC"))
    assert [period.label for period in months] == ["2026-10", "2026-11", "2026-12"]
    assert [period.label for period in still_due(months, {"2026-11"})] == ["2026-12"]
