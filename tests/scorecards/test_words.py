from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from pipeline.records import Interval, Period, Standing
from pipeline.scorecards import words


@pytest.mark.parametrize(
    ("share", "text"),
    [(None, "–"), (0.0, "0%"), (0.004, "under 1%"), (0.785, "79%"), (0.996, "over 99%"), (1.0, "100%")],
)
def test_percent_is_all_or_nothing_only_where_it_is(share: float | None, text: str) -> None:
    assert words.percent(share) == text


def test_percent_range_names_both_ends() -> None:
    assert words.percent_range(Interval(estimate=0.8, low=0.377, high=0.964)) == "38–96%"
    assert words.percent_range(None) == "–"


@pytest.mark.parametrize(
    ("value", "text", "word"),
    [
        (None, "–", "could not be read"),
        (-1.0, "−5.0", "negative"),
        (0.25, "+1.2", "positive"),
        (-0.001, "0.0", "neutral"),
        (0.004, "0.0", "neutral"),
    ],
)
def test_sentiment_is_shown_from_minus_five_to_five(value: float | None, text: str, word: str) -> None:
    assert (words.sentiment(value), words.sentiment_word(value)) == (text, word)


def test_moment_is_shown_in_the_zone() -> None:
    at = datetime(2026, 10, 5, 2, 30, tzinfo=UTC)

    assert words.moment(at, ZoneInfo("America/New_York")) == "4 Oct 2026, 22:30"
    assert words.moment(None, ZoneInfo("UTC")) == "time unknown"


@pytest.mark.parametrize(
    ("label", "first", "last", "text"),
    [
        ("all", date(2026, 10, 5), date(2026, 11, 15), "5 Oct – 15 Nov 2026"),
        ("all", date(2025, 12, 5), date(2026, 1, 1), "5 Dec 2025 – 1 Jan 2026"),
        ("all", date(2026, 10, 5), date(2026, 10, 5), "5 Oct 2026"),
        ("all", None, None, "time unknown"),
        ("2026-W41", date(2026, 10, 5), date(2026, 10, 11), "Week 41, 5 Oct – 11 Oct 2026"),
        ("2026-10", date(2026, 10, 1), date(2026, 10, 31), "October 2026"),
    ],
)
def test_period_is_named_by_its_days(label: str, first: date | None, last: date | None, text: str) -> None:
    assert words.period(Period(label=label, first=first, last=last)) == text


@pytest.mark.parametrize(
    ("standing", "text"),
    [
        (None, "not ranked"),
        (Standing(group=1, groups=1, compared=1), "no comparable agent"),
        (Standing(group=1, groups=1, compared=4), "no clear difference among 4 agents"),
        (Standing(group=1, groups=2, compared=4), "upper group of 4 agents"),
        (Standing(group=2, groups=3, compared=4), "middle group of 4 agents"),
        (Standing(group=3, groups=3, compared=4), "lower group of 4 agents"),
    ],
)
def test_standing_gives_no_rank_where_none_can_be_given(standing: Standing | None, text: str) -> None:
    assert words.standing(standing, "agent") == text


def test_identifier_becomes_a_heading() -> None:
    assert [words.title(text) for text in ("bank_support", "x", "")] == ["Bank support", "X", ""]


@pytest.mark.parametrize(("n", "text"), [(0, "0 calls"), (1, "1 call"), (1200, "1,200 calls")])
def test_count_agrees_with_its_noun(n: int, text: str) -> None:
    assert words.count(n, "call") == text
