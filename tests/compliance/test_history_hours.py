"""Calling hours at the customer's place, and where that is."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.compliance import zones
from pipeline.compliance.calls import judge_calls
from pipeline.compliance.history import HoursCheck
from tests.compliance.earlier_calls import outbound

HOURS = HoursCheck(earliest=time(8), latest=time(21))


def kind(at: str, **metadata: str) -> str:
    """The outcome for a call at an instant, such as ``2026-10-05T12:00Z``."""
    told: dict[str, Any] = {"customer_timezone": None, **metadata}
    return judge_calls(HOURS, outbound(datetime.fromisoformat(at), metadata=told), None).kind.value


# Offsets by the tz database's rules: New York UTC-4 from 8 March to 1 November 2026, else UTC-5.
@pytest.mark.parametrize(
    ("zone", "at", "expected"),
    [
        ("America/New_York", "2026-10-05T11:59:59Z", "present"),
        ("America/New_York", "2026-10-05T12:00:00Z", "absent"),
        ("America/New_York", "2026-10-06T01:00:00Z", "absent"),
        ("America/New_York", "2026-10-06T01:00:01Z", "present"),
        ("America/New_York", "2026-10-06T04:00:00Z", "present"),  # midnight
        ("America/New_York", "2026-03-07T12:30:00Z", "present"),  # the day before the clock is put forward: 07:30
        ("America/New_York", "2026-03-08T12:30:00Z", "absent"),  # 08:30
        ("America/New_York", "2026-11-01T12:30:00Z", "present"),  # put back at night: 07:30
        ("America/New_York", "2026-11-01T13:00:00Z", "absent"),
        ("America/Phoenix", "2026-07-01T14:59:00Z", "present"),  # no daylight saving: UTC-7
        ("America/Phoenix", "2026-07-01T15:00:00Z", "absent"),
        ("America/St_Johns", "2026-07-01T10:29:00Z", "present"),  # UTC-2:30
        ("America/St_Johns", "2026-07-01T10:30:00Z", "absent"),
        ("Asia/Kolkata", "2026-07-01T02:30:00Z", "absent"),  # UTC+5:30
        ("Asia/Kolkata", "2026-07-01T15:31:00Z", "present"),
        ("Asia/Kathmandu", "2026-07-01T02:15:00Z", "absent"),  # UTC+5:45
        ("Asia/Kathmandu", "2026-07-01T02:14:00Z", "present"),
        ("Pacific/Kiritimati", "2028-02-28T18:00:00Z", "absent"),  # 08:00 on the leap day: UTC+14
        ("Pacific/Honolulu", "2028-02-29T17:59:00Z", "present"),
        ("Pacific/Honolulu", "2028-02-29T18:00:00Z", "absent"),
        ("Mars/Olympus_Mons", "2026-10-05T12:00:00Z", "cannot_assess"),
    ],
)
def test_hours_are_those_at_the_customers_place(zone: str, at: str, expected: str) -> None:
    assert kind(at, customer_timezone=zone) == expected


@pytest.mark.parametrize(
    ("metadata", "at", "expected"),
    [
        ({}, "2026-10-05T15:00Z", "cannot_assess"),
        ({"customer_state": "NY"}, "2026-10-05T11:30Z", "present"),
        ({"customer_state": "new york"}, "2026-10-05T12:00Z", "absent"),
        ({"customer_state": "us-ny"}, "2026-10-05T12:00Z", "absent"),
        ({"customer_state": "Ontario"}, "2026-10-05T12:00Z", "cannot_assess"),
        ({"customer_state": "TN"}, "2026-10-05T11:30Z", "present"),  # 07:30 or 06:30
        ({"customer_state": "TN"}, "2026-10-05T12:30Z", "cannot_assess"),  # 08:30 or 07:30
        ({"customer_state": "TN"}, "2026-10-05T13:00Z", "absent"),
        ({"customer_state": "AZ"}, "2026-07-01T14:30Z", "cannot_assess"),  # the Navajo Nation's clocks are ahead
        ({"customer_phone": "+12125550123"}, "2026-10-05T11:30Z", "present"),
        ({"customer_phone": "(212) 555-0123"}, "2026-10-05T12:00Z", "absent"),
        ({"customer_phone": "212"}, "2026-10-05T12:00Z", "absent"),
        ({"customer_phone": "+442071234567"}, "2026-10-05T07:00Z", "absent"),
        ({"customer_phone": "+18005551234"}, "2026-10-05T15:00Z", "cannot_assess"),  # a free number is nowhere
        ({"customer_phone": "not given"}, "2026-10-05T15:00Z", "cannot_assess"),
        ({"customer_state": "CA", "customer_phone": "212"}, "2026-10-05T12:30Z", "cannot_assess"),
        ({"customer_state": "CA", "customer_phone": "212"}, "2026-10-05T15:30Z", "absent"),
        ({"customer_state": "CA", "customer_phone": "212"}, "2026-10-05T11:30Z", "present"),
        ({"customer_timezone": "America/Chicago", "customer_state": "NY"}, "2026-10-05T12:30Z", "present"),
    ],
)
def test_hours_are_assessed_where_all_zones_in_which_the_customer_may_be_agree(
    metadata: dict[str, str], at: str, expected: str
) -> None:
    assert kind(at, **metadata) == expected


def test_hours_say_what_time_it_was() -> None:
    two = outbound(
        datetime(2026, 10, 6, 1, 30, tzinfo=UTC), metadata={"customer_timezone": None, "customer_state": "TN"}
    )
    reason = judge_calls(HOURS, two, None).reason
    assert "at 20:30:00 (UTC-05:00) or 21:30:00 (UTC-04:00) at the customer's place" in reason


def test_zones_of_a_phone_are_unknown_where_the_installation_has_no_areas(monkeypatch: pytest.MonkeyPatch) -> None:
    zones._of_phone.cache_clear()
    monkeypatch.setitem(sys.modules, "phonenumbers.timezone", None)
    assert kind("2026-10-05T12:00Z", customer_phone="+12125550123") == "cannot_assess"
    zones._of_phone.cache_clear()


def test_every_state_and_territory_has_zones_that_exist() -> None:
    assert set(zones._BY_STATE) == set(zones._CODES.values())
    assert len(zones._BY_STATE) == 50 + 1 + 5
    assert {name for names in zones._BY_STATE.values() for name in names} <= available_timezones()


@given(
    at=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    zone=st.sampled_from(sorted(name for name in available_timezones() if "/" in name)),
)
def test_hours_hold_between_eight_and_nine_in_the_evening_in_every_zone(at: datetime, zone: str) -> None:
    offset = at.astimezone(ZoneInfo(zone)).utcoffset()
    assert offset is not None
    second_of_day = ((at - datetime(2024, 1, 1, tzinfo=UTC)) + offset).total_seconds() % 86_400
    inside = 8 * 3600 <= second_of_day <= 21 * 3600
    assert kind(at.isoformat(), customer_timezone=zone) == ("absent" if inside else "present")
