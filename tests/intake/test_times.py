from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.intake.times import parse_start

NEW_YORK = "America/New_York"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-10-14T10:22:31-04:00", "2026-10-14T14:22:31+00:00"),
        ("2026-10-14T10:22:31Z", "2026-10-14T10:22:31+00:00"),
        ("2026-10-14t10:22:31z", "2026-10-14T10:22:31+00:00"),
        ("2026-10-14 10:22:31 +02:00", "2026-10-14T08:22:31+00:00"),
        ("2026-10-14T10:22+0530", "2026-10-14T04:52:00+00:00"),
        ("20261014T102231Z", "2026-10-14T10:22:31+00:00"),
        ("2026-10-14T10:22:31.25+00:00", "2026-10-14T10:22:31.250000+00:00"),
        ("2026-10-14T10:22:31.123456789Z", "2026-10-14T10:22:31.123456+00:00"),
        ("2026-12-31T23:30:00-01", "2027-01-01T00:30:00+00:00"),
        (" 2026-10-14T10:22:31Z ", "2026-10-14T10:22:31+00:00"),
    ],
)
@pytest.mark.parametrize("zone", [None, NEW_YORK])
def test_parse_start_takes_an_offset_over_any_zone(text: str, expected: str, zone: str | None) -> None:
    assert parse_start(text, site_timezone=zone, source="test") == (datetime.fromisoformat(expected), ())


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-10-14T10:22:31", NEW_YORK, "2026-10-14T14:22:31+00:00"),
        ("2026-12-14 10:22", NEW_YORK, "2026-12-14T15:22:00+00:00"),
        ("2026-07-01T00:10:00", "Asia/Kolkata", "2026-06-30T18:40:00+00:00"),
        ("2026-03-08T03:00:00", NEW_YORK, "2026-03-08T07:00:00+00:00"),
        ("2026-11-01T02:00:00", NEW_YORK, "2026-11-01T07:00:00+00:00"),
    ],
)
def test_parse_start_places_local_time_in_the_sites_zone(text: str, zone: str, expected: str) -> None:
    assert parse_start(text, site_timezone=zone, source="test") == (datetime.fromisoformat(expected), ())


@pytest.mark.parametrize(
    "text",
    [
        "2026-13-01T10:00:00Z",
        "2026-02-29T10:00:00Z",
        "2026-10-14T24:00:00Z",
        "2026-10-14T10:60:00Z",
        "2026-10-14T10:00:00+24:00",
        "2026-10-14",
        "10:22",
        "14/10/2026 10:22",
        "1760437351",
        "yesterday",
        "2026-10-14T10:22:31 EST",
        "２０２６-10-14T10:22:31Z",
        "0001-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "9999-12-31T23:59:59-12:00",
    ],
)
def test_parse_start_refuses_what_is_no_time(text: str) -> None:
    at, [defect] = parse_start(text, site_timezone=NEW_YORK, source="manifest.csv (line 3)")

    assert at is None
    assert (defect.code, defect.fatal) == ("time_invalid", True)
    assert "manifest.csv (line 3)" in defect.reason


def test_parse_start_never_guesses_a_zone() -> None:
    at, [defect] = parse_start("2026-10-14T10:22:31", site_timezone=None, source="the file name")

    assert at is None
    assert (defect.code, defect.fatal) == ("time_zone_unknown", True)
    assert "set intake.site_timezone, e.g. America/New_York" in defect.reason


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("2026-03-08T02:30:00", NEW_YORK),
        ("2026-03-29T02:00:00", "Europe/Berlin"),
        ("2026-10-04T02:15", "Australia/Lord_Howe"),
    ],
)
def test_parse_start_refuses_an_hour_that_the_clock_left_out(text: str, zone: str) -> None:
    at, [defect] = parse_start(text, site_timezone=zone, source="test")

    assert at is None
    assert (defect.code, defect.fatal) == ("time_invalid", True)
    assert zone in defect.reason


def test_parse_start_takes_the_first_of_an_hour_that_came_twice() -> None:
    at, [defect] = parse_start("2026-11-01T01:30:00", site_timezone=NEW_YORK, source="test")

    assert at == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert (defect.code, defect.fatal) == ("time_ambiguous", False)


@given(
    at=st.datetimes(min_value=datetime(1971, 1, 2), max_value=datetime(9998, 12, 30)),  # noqa: DTZ001
    minutes=st.integers(-23 * 60 - 59, 23 * 60 + 59),
)
def test_parse_start_reads_back_every_iso_time(at: datetime, minutes: int) -> None:
    aware = at.replace(tzinfo=timezone(timedelta(minutes=minutes)))

    assert parse_start(aware.isoformat(), site_timezone=None, source="test") == (aware.astimezone(UTC), ())


@given(text=st.text(max_size=40))
def test_parse_start_never_raises(text: str) -> None:
    at, defects = parse_start(text, site_timezone=NEW_YORK, source="test")

    assert (at is None) == any(defect.fatal for defect in defects)
