"""Which call is due under which policy on which day. Pure: neither clock nor database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from pipeline.config.retention import ANY_QUEUE, RetentionSettings
from pipeline.store.deletions import CALL, MEDIA
from pipeline.store.old_calls import AgedCall


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """How long calls of a queue are kept.

    Attributes:
        what: ``call``: everything; ``media``: the sound alone.
        queue: ``*`` for every queue that has no policy of its own, and for calls without a queue.
        keep_days: Whole days after the day on which a call began.
    """

    what: str
    queue: str
    keep_days: int

    @property
    def name(self) -> str:
        """How records and the audit log call it: it tells all of the policy."""
        return f"{self.what} {self.queue} {self.keep_days} days"


def policies_of(settings: RetentionSettings) -> tuple[Policy, ...]:
    """Return the policies that stand in the settings, whole calls first."""
    kept = ((CALL, settings.keep_call_days), (MEDIA, settings.keep_media_days))
    return tuple(
        Policy(what=what, queue=queue, keep_days=days)
        for what, by_queue in kept
        for queue, days in sorted(by_queue.items())
    )


def due_policy(call: AgedCall, policies: Sequence[Policy], *, today: date, zone: tzinfo) -> Policy | None:
    """Return the policy under which a call is due; None where it is to be kept. Holds are asked elsewhere.

    Where both are due, the policy that deletes the call stands before the one that deletes its sound. Sound that is
    gone is not due again.

    Args:
        call: The call.
        policies: Of the settings.
        today: The day in the site's zone.
        zone: In which a day begins.
    """
    began = call.at.astimezone(zone).date()
    for what in (CALL, MEDIA):
        own = [policy for policy in policies if policy.what == what and policy.queue == call.queue]
        others = [policy for policy in policies if policy.what == what and policy.queue == ANY_QUEUE]
        for policy in (own or others)[:1]:
            if (today - began).days > policy.keep_days and not (what == MEDIA and call.media_deleted):
                return policy
    return None


def due_calls(
    calls: Iterable[AgedCall], policies: Sequence[Policy], *, today: date, zone: tzinfo
) -> Iterator[tuple[AgedCall, Policy]]:
    """Yield the calls that are due, each with its policy."""
    for call in calls:
        policy = due_policy(call, policies, today=today, zone=zone)
        if policy is not None:
            yield call, policy


def earliest_kept(policies: Sequence[Policy], *, today: date, zone: tzinfo) -> datetime | None:
    """Return the instant from which on no policy can have a call due; None without policies."""
    if not policies:
        return None
    first = today - timedelta(days=min(policy.keep_days for policy in policies))
    return datetime.combine(first, time(), tzinfo=zone)
