"""What a situation says of itself, and what of it needs somebody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline.config import AlertSettings
from pipeline.store.backlog import Backlog
from pipeline.store.throughput import Done
from pipeline.watching.attention import needs_attention
from pipeline.watching.situation import Situation

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ALERTS = AlertSettings()


def situation(**changes: Any) -> Situation:
    """All is well, and nothing to do."""
    given: dict[str, Any] = {
        "at": NOW,
        "backlog": Backlog(),
        "hour": Done(),
        "day": Done(),
        "failed": 0,
        "reasons": (),
        "held_back": 0,
        "codes": (),
        "last_taken_in_at": None,
        "last_scored_at": None,
        "database_bytes": 1_000_000,
        "free_bytes": 100_000_000_000,
    }
    return Situation(**{**given, **changes})


def waiting(calls: int = 10, *, hours: float = 0.1) -> Backlog:
    return Backlog(fresh=calls, audio_ms=calls * 360_000, fresh_since=NOW - hours * HOUR)


def backfill(*, hours: float) -> Backlog:
    return Backlog(backfill=5, audio_ms=1_800_000, backfill_since=NOW - hours * HOUR)


def done(scored: int = 10, *, ago: timedelta = HOUR, failed: int = 0) -> Done:
    return Done(scored=scored, failed=failed, audio_ms=scored * 360_000, first_scored_at=NOW - ago)


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        ({}, 0.0),
        ({"backlog": waiting()}, None),
        ({"backlog": waiting(), "day": Done(failed=3)}, None),
        ({"backlog": waiting(20), "hour": done(10), "day": done(240)}, 2 * 3600.0),
        ({"backlog": waiting(20), "day": done(10, ago=5 * HOUR)}, 10 * 3600.0),
        # a run that began a quarter of an hour ago is not taken for one that did so little in an hour
        ({"backlog": waiting(20), "hour": done(10, ago=HOUR / 4), "day": done(10, ago=HOUR / 4)}, 1800.0),
        # and one that began a second ago is not believed to do hundreds of calls a minute
        ({"backlog": waiting(20), "hour": done(1, ago=timedelta(seconds=1))}, 20 * 600.0),
    ],
)
def test_remaining_time_follows_the_rate_of_late(changes: dict[str, Any], seconds: float | None) -> None:
    assert situation(**changes).remaining_s == (None if seconds is None else pytest.approx(seconds))


def test_remaining_time_counts_audio_and_not_calls() -> None:
    long_calls = Backlog(fresh=1, audio_ms=7_200_000, fresh_since=NOW)
    found = situation(backlog=long_calls, hour=Done(scored=10, audio_ms=3_600_000, first_scored_at=NOW - HOUR))
    assert found.remaining_s == pytest.approx(7200)


def test_queue_age_is_never_below_zero() -> None:
    assert situation(backlog=waiting(hours=-1)).queue_age_s == 0
    assert situation(backlog=waiting(hours=2)).queue_age_s == 7200


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"backlog": waiting(hours=1)}, []),
        ({"backlog": waiting(hours=1.1), "hour": done()}, ["queue_old"]),
        ({"backlog": waiting(hours=1.1)}, ["queue_old", "standing_still"]),
        ({"backlog": waiting(hours=1.1), "hour": Done(failed=1)}, ["queue_old"]),
        ({"backlog": backfill(hours=100), "hour": done()}, []),
        ({"backlog": backfill(hours=100)}, ["standing_still"]),
        ({"backlog": backfill(hours=1)}, []),
        ({"day": done(10, failed=9)}, []),
        ({"day": done(19, failed=1)}, []),
        ({"day": done(18, failed=2)}, ["many_failed"]),
        ({"day": Done(failed=20)}, ["many_failed"]),
        ({"free_bytes": 4_999_999_999}, ["disk_low"]),
        ({"free_bytes": None}, []),
    ],
)
def test_attention_is_asked_for_past_the_thresholds_only(changes: dict[str, Any], codes: list[str]) -> None:
    assert [each.code for each in needs_attention(situation(**changes), ALERTS)] == codes


def test_attention_follows_the_settings() -> None:
    patient = AlertSettings(queue_age_minutes=1000, failed_share=0.9, failed_from=5, free_disk_gb=0)
    found = situation(backlog=waiting(hours=5), day=done(5, failed=5), free_bytes=1)
    assert needs_attention(found, patient) == ()
    assert [each.code for each in needs_attention(found, AlertSettings(failed_from=5))] == [
        "queue_old",
        "standing_still",
        "many_failed",
        "disk_low",
    ]


def test_attention_tells_figures_and_what_to_do() -> None:
    found = situation(backlog=waiting(1200, hours=26.5), day=done(75, failed=25), hour=done())
    told = {each.code: each.told for each in needs_attention(found, ALERTS)}
    assert told["queue_old"].startswith("a fresh call has waited for 26 h 30 min: ")
    assert told["many_failed"] == "25 of 100 calls failed in 24 hours: earmark calls list --status failed"
