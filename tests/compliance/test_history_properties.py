"""Counting by calendar days, held against a count that does it another way, in many zones and over clock changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from pipeline.compliance.calls import judge_calls
from pipeline.compliance.history import AfterConversationCheck, FrequencyCheck
from pipeline.records import FindingKind
from tests.compliance.earlier_calls import earlier, history, outbound

ZONES = (
    "America/New_York",
    "America/Phoenix",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # puts its clocks forward by half an hour
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
)
# Both days on which clocks change in New York, and the end of February of a leap year.
BEGINNINGS = (datetime(2026, 3, 12, tzinfo=UTC), datetime(2026, 11, 5, tzinfo=UTC), datetime(2028, 3, 4, tzinfo=UTC))
MINUTES = st.integers(0, 20 * 24 * 60)
TWO = FrequencyCheck(more_than=2, within_days=7, per=("customer_ref",))
TALKED = AfterConversationCheck(within_days=7, per=("customer_ref",), min_words=5)

moments = st.builds(lambda begin, minutes: begin + timedelta(minutes=minutes), st.sampled_from(BEGINNINGS), MINUTES)
ago = st.lists(st.integers(0, 10 * 24 * 60), max_size=5)


def first_moment(at: datetime, zone: str, days: int) -> datetime:
    """When the first of so many days began, of which the day of ``at`` is the last."""
    day = at.astimezone(ZoneInfo(zone)).date() - timedelta(days=days - 1)
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def outcomes(at: datetime, minutes_ago: Sequence[int], metadata: dict[str, str]) -> tuple[FindingKind, FindingKind]:
    before = history(*(earlier(at - timedelta(minutes=m), call_id=f"c-{i}") for i, m in enumerate(minutes_ago)))
    call = outbound(at, metadata={"customer_timezone": "", **metadata})
    return judge_calls(TWO, call, before).kind, judge_calls(TALKED, call, before).kind


@given(at=moments, minutes_ago=ago, zone=st.sampled_from(ZONES))
def test_calls_are_counted_from_midnight_of_the_first_day(at: datetime, minutes_ago: list[int], zone: str) -> None:
    begin = first_moment(at, zone, 7)
    counted = sum(at - timedelta(minutes=minutes) >= begin for minutes in minutes_ago)
    expected = tuple(FindingKind.PRESENT if many else FindingKind.ABSENT for many in (1 + counted > 2, counted > 0))
    assert outcomes(at, minutes_ago, {"customer_timezone": zone}) == expected


@given(at=moments, minutes_ago=ago)
def test_what_is_told_without_a_zone_holds_in_every_zone(at: datetime, minutes_ago: list[int]) -> None:
    without = outcomes(at, minutes_ago, {})
    for zone in ZONES:
        known = outcomes(at, minutes_ago, {"customer_timezone": zone})
        assert all(told in (FindingKind.CANNOT_ASSESS, truth) for told, truth in zip(without, known, strict=True)), zone


@given(at=moments, minutes_ago=ago)
def test_what_is_told_of_a_state_with_two_zones_holds_in_both(at: datetime, minutes_ago: list[int]) -> None:
    told = outcomes(at, minutes_ago, {"customer_state": "TN"})
    both = [outcomes(at, minutes_ago, {"customer_timezone": z}) for z in ("America/New_York", "America/Chicago")]
    for i, kind in enumerate(told):
        truths = {each[i] for each in both}
        assert kind is FindingKind.CANNOT_ASSESS if len(truths) > 1 else kind in {*truths, FindingKind.CANNOT_ASSESS}


@given(at=moments, minutes_ago=ago, more=st.integers(0, 10 * 24 * 60))
def test_one_more_call_never_makes_a_violation_undone(at: datetime, minutes_ago: list[int], more: int) -> None:
    zone = {"customer_timezone": "America/New_York"}
    for before, after in zip(outcomes(at, minutes_ago, zone), outcomes(at, [*minutes_ago, more], zone), strict=True):
        assert before is not FindingKind.PRESENT or after is FindingKind.PRESENT
