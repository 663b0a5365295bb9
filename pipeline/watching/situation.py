"""The situation of a workspace at one moment: what waits, what was done lately, what did not go through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.store.backlog import Backlog, Counted, failures_by_reason, held_back_by_code, read_backlog
from pipeline.store.database import Store
from pipeline.store.intake_failures import database_bytes
from pipeline.store.throughput import Done, done_since, last_instants

MOST_REASONS = 10
_LEAST_SPAN = timedelta(minutes=10)  # a rate from the first two calls of a run would be a guess


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """How a workspace is getting on.

    Attributes:
        at: When this was read.
        hour: What was done in the last hour.
        day: What was done in the last 24 hours.
        failed: Calls that stand as failed, all of them; `reasons` are the commonest.
        held_back: Files that stand as held back, all of them; `codes` are their defects.
        last_taken_in_at: None: never.
        last_scored_at: None: never.
        free_bytes: Room on the workspace's disk; None where it cannot be told.
    """

    at: datetime
    backlog: Backlog
    hour: Done
    day: Done
    failed: int
    reasons: tuple[Counted, ...]
    held_back: int
    codes: tuple[Counted, ...]
    last_taken_in_at: datetime | None
    last_scored_at: datetime | None
    database_bytes: int
    free_bytes: int | None

    @property
    def queue_age_s(self) -> float:
        """How long the fresh call has waited that waits longest, in seconds; 0 where none waits.

        Backfill has no age: it is old when it comes, and is done as there is time.
        """
        since = self.backlog.fresh_since
        return max(0.0, (self.at - since).total_seconds()) if since else 0.0

    @property
    def remaining_s(self) -> float | None:
        """How long the backlog takes at the rate of late, in seconds; None where nothing tells the rate.

        Counted in audio, not in calls: what takes time is listening. The rate is that of the last hour, from the first
        call that was scored in it, or else of the last day. What comes in meanwhile is not counted.
        """
        if not (self.backlog.waiting or self.backlog.in_work):
            return 0.0
        for done in (self.hour, self.day):
            if done.first_scored_at is not None and done.audio_ms:
                span = max(self.at - done.first_scored_at, _LEAST_SPAN)
                return self.backlog.audio_ms / done.audio_ms * span.total_seconds()
        return None

    @property
    def failed_share(self) -> float | None:
        """The part of the calls finished in the last day that failed; None where none was finished."""
        finished = self.day.failed + self.day.scored
        return self.day.failed / finished if finished else None


def read_situation(store: Store, *, now: datetime, free_bytes: int | None, day: Done | None = None) -> Situation:
    """Return the situation of a workspace: some indexes' worth of reading, whatever its size.

    Args:
        store: The workspace's database.
        now: The time.
        free_bytes: Room on the workspace's disk.
        day: What was done in the last 24 hours, where that was read a little earlier: the day's calls, 120,000 in a
            large centre, are all that takes long.

    Raises:
        StoreError: The database cannot be read.
    """
    with store.read() as connection:
        reasons, failed = failures_by_reason(connection, most=MOST_REASONS)
        codes, held_back = held_back_by_code(connection)
        last_taken_in_at, last_scored_at = last_instants(connection)
        return Situation(
            at=now,
            backlog=read_backlog(connection),
            hour=done_since(connection, now - timedelta(hours=1)),
            day=done_since(connection, now - timedelta(hours=24)) if day is None else day,
            failed=failed,
            reasons=tuple(reasons),
            held_back=held_back,
            codes=tuple(codes),
            last_taken_in_at=last_taken_in_at,
            last_scored_at=last_scored_at,
            database_bytes=database_bytes(connection),
            free_bytes=free_bytes,
        )
