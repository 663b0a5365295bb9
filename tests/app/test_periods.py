"""Days of the command line as instants."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
import typer

from app.cli.periods import period, require_order
from pipeline.config import ScorecardSettings, Settings


def days(first: str | None, last: str | None, zone: str) -> tuple[str | None, ...]:
    """The bounds as text in UTC."""
    settings = Settings(scorecards=ScorecardSettings(timezone=zone))
    given = [None if day is None else datetime.fromisoformat(day) for day in (first, last)]
    return tuple(at.astimezone(UTC).isoformat() if at else None for at in period(*given, settings))


@pytest.mark.parametrize(
    ("first", "last", "zone", "bounds"),
    [
        (None, None, "UTC", (None, None)),
        ("2026-10-01", "2026-10-01", "UTC", ("2026-10-01T00:00:00+00:00", "2026-10-02T00:00:00+00:00")),
        ("2026-03-29", "2026-03-29", "Europe/Berlin", ("2026-03-28T23:00:00+00:00", "2026-03-29T22:00:00+00:00")),
        ("2026-10-01", None, "Asia/Tokyo", ("2026-09-30T15:00:00+00:00", None)),
        ("0001-01-01", "9999-12-31", "Asia/Tokyo", (None, None)),
    ],
)
def test_period_holds_whole_days_of_the_sites_zone(
    first: str | None, last: str | None, zone: str, bounds: tuple[str | None, str | None]
) -> None:
    assert days(first, last, zone) == bounds


def test_days_the_wrong_way_round_are_refused() -> None:
    dates = [datetime(2026, 10, day, tzinfo=UTC) for day in (1, 1, 2)]
    for first, last in pairwise(dates):
        require_order(first, last)
    with pytest.raises(typer.BadParameter, match="2026-10-02 is after --to 2026-10-01"):
        require_order(dates[2], dates[0])
