"""The days that a sample is of."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.errors import ReviewError
from pipeline.review.periods import period_of

NOW = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)  # in New York it is still Saturday, the 31st of October


@pytest.mark.parametrize(
    ("given", "name", "since", "before"),
    [
        ("2026-10", "2026-10", "2026-10-01T04:00", "2026-11-01T04:00"),
        ("2026-12", "2026-12", "2026-12-01T05:00", "2027-01-01T05:00"),
        ("2026-w44", "2026-W44", "2026-10-26T04:00", "2026-11-02T05:00"),
        ("2020-W53", "2020-W53", "2020-12-28T05:00", "2021-01-04T05:00"),
        ("2026-11-01", "2026-11-01", "2026-11-01T04:00", "2026-11-02T05:00"),
        ("month", "2026-10", "2026-10-01T04:00", "2026-11-01T04:00"),
        (" Week ", "2026-W44", "2026-10-26T04:00", "2026-11-02T05:00"),
    ],
)
def test_period_begins_and_ends_with_the_sites_days(given: str, name: str, since: str, before: str) -> None:
    period = period_of(given, timezone="America/New_York", now=NOW)
    assert period.name == name
    for instant, expected in ((period.since, since), (period.before, before)):
        assert instant is not None
        assert instant.astimezone(UTC) == datetime.fromisoformat(f"{expected}+00:00")


def test_all_has_no_bounds() -> None:
    period = period_of("ALL", timezone="UTC", now=NOW)
    assert (period.name, period.since, period.before) == ("all", None, None)


NO_PERIODS = ["", "2026", "2026-13", "2026-W54", "2025-W53", "2026-02-30", "last month"]
BEYOND_ALL_DAYS = ["9999-12", "9999-12-31", "0001-01"]


@pytest.mark.parametrize("given", [*NO_PERIODS, *BEYOND_ALL_DAYS])
def test_what_is_no_period_is_refused_with_examples(given: str) -> None:
    with pytest.raises(ReviewError, match="such as 2026-10"):
        period_of(given, timezone="Europe/Berlin", now=NOW)
