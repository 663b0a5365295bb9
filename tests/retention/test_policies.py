"""Which calls are due on which day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from pipeline.config.retention import RetentionSettings
from pipeline.retention.policies import due_calls, due_policy, earliest_kept, policies_of
from pipeline.store.old_calls import AgedCall

NEW_YORK = ZoneInfo("America/New_York")
TODAY = date(2026, 11, 22)


def call(at: datetime, queue: str | None = "sales", *, media_deleted: bool = False) -> AgedCall:
    return AgedCall(call_id="c-1", queue=queue, at=at, media_deleted=media_deleted)


def days(**by_queue: int) -> RetentionSettings:
    return RetentionSettings(keep_call_days={("*" if name == "any" else name): kept for name, kept in by_queue.items()})


def test_nothing_is_due_without_a_policy() -> None:
    assert policies_of(RetentionSettings()) == ()
    assert earliest_kept((), today=TODAY, zone=UTC) is None
    assert list(due_calls([call(datetime(1990, 1, 1, tzinfo=UTC))], (), today=TODAY, zone=UTC)) == []


@pytest.mark.parametrize(
    ("at", "due"),
    [
        (datetime(2026, 11, 13, 4, 59, tzinfo=UTC), False),  # the evening of the 12th in New York: ten days
        (datetime(2026, 11, 12, 4, 59, tzinfo=UTC), True),  # of the 11th: the eleventh day
        (datetime(2026, 11, 12, 5, 0, tzinfo=UTC), False),  # midnight of the 12th
        (datetime(2026, 12, 1, tzinfo=UTC), False),  # a clock that is wrong
    ],
)
def test_a_call_is_kept_for_whole_days_after_its_own_in_the_sites_zone(at: datetime, due: bool) -> None:
    policies = policies_of(days(any=10))
    found = due_policy(call(at), policies, today=TODAY, zone=NEW_YORK)
    assert (found is not None) is due
    before = earliest_kept(policies, today=TODAY, zone=NEW_YORK)
    assert before is not None
    assert (at < before) is due, "what the database is asked for is what is due"


@pytest.mark.parametrize(("queue", "kept"), [("sales", 10), ("bank", 20), ("*", 20), (None, 20)])
def test_a_queues_own_policy_goes_before_the_one_for_every_other(queue: str | None, kept: int) -> None:
    found = due_policy(
        call(datetime(2026, 1, 1, tzinfo=UTC), queue), policies_of(days(sales=10, any=20)), today=TODAY, zone=UTC
    )
    assert found is not None
    assert found.keep_days == kept


def test_a_queue_without_a_policy_is_kept() -> None:
    assert (
        due_policy(call(datetime(1990, 1, 1, tzinfo=UTC), None), policies_of(days(sales=10)), today=TODAY, zone=UTC)
        is None
    )


def test_sound_goes_before_the_call_and_only_once() -> None:
    policies = policies_of(RetentionSettings(keep_call_days={"*": 20}, keep_media_days={"*": 10}))
    old, older = datetime(2026, 11, 5, tzinfo=UTC), datetime(2026, 10, 5, tzinfo=UTC)

    def what(at: datetime, *, media_deleted: bool) -> str | None:
        found = due_policy(call(at, media_deleted=media_deleted), policies, today=TODAY, zone=UTC)
        return found.name if found else None

    assert what(old, media_deleted=False) == "media * 10 days"
    assert what(old, media_deleted=True) is None
    assert what(older, media_deleted=False) == "call * 20 days"
    assert what(older, media_deleted=True) == "call * 20 days"


@pytest.mark.parametrize("kept", [0, -1, 40_000])
def test_a_policy_keeps_for_a_day_at_least(kept: int) -> None:
    with pytest.raises(ValidationError, match="sales: keep for 1 to 36525 days"):
        RetentionSettings(keep_media_days={"sales": kept})
